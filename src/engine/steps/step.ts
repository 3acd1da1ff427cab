import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointFacts, LatencyView, RttEstimate, Unreachable } from '../../domain/facts.ts'
import type { Reason } from '../../domain/plan.ts'
import type { Candidates } from '../candidates.ts'
import type { View } from '../view.ts'

/** What steps are compiled from. Facts stand in the order of the endpoints, none missing. */
export interface Material {
  readonly endpoints: readonly Endpoint[]
  readonly facts: readonly EndpointFacts[]
  readonly latency: LatencyView
  /** Those that have not expired. */
  readonly unreachable: readonly Unreachable[]
  readonly nowMs: number
}

/** One step, compiled for one set of facts. */
export interface StepRunner {
  /** Superset of the DEPENDS bits that it reads, its `when` apart. */
  readonly reads: number
  /** Among whom an endpoint is moved back: all, those of its tier, or its equals. For the trace. */
  readonly scope: 'all' | 'tier' | 'group'
  /**
   * When it will do something else though no fact has changed; absent: never. It ends the planner, not its plans: what
   * changes by itself comes into force with the next answer, and does not shorten those before.
   */
  readonly validUntilMs?: number
  /** By endpoint index: by what it deals the clients of those it marks as gone (vacancies.ts); absent: it marks none. */
  readonly headroom?: Float64Array
  /** Where it parts the clients by a draw of its own, in 1/65536, ascending; absent when it never does. */
  readonly edges?: (candidates: Candidates, view: View) => readonly number[]
  /** `draw` lies in the branch's band of the step's own axis; 0 when it draws nothing. */
  apply(candidates: Candidates, view: View, draw: number): void
  /** Why the last `apply` dropped the endpoint or moved it back to the given tier; null when this is not its doing. */
  reason(endpoint: number, tier: number): Reason | null
  /** What it ordered by; null when it has no value for the endpoint. */
  value(endpoint: number, view: View): number | null
  /** What that value is known from; absent where it is no estimate. */
  readonly estimate?: (endpoint: number, view: View) => RttEstimate | null
}

export const noValue = (): null => null
