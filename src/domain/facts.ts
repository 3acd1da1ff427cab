/** Everything that changes by itself, frozen. */

import type { Endpoint } from './endpoint.ts'
import type { Location } from './place.ts'

export const HEALTH_STATES = ['up', 'degraded', 'down', 'unknown'] as const
/** `unknown` counts as up: an endpoint without a check is believed (Route 53). */
export type Health = (typeof HEALTH_STATES)[number]

export const OVERRIDE_STATES = ['up', 'down', 'drain', 'obey'] as const
/** An operator's word over health. `obey` lifts wider overrides: this endpoint obeys its checks again. */
export type OverrideState = (typeof OVERRIDE_STATES)[number]

export interface Override {
  /** `service/endpoint`, each part a glob with `*`; later and more specific ones win (gdnsd admin_state). */
  readonly target: string
  readonly state: OverrideState
  readonly owner: string
  readonly reason: string
  readonly setAtMs: number
  /** Null never expires. */
  readonly expiresAtMs: number | null
}

export interface EndpointFacts {
  readonly health: Health
  /** Share of the family's addresses that are believed up, 0…1. */
  readonly ipv4UpShare: number
  readonly ipv6UpShare: number
  /** The override in force, if any. `obey` is never here: it means that there is none. */
  readonly override: Override | null
  /** Latest reports by metric name, such as `{ load: 0.7 }`. */
  readonly load: Readonly<Record<string, number>>
  /** Earliest time at which the health could change, when a check is under way to it; null otherwise. Shortens TTLs. */
  readonly nextChangeMs: number | null
}

export const NO_FACTS: EndpointFacts = Object.freeze({
  health: 'unknown',
  ipv4UpShare: 1,
  ipv6UpShare: 1,
  override: null,
  load: Object.freeze({}),
  nextChangeMs: null,
})

export interface RttEstimate {
  readonly rttMs: number
  /** One standard deviation of the estimate, ms. */
  readonly sdMs: number
  /** The finest level of evidence that had a voice. */
  readonly source: 'distance'
  readonly samples: number
}

/** What is known of round-trip times, frozen: the same question always has the same answer. */
export interface LatencyView {
  /** Null when there is nothing to go by: no place for the client, or none for the endpoint. */
  estimate(endpoint: Endpoint, location: Location): RttEstimate | null
}

/** The facts of one policy's endpoints, in the order of `Policy.endpoints`; a missing entry is {@link NO_FACTS}. */
export interface PolicyFacts {
  readonly endpoints: readonly EndpointFacts[]
  readonly latency: LatencyView
}

/** One frozen set of facts about all services. */
export interface Facts {
  /** Grows by one with every change on this node. */
  readonly number: number
  readonly of: ReadonlyMap<string, PolicyFacts>
}

/** `fresh → stale → frozen → static`: how far the facts may be behind, because the store is away. */
export type Freshness = 'fresh' | 'stale' | 'frozen' | 'static'
