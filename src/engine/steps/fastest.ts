import type { RttEstimate } from '../../domain/facts.ts'
import { DEPENDS } from '../../domain/plan.ts'
import type { StepAction } from '../../domain/policy.ts'
import { hasEquals, refine } from '../candidates.ts'
import { slower } from '../reasons.ts'
import type { Material, StepRunner } from './step.ts'

/**
 * Orders by estimated RTT. Endpoints without an estimate come last, as equals; without any estimate the order stays
 * as it is (NS1 Pulsar: insufficient data passes the list unchanged).
 */
export function fastest(
  action: Extract<StepAction, { kind: 'fastest' }>,
  { endpoints, latency }: Material,
): StepRunner {
  const estimates: (RttEstimate | null)[] = endpoints.map(() => null)
  const rtt = new Float64Array(endpoints.length)
  const limit = (bestMs: number) => bestMs + action.withinMs
  return {
    reads: DEPENDS.location,
    scope: 'group',
    apply(candidates, view) {
      if (!hasEquals(candidates)) return
      view.reads |= DEPENDS.location
      for (let p = 0; p < candidates.count; p++) {
        const endpoint = candidates.order[p]!
        const estimate = latency.estimate(endpoints[endpoint]!, view.client.location)
        estimates[endpoint] = estimate
        rtt[endpoint] = estimate?.rttMs ?? Number.POSITIVE_INFINITY
      }
      refine(candidates, rtt, limit)
    },
    reason: (endpoint) => slower(estimates[endpoint] ?? null),
    value: (endpoint, view) => latency.estimate(endpoints[endpoint]!, view.client.location)?.rttMs ?? null,
  }
}
