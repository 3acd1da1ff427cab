import type { Client } from '../domain/client.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Facts, Freshness, LatencyView, PolicyFacts } from '../domain/facts.ts'
import type { Plan } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { ClassCache } from './network-classes.ts'
import type { SteeringMap, TreeCache } from './steering-map.ts'

/** One policy, compiled for one set of facts and one geo database. */
export interface SteeredService {
  readonly policy: Policy
  readonly facts: PolicyFacts
  /** `policy.endpoints` as answers show them: without addresses that are believed down, while others of their family are up. */
  readonly endpoints: readonly Endpoint[]
  /** All plans of the policy as DNS sees it. */
  readonly map: SteeringMap
  /** Plans for one request, for policies that read more of it than its location; `null` when the map serves every front end. */
  readonly planRequest: PlanClient | null
  /** Plans for clients that were given an endpoint before: as if it were not draining. Null where it is not. */
  readonly planPinned: (endpoint: number) => PinnedPlans | null
  /** Next edge of any time window of the policy; Infinity without one. */
  readonly validUntilMs: number
  readonly steering: Steering
}

export type PlanClient = (client: Client) => Plan

/** Plans as if one drain were not there. */
export interface PinnedPlans {
  readonly facts: PolicyFacts
  readonly planClient: PlanClient
}

/** What a service shares with every other one that steers alike: all but the time to the next change, which shortens TTLs. */
export interface Steering {
  readonly map: SteeringMap
  readonly planRequest: PlanClient | null
  readonly validUntilMs: number
  /** What it was planned by; null where nothing asks for it. */
  readonly latency: LatencyView | null
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
  /** The network classes in use, likewise. */
  readonly classes: ClassCache
  /** What steers, by what the policy and its facts say about it, for policies that steer alike to share. */
  readonly alike: ReadonlyMap<string, Steering>
}
