import type { Facts, Freshness, PolicyFacts } from '../domain/facts.ts'
import { DEPENDS } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import { createPlanner } from '../engine/plan.ts'
import { shownCount } from '../engine/ttl.ts'
import { distanceView } from '../latency/distance-view.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { type ClassCache, networkClasses } from './network-classes.ts'
import { createPinnedPlans } from './pinned.ts'
import { servedEndpoints } from './served-endpoints.ts'
import { createShorterMaps, type ShorterMaps, shorterPlans, withoutNextChange } from './shorter-ttl.ts'
import type { Snapshot, SteeredService, Steering } from './snapshot.ts'
import { namedServices } from './snapshot-names.ts'
import { compileSteeringMap, type TreeCache } from './steering-map.ts'
import { readsLatency, steeringKey } from './steers-alike.ts'

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

const UNKNOWN_FACTS: PolicyFacts = { endpoints: [], latency: distanceView, unreachable: [] }

/**
 * Compiles one revision, one set of facts and one geo database. What did not change since `previous` is taken over: a
 * service whose policy, facts and database are the same objects keeps its map until a time window ends.
 */
export const compileSnapshot = (parts: SnapshotParts, previous: Snapshot | null): Snapshot =>
  atOnce(compileSteps(parts, previous))

/** The same with pauses, so that answers can be given in between. */
export function* compileSteps(parts: SnapshotParts, previous: Snapshot | null): Turns<Snapshot> {
  const kept = previous?.geo === parts.geo ? previous : null
  const alike = new Map(kept?.alike)
  const caches = { trees: new Map(kept?.trees), classes: new Map(kept?.classes), alike, shorter: createShorterMaps() }
  const services = new Map<string, SteeredService>()
  for (const policy of parts.set.policies) {
    const facts = parts.facts.of.get(policy.service) ?? UNKNOWN_FACTS
    const before = kept?.services.get(policy.service)
    const unchanged = before?.policy === policy && before.facts === facts && parts.nowMs < before.validUntilMs
    services.set(policy.service, unchanged ? before : yield* compileService(policy, facts, parts, caches, before))
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
    ...namedServices(all),
    trees: treesInUse(caches.trees, steering),
    classes: classesInUse(caches.classes, steering),
    alike: steering,
  }
}

interface Caches {
  readonly trees: TreeCache
  readonly classes: ClassCache
  readonly alike: Map<string, Steering>
  readonly shorter: ShorterMaps
}

/** Policies that steer alike are planned once; a change that is only nearer than before is no reason to plan at all. */
function* compileService(
  policy: Policy,
  facts: PolicyFacts,
  parts: SnapshotParts,
  caches: Caches,
  before: SteeredService | undefined,
): Turns<SteeredService> {
  const { nowMs } = parts
  const steering = yield* steeringOf(policy, facts, parts, caches)
  const { planRequest } = steering
  const shown = shownCount(policy)
  return {
    policy,
    facts,
    endpoints: servedEndpoints(policy, facts, before?.policy === policy ? before.endpoints : undefined),
    map: caches.shorter(steering.map, shown, facts.endpoints, nowMs, before?.map),
    planRequest: planRequest === null ? null : shorterPlans(planRequest, shown, facts.endpoints, nowMs),
    planPinned: createPinnedPlans(policy, facts, nowMs),
    validUntilMs: steering.validUntilMs,
    steering,
  }
}

function* steeringOf(policy: Policy, facts: PolicyFacts, parts: SnapshotParts, caches: Caches): Turns<Steering> {
  const key = steeringKey(policy, facts, parts.nowMs)
  const latency = readsLatency(policy) ? facts.latency : null
  const known = caches.alike.get(key)
  if (known !== undefined && known.latency === latency && parts.nowMs < known.validUntilMs) return known

  const planner = createPlanner(policy, withoutNextChange(facts), parts.nowMs)
  const networks = yield* networkClasses(policy, facts, parts.geo, caches.classes)
  const made = {
    map: yield* compileSteeringMap(policy, networks, planner, parts.geo, caches.trees),
    planRequest: (planner.reads & REQUEST_BITS) === 0 ? null : planner.plan,
    validUntilMs: planner.validUntilMs,
    latency,
  }
  caches.alike.set(key, made)
  return made
}

/** What flips back, or is edited back, is there still: so many that no service uses any more are kept, the newest. */
const SPARE_MAPS = 4

/** Those in use last, so that what falls out of use stands behind what did before it. */
function stillSteering(
  alike: ReadonlyMap<string, Steering>,
  services: readonly SteeredService[],
): ReadonlyMap<string, Steering> {
  const used = new Set(services.map(({ steering }) => steering))
  const spare = [...alike].filter(([, steering]) => !used.has(steering)).slice(-SPARE_MAPS)
  return new Map([...spare, ...[...alike].filter(([, steering]) => used.has(steering))])
}

/** Trees of maps that are let go go with them. */
function treesInUse(cache: TreeCache, alike: ReadonlyMap<string, Steering>): TreeCache {
  const used = new Set([...alike.values()].map(({ map }) => map.tree))
  const kept: TreeCache = new Map()
  for (const [key, trees] of cache) {
    const live = trees.filter(({ tree }) => used.has(tree))
    if (live.length > 0) kept.set(key, live)
  }
  return kept
}

function classesInUse(cache: ClassCache, alike: ReadonlyMap<string, Steering>): ClassCache {
  const used = new Set([...alike.values()].map(({ map }) => map.networks))
  return new Map([...cache].filter(([, classes]) => used.has(classes)))
}
