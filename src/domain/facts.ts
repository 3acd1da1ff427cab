/** Everything that changes by itself, frozen. */

import type { IpPrefix } from './address.ts'
import type { Client } from './client.ts'
import type { Endpoint } from './endpoint.ts'

export const HEALTH_STATES = ['up', 'degraded', 'down', 'unknown'] as const
/** `unknown` counts as up: an endpoint without a check is believed (Route 53). */
export type Health = (typeof HEALTH_STATES)[number]

export const OVERRIDE_STATES = ['up', 'down', 'drain', 'obey'] as const
/** An operator's word over health. `obey` lifts wider overrides: this endpoint obeys its checks again. */
export type OverrideState = (typeof OVERRIDE_STATES)[number]

export interface Override {
  /**
   * `service/endpoint`, `service/site:id` or `service/tag:id`, each part a glob with `*`; later ones win (gdnsd
   * admin_state).
   */
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
  /** Positions in `Endpoint.a` and `Endpoint.aaaa` that are believed down: answers leave them out while others are up. */
  readonly ipv4Down: readonly number[]
  readonly ipv6Down: readonly number[]
  /** The override in force, if any. `obey` is never here: it means that there is none. */
  readonly override: Override | null
  /** Latest reports by metric name, such as `{ load: 0.7 }`. While it is down: what was reported last before. */
  readonly load: Readonly<Record<string, number>>
  /** Share of its clients that a `shed` step moves away, 0…1, by position of the step; absent: as its load says at once. */
  readonly shedShare: Readonly<Record<number, number>>
  /**
   * What it can take more of each metric, damped, by which `spread: headroom` and failover by headroom deal: relative to the
   * other endpoints of the policy. Absent: as its load says at once.
   */
  readonly headroom: Readonly<Record<string, number>>
  /** Since when it is up again, after it had been down: begins the slow start. Null: it was never down, or long ago. */
  readonly returnedAtMs: number | null
  /** Earliest time at which the health could change, when a check is under way to it; null otherwise. Shortens TTLs. */
  readonly nextChangeMs: number | null
}

/** What checks and reports say of an endpoint. */
export type MonitoredFacts = Omit<EndpointFacts, 'override' | 'shedShare' | 'headroom'>

export const NO_FACTS: EndpointFacts = Object.freeze({
  health: 'unknown',
  ipv4UpShare: 1,
  ipv6UpShare: 1,
  ipv4Down: Object.freeze([]),
  ipv6Down: Object.freeze([]),
  override: null,
  load: Object.freeze({}),
  shedShare: Object.freeze({}),
  headroom: Object.freeze({}),
  returnedAtMs: null,
  nextChangeMs: null,
})

/** Levels of evidence, the coarsest first (latency.md section E). */
export type Evidence = 'distance' | 'nodes' | 'subregion' | 'country' | 'asn' | 'prefix'

export interface RttEstimate {
  readonly rttMs: number
  /** One standard deviation of the estimate, ms. */
  readonly sdMs: number
  /** The finest level of evidence that had a voice. */
  readonly source: Evidence
  /** Measurements behind it, of all levels. */
  readonly samples: number
}

/** What is known of round-trip times, frozen: the same question always has the same answer. */
export interface LatencyView {
  /** Null when there is nothing to go by: no place for the client, or none for the endpoint. Reads `location` and `network` only. */
  estimate(endpoint: Endpoint, client: Pick<Client, 'location' | 'network'>): RttEstimate | null
  /** ASNs and networks whose clients have estimates of their own about one of the endpoints. Bounded. */
  networks(endpoints: readonly Endpoint[]): NamedNetworks
}

/** Networks that something tells apart beyond their location. */
export interface NamedNetworks {
  readonly asns: readonly number[]
  readonly prefixes: readonly IpPrefix[]
}

/** Clients of one network report that they cannot reach an endpoint: there, and only there, it falls behind the others. */
export interface Unreachable {
  /** Index of the endpoint. */
  readonly endpoint: number
  readonly network: { readonly asn: number } | { readonly prefix: IpPrefix }
  readonly expiresAtMs: number
}

/** The facts of one policy's endpoints, in the order of `Policy.endpoints`; a missing entry is {@link NO_FACTS}. */
export interface PolicyFacts {
  readonly endpoints: readonly EndpointFacts[]
  readonly latency: LatencyView
  readonly unreachable: readonly Unreachable[]
}

/** One frozen set of facts about all services. */
export interface Facts {
  /** Grows by one with every change on this node. */
  readonly number: number
  readonly of: ReadonlyMap<string, PolicyFacts>
}

/** `fresh → stale → frozen → static`: how far the facts may be behind, because the store is away. */
export type Freshness = 'fresh' | 'stale' | 'frozen' | 'static'
