/** From what is believed of an endpoint's targets to the facts that steer. */

import { formatAddress } from '../../domain/address.ts'
import type { AppliedChecks, Check } from '../../domain/check.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Health, MonitoredFacts } from '../../domain/facts.ts'
import { checkHealths, isComposite, togetherOf, worstOf } from './check-health.ts'
import { currentLoad } from './load.ts'
import { hostKey, type Target } from './target.ts'
import { nextChangeMs } from './target-belief.ts'

export interface EndpointBelief {
  readonly facts: MonitoredFacts
  readonly sinceMs: number
  /** Of the composites that apply to it. */
  readonly composites: ReadonlyMap<string, { readonly health: Health; readonly sinceMs: number }>
}

export interface EndpointQuestion {
  readonly endpoint: Endpoint
  /** Those of {@link appliedChecks}. */
  readonly checks: AppliedChecks
  /** Of the checks that are needed. */
  readonly targets: readonly Target[]
  readonly nowMs: number
  readonly before: EndpointBelief | null
}

/**
 * An endpoint's health is the worst of its checks (gdnsd service_types), and down as well when each of its addresses is down for
 * one check or another. Where nothing changed the facts, and the lists in them, are the same objects as before.
 */
export function believeEndpoint({ endpoint, checks, targets, nowMs, before }: EndpointQuestion): EndpointBelief {
  const { needed } = checks
  const known = targets.filter(({ notProbed }) => notProbed === null)
  const healthAt = healthByAddress(checks, known)
  const byCheck = checkHealths(needed, (check) => togetherOf(healthsOf(check, known)))
  const health = worstOf([worstCounted(checks, byCheck), togetherOf([...healthAt.values()])])
  const ipv4Down = downPositions(endpoint.a.map(formatAddress), healthAt)
  const ipv6Down = downPositions(endpoint.aaaa.map(formatAddress), healthAt)
  const was = before?.facts ?? null
  const facts: MonitoredFacts = {
    health,
    ipv4UpShare: upShare(endpoint.a.length, ipv4Down.length),
    ipv6UpShare: upShare(endpoint.aaaa.length, ipv6Down.length),
    ipv4Down,
    ipv6Down,
    load: health === 'down' ? (was?.load ?? {}) : currentLoad(known, nowMs),
    returnedAtMs: returnedAtMs(was, health, nowMs),
    nextChangeMs: earliest(known, nowMs),
  }
  return {
    facts: was === null ? facts : kept(facts, was),
    sinceMs: before !== null && before.facts.health === health ? before.sinceMs : nowMs,
    composites: compositesOf(needed, byCheck, nowMs, before),
  }
}

const healthsOf = (check: Check, targets: readonly Target[]): readonly Health[] =>
  targets.filter((target) => target.check.name === check.name).map(({ belief }) => belief.health)

const worstCounted = ({ counted }: AppliedChecks, byCheck: ReadonlyMap<string, Health>): Health =>
  worstOf(counted.map(({ name }) => byCheck.get(name) ?? 'unknown'))

/** Checks of the endpoint as a whole count at each of its addresses; those with no target at an address do not count there. */
function healthByAddress(checks: AppliedChecks, targets: readonly Target[]): ReadonlyMap<string, Health> {
  const byHost = Map.groupBy(targets, ({ host }) => hostKey(host))
  const everywhere = byHost.get(null) ?? []
  byHost.delete(null)
  const healthAt = new Map<string, Health>()
  for (const [host, there] of byHost) {
    const here = [...there, ...everywhere]
    const byCheck = checkHealths(checks.needed, (check) => worstOf(healthsOf(check, here)))
    if (host !== null) healthAt.set(host, worstCounted(checks, byCheck))
  }
  return healthAt
}

const downPositions = (addresses: readonly string[], healthAt: ReadonlyMap<string, Health>): readonly number[] =>
  addresses.flatMap((address, position) => (healthAt.get(address) === 'down' ? position : []))

/** A family without addresses lacks nothing. */
const upShare = (all: number, down: number): number => (all === 0 ? 1 : (all - down) / all)

/** Falling again ends a slow start that was under way, and the next return begins a new one. */
function returnedAtMs(was: MonitoredFacts | null, health: Health, nowMs: number): number | null {
  if (was === null || health === 'down') return null
  return was.health === 'down' ? nowMs : was.returnedAtMs
}

function earliest(targets: readonly Target[], nowMs: number): number | null {
  const times = targets.flatMap(({ belief, check, nextProbeMs }) => nextChangeMs(belief, check, nextProbeMs) ?? [])
  return times.length === 0 ? null : Math.max(nowMs, Math.min(...times))
}

function compositesOf(
  needed: readonly Check[],
  byCheck: ReadonlyMap<string, Health>,
  nowMs: number,
  before: EndpointBelief | null,
): EndpointBelief['composites'] {
  return new Map(
    needed.filter(isComposite).map((check) => {
      const health = byCheck.get(check.name) ?? 'unknown'
      const was = before?.composites.get(check.name)
      return [check.name, was?.health === health ? was : { health, sinceMs: nowMs }]
    }),
  )
}

/** The objects of before, as far as they say the same. */
function kept(facts: MonitoredFacts, was: MonitoredFacts): MonitoredFacts {
  const now: MonitoredFacts = {
    ...facts,
    ipv4Down: sameList(was.ipv4Down, facts.ipv4Down) ? was.ipv4Down : facts.ipv4Down,
    ipv6Down: sameList(was.ipv6Down, facts.ipv6Down) ? was.ipv6Down : facts.ipv6Down,
    load: sameLoad(was.load, facts.load) ? was.load : facts.load,
  }
  return (Object.keys(now) as (keyof MonitoredFacts)[]).every((fact) => now[fact] === was[fact]) ? was : now
}

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index])

function sameLoad(a: MonitoredFacts['load'], b: MonitoredFacts['load']): boolean {
  const metrics = Object.keys(a)
  return metrics.length === Object.keys(b).length && metrics.every((metric) => a[metric] === b[metric])
}
