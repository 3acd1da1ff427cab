import type { Facts, Freshness, PolicyFacts } from '../domain/facts.ts'
import { DEPENDS } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import { createPlanner } from '../engine/plan.ts'
import { distanceView } from '../latency/distance-view.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Snapshot, SteeredService, Steering } from './snapshot.ts'
import { compileSteeringMap, type TreeCache } from './steering-map.ts'
import { steeringKey } from './steers-alike.ts'

export interface SnapshotParts {
  readonly revision: Omit<Revision, 'documents'>
  readonly set: PolicySet
  readonly facts: Facts
  readonly freshness: Freshness
  readonly geo: GeoLocator
  readonly nowMs: number
}

/** Request properties that DNS cannot see: a policy that may read one is planned per request over HTTP. */
const REQUEST_BITS = DEPENDS.frontEnd | DEPENDS.tenant | DEPENDS.header | DEPENDS.cookie | DEPENDS.path | DEPENDS.host

const UNKNOWN_FACTS: PolicyFacts = { endpoints: [], latency: distanceView }

/**
 * Compiles one revision, one set of facts and one geo database. What did not change since `previous` is taken over: a
 * service whose policy, facts and database are the same objects keeps its map until a time window ends.
 */
export const compileSnapshot = (parts: SnapshotParts, previous: Snapshot | null): Snapshot =>
  atOnce(compileSteps(parts, previous))

/** The same with pauses, so that answers can be given in between. */
export function* compileSteps(parts: SnapshotParts, previous: Snapshot | null): Turns<Snapshot> {
  const kept = previous?.geo === parts.geo ? previous : null
  const cache: TreeCache = new Map(kept?.trees)
  const alike = new Map(kept?.alike)
  const services = new Map<string, SteeredService>()
  for (const policy of parts.set.policies) {
    const facts = parts.facts.of.get(policy.service) ?? UNKNOWN_FACTS
    const before = kept?.services.get(policy.service)
    const unchanged = before?.policy === policy && before.facts === facts && parts.nowMs < before.validUntilMs
    services.set(policy.service, unchanged ? before : yield* compileService(policy, facts, parts, cache, alike))
    if (!unchanged) yield
  }
  const all = [...services.values()]
  const steering = stillSteering(alike, all)
  return {
    ...parts,
    number: (previous?.number ?? 0) + 1,
    compiledAtMs: parts.nowMs,
    validUntilMs: Math.min(Infinity, ...all.map((service) => service.validUntilMs)),
    services,
    byDiscoveryName: index(all, ({ names }) => (names.discovery === null ? [] : [names.discovery])),
    byHost: index(all, ({ names }) => names.http.filter((host) => !host.startsWith('*.'))),
    byHostSuffix: index(all, ({ names }) =>
      names.http.filter((host) => host.startsWith('*.')).map((host) => host.slice(2)),
    ),
    byDnsName: index(all, ({ names }) => names.dns),
    trees: inUse(cache, steering),
    alike: steering,
  }
}

/** Policies that steer alike are planned once. */
function* compileService(
  policy: Policy,
  facts: PolicyFacts,
  parts: SnapshotParts,
  cache: TreeCache,
  alike: Map<string, Steering>,
): Turns<SteeredService> {
  const key = steeringKey(policy, facts)
  const known = alike.get(key)
  if (known !== undefined && known.latency === facts.latency && parts.nowMs < known.validUntilMs) {
    return { policy, facts, map: known.map, planRequest: known.planRequest, validUntilMs: known.validUntilMs }
  }
  const planner = createPlanner(policy, facts, parts.nowMs)
  const made = {
    map: yield* compileSteeringMap(policy, planner, parts.geo, cache),
    planRequest: (planner.reads & REQUEST_BITS) === 0 ? null : planner.plan,
    validUntilMs: planner.validUntilMs,
  }
  alike.set(key, { ...made, latency: facts.latency })
  return { policy, facts, ...made }
}

/** What flips back, or is edited back, is there still: so many that no service uses any more are kept, the newest. */
const SPARE_MAPS = 4

/** Those in use last, so that what falls out of use stands behind what did before it. */
function stillSteering(
  alike: ReadonlyMap<string, Steering>,
  services: readonly SteeredService[],
): ReadonlyMap<string, Steering> {
  const used = new Set(services.map(({ map }) => map))
  const spare = [...alike].filter(([, { map }]) => !used.has(map)).slice(-SPARE_MAPS)
  return new Map([...spare, ...[...alike].filter(([, { map }]) => used.has(map))])
}

const index = (services: readonly SteeredService[], namesOf: (policy: Policy) => readonly string[]) =>
  new Map(services.flatMap((service) => namesOf(service.policy).map((name) => [name, service] as const)))

/** Trees of maps that are let go go with them. */
function inUse(cache: TreeCache, alike: ReadonlyMap<string, Steering>): TreeCache {
  const used = new Set([...alike.values()].map(({ map }) => map.tree))
  const kept: TreeCache = new Map()
  for (const [key, trees] of cache) {
    const live = trees.filter(({ tree }) => used.has(tree))
    if (live.length > 0) kept.set(key, live)
  }
  return kept
}
