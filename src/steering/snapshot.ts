import type { Client } from '../domain/client.ts'
import type { Facts, Freshness, LatencyView, PolicyFacts } from '../domain/facts.ts'
import type { Plan } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { SteeringMap, TreeCache } from './steering-map.ts'

/** One policy, compiled for one set of facts and one geo database. */
export interface SteeredService {
  readonly policy: Policy
  readonly facts: PolicyFacts
  /** All plans of the policy as DNS sees it. */
  readonly map: SteeringMap
  /** Plans for one request, for policies that read more of it than its location; `null` when the map serves every front end. */
  readonly planRequest: ((client: Client) => Plan) | null
  /** Next edge of any time window of the policy; Infinity without one. */
  readonly validUntilMs: number
}

/** What a service shares with every other one that steers alike. */
export interface Steering extends Pick<SteeredService, 'map' | 'planRequest' | 'validUntilMs'> {
  readonly latency: LatencyView
}

/** One revision compiled, one set of facts, one geo database: immutable, numbered, replaced whole. */
export interface Snapshot {
  /** Grows by one with every publication on this node. */
  readonly number: number
  readonly revision: Omit<Revision, 'documents'>
  readonly set: PolicySet
  readonly facts: Facts
  readonly freshness: Freshness
  readonly geo: GeoLocator
  readonly compiledAtMs: number
  /** The least of its services': then it must be compiled anew. */
  readonly validUntilMs: number
  readonly services: ReadonlyMap<string, SteeredService>
  /** By discovery name. */
  readonly byDiscoveryName: ReadonlyMap<string, SteeredService>
  /** By exact lower-case host. */
  readonly byHost: ReadonlyMap<string, SteeredService>
  /** By the part after `*.`. */
  readonly byHostSuffix: ReadonlyMap<string, SteeredService>
  /** By lower-case name without trailing dot, `*.` in front for wildcards. */
  readonly byDnsName: ReadonlyMap<string, SteeredService>
  /** The prefix trees in use, for the next snapshot to share. */
  readonly trees: TreeCache
  /** What steers, by what the policy and its facts say about it, for policies that steer alike to share. */
  readonly alike: ReadonlyMap<string, Steering>
}
