import type { EndpointFacts } from '../../domain/facts.ts'
import type { StepAction } from '../../domain/policy.ts'
import { demote } from '../candidates.ts'
import { loadOf } from '../headroom.ts'
import { shed as shedReason } from '../reasons.ts'
import { SIXTEENTHS, shedShareOf } from '../shed-share.ts'
import { DRAWS } from '../view.ts'
import { type Material, noValue, type StepRunner } from './step.ts'

/**
 * NS1 `shed_load`: below the low watermark nothing is shed, above the high one everything, between them a share that
 * rises linearly. Two deviations. All endpoints answer to one draw, so the more loaded sheds first and towards the less
 * loaded, never to one that sheds as much. And what is shed falls behind everything else rather than out: where all
 * are overloaded, the order stays as it was. How fast the share moves is settled where the facts are made
 * (load-memory.ts); without that it is what the load says at once.
 */
export function shed(
  action: Extract<StepAction, { kind: 'shed' }>,
  index: number,
  { endpoints, facts }: Material,
): StepRunner {
  const load = facts.map((each) => loadOf(each, action.metric))
  const sixteenths = facts.map((each) => shedSixteenths(action, index, each))
  const shedBelow = sixteenths.map((share) => (share * DRAWS) / SIXTEENTHS)
  const classOf = new Uint16Array(endpoints.length)
  return {
    reads: 0,
    scope: 'all',
    edges(candidates) {
      const edges = new Set<number>()
      for (let p = 0; p < candidates.count; p++) edges.add(shedBelow[candidates.order[p]!]!)
      return [...edges].sort((a, b) => a - b)
    },
    apply(candidates, _view, draw) {
      shedBelow.forEach((below, endpoint) => {
        classOf[endpoint] = draw < below ? 1 : 0
      })
      demote(candidates, classOf, 2)
    },
    reason(endpoint) {
      const value = load[endpoint] ?? null
      if (classOf[endpoint] !== 1) return null
      return shedReason(action.metric, value ?? 0, (100 * sixteenths[endpoint]!) / SIXTEENTHS)
    },
    value: noValue,
  }
}

/** All that its plans take from the facts. */
export const shedSixteenths = (
  { metric, low, high }: Pick<Extract<StepAction, { kind: 'shed' }>, 'metric' | 'low' | 'high'>,
  index: number,
  facts: EndpointFacts,
): number => Math.round(SIXTEENTHS * (facts.shedShare[index] ?? shedShareOf(loadOf(facts, metric), low, high)))
