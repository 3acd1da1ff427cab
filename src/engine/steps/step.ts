import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointFacts, LatencyView } from '../../domain/facts.ts'
import type { Reason } from '../../domain/plan.ts'
import type { Candidates } from '../candidates.ts'
import type { View } from '../view.ts'

/** What steps are compiled from. Facts stand in the order of the endpoints, none missing. */
export interface Material {
  readonly endpoints: readonly Endpoint[]
  readonly facts: readonly EndpointFacts[]
  readonly latency: LatencyView
}

/** One step, compiled for one set of facts. */
export interface StepRunner {
  /** Superset of the DEPENDS bits that it reads, its `when` apart. */
  readonly reads: number
  /** Among whom an endpoint is moved back: all, those of its tier, or its equals. For the trace. */
  readonly scope: 'all' | 'tier' | 'group'
  /** Where it parts the clients by a draw of its own, in 1/65536, ascending; absent when it never does. */
  readonly edges?: (candidates: Candidates, view: View) => readonly number[]
  /** `draw` lies in the branch's band of the step's own axis; 0 when it draws nothing. */
  apply(candidates: Candidates, view: View, draw: number): void
  /** Why the last `apply` dropped the endpoint or moved it back to the given tier; null when this is not its doing. */
  reason(endpoint: number, tier: number): Reason | null
  /** What it ordered by; null when it has no value for the endpoint. */
  value(endpoint: number, view: View): number | null
}

export const noValue = (): null => null
