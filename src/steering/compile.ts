import type { Facts, Freshness, PolicyFacts } from '../domain/facts.ts'
import { DEPENDS } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import { createPlanner } from '../engine/plan.ts'
import { distanceView } from '../latency/distance-view.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Snapshot, SteeredService } from './snapshot.ts'
import { compileSteeringMap, type TreeCache } from './steering-map.ts'

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

/** The same with a pause after every service that had to be compiled, so that answers can be given in between. */
export function* compileSteps(parts: SnapshotParts, previous: Snapshot | null): Turns<Snapshot> {
  const cache: TreeCache = new Map(previous?.geo === parts.geo ? previous.trees : [])
  const services = new Map<string, SteeredService>()
  for (const policy of parts.set.policies) {
    const facts = parts.facts.of.get(policy.service) ?? UNKNOWN_FACTS
    const before = previous?.geo === parts.geo ? previous.services.get(policy.service) : undefined
    const unchanged = before?.policy === policy && before.facts === facts && parts.nowMs < before.validUntilMs
    services.set(policy.service, unchanged ? before : compileService(policy, facts, parts, cache))
    if (!unchanged) yield
  }
  const all = [...services.values()]
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
    trees: inUse(cache, all),
  }
}

function compileService(policy: Policy, facts: PolicyFacts, parts: SnapshotParts, cache: TreeCache): SteeredService {
  const planner = createPlanner(policy, facts, parts.nowMs)
  return {
    policy,
    facts,
    map: compileSteeringMap(policy, planner, parts.geo, cache),
    planRequest: (planner.reads & REQUEST_BITS) === 0 ? null : planner.plan,
    validUntilMs: planner.validUntilMs,
  }
}

const index = (services: readonly SteeredService[], namesOf: (policy: Policy) => readonly string[]) =>
  new Map(services.flatMap((service) => namesOf(service.policy).map((name) => [name, service] as const)))

/** Trees that no service uses any more are let go. */
function inUse(cache: TreeCache, services: readonly SteeredService[]): TreeCache {
  const used = new Set(services.map((service) => service.map.tree))
  const kept: TreeCache = new Map()
  for (const [key, trees] of cache) {
    const live = trees.filter(({ tree }) => used.has(tree))
    if (live.length > 0) kept.set(key, live)
  }
  return kept
}
