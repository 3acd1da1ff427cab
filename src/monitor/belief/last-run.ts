/** What the process before this one believed, as JSON for the node's memory. Nothing stored is trusted. */

import { HEALTH_STATES, type Health } from '../../domain/facts.ts'
import type { EndpointBelief } from './endpoint-belief.ts'
import { hostKey, type Target } from './target.ts'
import type { BelievedBefore } from './target-belief.ts'

const VERSION = 1
/** Older health is not believed: by then it says more about the past than a fresh start does. */
export const MOST_AGE_MS = 600_000

export interface RememberedEndpoint {
  readonly service: string
  /** Id of the endpoint. */
  readonly endpoint: string
  readonly targets: readonly Target[]
  readonly belief: EndpointBelief
}

export interface LastRun {
  /** Null when nothing of it is believed, because there is nothing or it is too old. */
  readonly savedAtMs: number | null
  target(service: string, endpoint: string, target: Pick<Target, 'check' | 'host'>): BelievedBefore | null
  /** What {@link believeEndpoint} takes as `before`: so that a restart neither begins nor ends a slow start. */
  endpoint(service: string, endpoint: string): EndpointBelief | null
}

/** Targets and endpoints of which nothing is known are left out. */
export function composeLastRun(endpoints: readonly RememberedEndpoint[], nowMs: number): object {
  return {
    version: VERSION,
    savedAtMs: nowMs,
    endpoints: endpoints
      .filter(({ belief }) => belief.facts.health !== 'unknown')
      .map(({ service, endpoint, targets, belief }) => ({
        service,
        endpoint,
        health: belief.facts.health,
        sinceMs: belief.sinceMs,
        returnedAtMs: belief.facts.returnedAtMs,
        load: belief.facts.load,
        targets: targets
          .filter((target) => target.notProbed === null && target.belief.health !== 'unknown')
          .map((target) => ({
            check: target.check.name,
            host: hostKey(target.host),
            health: target.belief.health,
            sinceMs: target.belief.sinceMs,
          })),
      })),
  }
}

export const NO_LAST_RUN: LastRun = Object.freeze({ savedAtMs: null, target: () => null, endpoint: () => null })

/** Reads what {@link composeLastRun} made. What is not as it should be is left out; a whole that is not is no last run. */
export function readLastRun(stored: unknown, nowMs: number): LastRun {
  const { version, savedAtMs, endpoints } = fieldsOf(stored)
  if (version !== VERSION || !isTime(savedAtMs, nowMs) || nowMs - savedAtMs > MOST_AGE_MS) return NO_LAST_RUN
  const targetsBefore = new Map<string, BelievedBefore>()
  const endpointsBefore = new Map<string, EndpointBelief>()
  for (const entry of listOf(endpoints).map(fieldsOf)) {
    const before = believedOf(entry, nowMs)
    if (before === null || typeof entry.service !== 'string' || typeof entry.endpoint !== 'string') continue
    endpointsBefore.set(keyOf(entry.service, entry.endpoint), beliefOf(before, entry, nowMs))
    for (const target of listOf(entry.targets).map(fieldsOf)) {
      const targetBefore = believedOf(target, nowMs)
      if (targetBefore === null) continue
      targetsBefore.set(keyOf(entry.service, entry.endpoint, target.check, target.host), targetBefore)
    }
  }
  return {
    savedAtMs,
    target: (service, endpoint, { check, host }) =>
      targetsBefore.get(keyOf(service, endpoint, check.name, hostKey(host))) ?? null,
    endpoint: (service, endpoint) => endpointsBefore.get(keyOf(service, endpoint)) ?? null,
  }
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** JSON, for names may hold any separator. */
const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts)

/** Times to come would be believed for ever. */
const isTime = (value: unknown, nowMs: number): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value <= nowMs

function believedOf({ health, sinceMs }: Fields, nowMs: number): BelievedBefore | null {
  const known: Health | undefined = HEALTH_STATES.find((state) => state === health)
  return known === undefined || known === 'unknown' || !isTime(sinceMs, nowMs) ? null : { health: known, sinceMs }
}

function beliefOf({ health, sinceMs }: BelievedBefore, entry: Fields, nowMs: number): EndpointBelief {
  const load = Object.entries(fieldsOf(entry.load)).filter(
    (metric): metric is [string, number] => typeof metric[1] === 'number' && Number.isFinite(metric[1]),
  )
  const facts = {
    health,
    ipv4UpShare: 1,
    ipv6UpShare: 1,
    ipv4Down: [],
    ipv6Down: [],
    load: Object.fromEntries(load),
    returnedAtMs: isTime(entry.returnedAtMs, nowMs) ? entry.returnedAtMs : null,
    nextChangeMs: null,
  }
  return { facts, sinceMs, composites: new Map() }
}
