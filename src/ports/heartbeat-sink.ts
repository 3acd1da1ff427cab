import type { IpPrefix } from '../domain/address.ts'

/**
 * What an endpoint says of itself. `drain`: it serves those it has, and wants nobody new. To a check that is `up`; an override of
 * the endpoint's own making keeps the new ones away.
 */
export const HEARTBEAT_STATUSES = ['up', 'degraded', 'down', 'drain'] as const
export type HeartbeatStatus = (typeof HEARTBEAT_STATUSES)[number]

/** A round trip that an endpoint saw on its own connections with clients of a network. */
export interface NetworkRtt {
  /** At most a /24 or /48 of it is told; it may be wider, or of special purpose. */
  readonly network: IpPrefix
  readonly rttMs: number
}

/** One heartbeat whose token was right. */
export interface Heartbeat {
  readonly service: string
  /** Id of the endpoint. */
  readonly endpoint: string
  /** Names of the policy's heartbeat checks that take this token and are of this endpoint; at least one. */
  readonly checks: readonly string[]
  readonly status: HeartbeatStatus
  /** By metric name; empty when the endpoint told none. */
  readonly load: Readonly<Record<string, number>>
  /** One of a network; empty when the endpoint told none. */
  readonly rtts: readonly NetworkRtt[]
  readonly atMs: number
}

/** Where heartbeats go. What a check does not know (its policy changed meanwhile) is passed over. */
export interface HeartbeatSink {
  take(heartbeat: Heartbeat): void
}
