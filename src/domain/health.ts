/** What is believed of endpoints, for people: states, last probes, changes. What steers is in facts.ts. */

import type { Health } from './facts.ts'

export interface ProbeTimings {
  /** Milliseconds; null where the probe did not come so far, or has no such phase. */
  readonly connectMs: number | null
  readonly tlsMs: number | null
  readonly firstByteMs: number | null
  readonly totalMs: number
}

export type ProbeOutcome = 'pass' | 'degraded' | 'fail'

/** What one attempt found. */
export interface ProbeResult {
  /** `unasked`: this node itself could not begin to ask (no route, no file descriptors left), which says nothing of the endpoint. */
  readonly outcome: ProbeOutcome | 'unasked'
  /** One line for people: what was found, and what was expected where that is not it. */
  readonly detail: string
  readonly timings: ProbeTimings
  /** What does not fail it and should be seen to: a certificate that ends soon. */
  readonly warnings: readonly string[]
  /** Load that it read, by metric name. */
  readonly load: Readonly<Record<string, number>>
}

/** One check at one address. */
export interface TargetHealth {
  readonly check: string
  /** Null where the check is of the endpoint as a whole. */
  readonly address: string | null
  readonly health: Health
  /** Why it is not probed; null when it is. */
  readonly notProbed: string | null
  /** `lastRun`: taken over from the process before this one, and not probed since. */
  readonly source: 'probe' | 'heartbeat' | 'composite' | 'lastRun'
  readonly sinceMs: number
  /** Newest first, at most ten. */
  readonly last: readonly (ProbeResult & { readonly atMs: number })[]
  readonly successesInARow: number
  readonly failuresInARow: number
  readonly nextProbeMs: number | null
  /** It flaps: until then it does not get better, whatever the probes find; null when it is not held. */
  readonly heldUntilMs: number | null
}

export interface EndpointHealth {
  readonly service: string
  readonly endpoint: string
  readonly health: Health
  readonly sinceMs: number
  readonly targets: readonly TargetHealth[]
  readonly load: readonly { readonly metric: string; readonly value: number; readonly atMs: number }[]
}

/** One line of the event log. */
export interface HealthEvent {
  /** Grows by one with every event of this node. */
  readonly number: number
  readonly atMs: number
  readonly service: string
  readonly endpoint: string
  /** Null: the endpoint as a whole. */
  readonly check: string | null
  readonly address: string | null
  readonly from: Health
  readonly to: Health
  readonly detail: string
}
