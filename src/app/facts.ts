import type {
  EndpointFacts,
  Facts,
  LatencyView,
  MonitoredFacts,
  Override,
  PolicyFacts,
  Unreachable,
} from '../domain/facts.ts'
import { NO_FACTS } from '../domain/facts.ts'
import { overrideFor } from '../domain/override.ts'
import type { Policy } from '../domain/policy.ts'
import { type LoadMemory, readsLoads, rememberLoads } from '../engine/load-memory.ts'
import { distanceView } from '../latency/distance-view.ts'

/** By service, then by id of the endpoint. */
export type HealthFacts = ReadonlyMap<string, ReadonlyMap<string, MonitoredFacts>>

/** Where facts come from; what is left out is not known. */
export interface FactSources {
  readonly policies: readonly Policy[]
  readonly overrides: readonly Override[]
  readonly health?: HealthFacts
  /** Endpoints that drain by their own word: overrides that any of an operator's is stronger than. */
  readonly drains?: readonly Override[]
  readonly latency?: LatencyView
  /** By service. */
  readonly unreachable?: ReadonlyMap<string, readonly Unreachable[]>
}

/** Facts, and what the next ones are made from beside their sources. */
export interface AssembledFacts extends Facts {
  /** By service; of those whose steps read loads. */
  readonly loads: ReadonlyMap<string, LoadMemory>
  /** Something moves on by time alone: they have to be assembled again within seconds. */
  readonly isMoving: boolean
  /** By service: what its facts were made from. */
  readonly from: ReadonlyMap<string, ServiceSources>
}

/** The sources of one service's facts: the same objects make the same facts. */
type ServiceSources = readonly unknown[]

type FactsBefore = Facts & Partial<Pick<AssembledFacts, 'loads' | 'from'>>

const NOBODY: readonly Unreachable[] = Object.freeze([])

/**
 * The one door through which facts come in. What has not changed since `previous` stays the same object, so that only
 * services whose facts changed are compiled anew.
 */
export function assembleFacts(sources: FactSources, nowMs: number, previous: FactsBefore | null): AssembledFacts {
  const { policies, overrides, health, drains = [], latency = distanceView, unreachable } = sources
  const live = overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
  const of = new Map<string, PolicyFacts>()
  const from = new Map<string, ServiceSources>()
  const loads = new Map<string, LoadMemory>()
  for (const policy of policies) {
    const { service } = policy
    const readsTime = readsLoads(policy)
    const made = [policy, health?.get(service), latency, unreachable?.get(service), drains, ...live]
    const before = previous?.of.get(service)
    from.set(service, made)
    if (before !== undefined && !readsTime && isSame(previous?.from?.get(service), made)) {
      of.set(service, before)
      continue
    }
    const known = policy.endpoints.map((endpoint): EndpointFacts => {
      const override = overrideFor(live, service, endpoint) ?? overrideFor(drains, service, endpoint)
      const monitored = health?.get(service)?.get(endpoint.id) ?? NO_FACTS
      return override === null && monitored === NO_FACTS ? NO_FACTS : { ...NO_FACTS, ...monitored, override }
    })
    const memory = readsTime ? rememberLoads(policy, known, previous?.loads?.get(service) ?? null, nowMs) : null
    if (memory !== null) loads.set(service, memory)
    const endpoints = known.map((facts, index) => ({ ...facts, ...memory?.words[index] }))
    const facts = { endpoints, latency, unreachable: unreachable?.get(service) ?? NOBODY }
    of.set(service, kept(facts, before))
  }
  const isMoving = [...loads.values()].some((memory) => memory.isMoving)
  return { number: (previous?.number ?? 0) + 1, of, loads, isMoving, from }
}

/** Null when none expires by itself. */
export const nextExpiryMs = (overrides: readonly Override[]): number | null =>
  overrides.reduce<number | null>(
    (least, { expiresAtMs }) => (expiresAtMs === null ? least : Math.min(least ?? Infinity, expiresAtMs)),
    null,
  )

/** The objects there were before, as far as they say the same. */
function kept(facts: PolicyFacts, before: PolicyFacts | undefined): PolicyFacts {
  if (before === undefined) return facts
  const endpoints = facts.endpoints.map((now, index) => {
    const was = before.endpoints[index]
    return was !== undefined && sameFacts(was, now) ? was : now
  })
  const saysSame =
    before.latency === facts.latency && before.unreachable === facts.unreachable && isSame(before.endpoints, endpoints)
  return saysSame ? before : { ...facts, endpoints }
}

const isSame = (a: readonly unknown[] | undefined, b: readonly unknown[]): boolean =>
  a !== undefined && a.length === b.length && b.every((value, index) => value === a[index])

/** Lists and records are the same objects while the monitor, or the memory of loads, says nothing else. */
const sameFacts = (a: EndpointFacts, b: EndpointFacts): boolean =>
  (Object.keys(b) as (keyof EndpointFacts)[]).every((key) =>
    key === 'override' ? sameOverride(a.override, b.override) : Object.is(a[key], b[key]),
  )

const sameOverride = (a: Override | null, b: Override | null): boolean =>
  a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b))
