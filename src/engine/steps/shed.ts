import type { StepAction } from '../../domain/policy.ts'
import { demote } from '../candidates.ts'
import { shed as shedReason } from '../reasons.ts'
import { DRAWS } from '../view.ts'
import { type Material, noValue, type StepRunner } from './step.ts'

/** Shares are rounded to sixteenths, so that however many endpoints shed, the clients part into at most 17 bands. */
const SIXTEENTHS = 16

/**
 * NS1 `shed_load`: below the low watermark nothing is shed, above the high one everything, between them a share that
 * rises linearly. Two deviations. All endpoints answer to one draw, so the more loaded sheds first and towards the less
 * loaded, never to one that sheds as much. And what is shed falls behind everything else rather than out: where all
 * are overloaded, the order stays as it was.
 */
export function shed(action: Extract<StepAction, { kind: 'shed' }>, { endpoints, facts }: Material): StepRunner {
  const load = facts.map(({ load }) => (Object.hasOwn(load, action.metric) ? (load[action.metric] ?? 0) : null))
  const sixteenths = load.map((value) => Math.round(SIXTEENTHS * shareOf(value, action.low, action.high)))
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
      demote(candidates, classOf)
    },
    reason(endpoint) {
      const value = load[endpoint] ?? null
      if (classOf[endpoint] !== 1 || value === null) return null
      return shedReason(action.metric, value, (100 * sixteenths[endpoint]!) / SIXTEENTHS)
    },
    value: noValue,
  }
}

function shareOf(value: number | null, low: number, high: number): number {
  if (value === null || !(value > low)) return 0
  return value >= high ? 1 : (value - low) / (high - low)
}
