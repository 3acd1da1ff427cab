import { DEPENDS } from '../../domain/plan.ts'
import type { StepAction, Sticky } from '../../domain/policy.ts'
import { closeFronts, refine } from '../candidates.ts'
import { capacitiesOf, headroomOf } from '../headroom.ts'
import { standby } from '../reasons.ts'
import type { Material, StepRunner } from './step.ts'

type Spread = Extract<StepAction, { kind: 'spread' }>

/**
 * Puts standbys (weight 0, Route 53) behind the others of their group and marks the equals in front as dealt; deal.ts
 * fills the slots at the end, among those that are still there. On one way through the chain the first `spread` deals.
 */
export function spread(action: Spread, index: number, material: Material): StepRunner {
  const weights = weightsFor(action, material)
  const isStandby = weights.map((weight) => (weight > 0 ? 0 : 1))
  return {
    reads: stickyReads(action.sticky),
    scope: 'group',
    apply(candidates) {
      if (candidates.spreadStep >= 0) return
      candidates.spreadStep = index
      refine(candidates, isStandby, (best) => best)
      closeFronts(candidates)
    },
    reason: () => standby(),
    value: (endpoint) => weights[endpoint] ?? null,
  }
}

/**
 * By endpoint index. 0 is standby, and so is one without headroom. An unstated capacity is the mean of those stated in the
 * policy, or 1.
 */
export function weightsFor({ by, metric }: Spread, { endpoints, facts }: Material): Float64Array {
  switch (by) {
    case 'weight':
      return Float64Array.from(endpoints, (endpoint) => endpoint.weight)
    case 'equal':
      return new Float64Array(endpoints.length).fill(1)
    case 'capacity':
      return Float64Array.from(capacitiesOf(endpoints) ?? endpoints.map(() => 1))
    case 'headroom':
      return headroomOf(endpoints, facts, metric) ?? new Float64Array(endpoints.length).fill(1)
  }
}

/** DEPENDS bits of the sticky key, with the network that stands in where the key is missing. */
function stickyReads(sticky: Sticky): number {
  switch (sticky.by) {
    case 'none':
      return 0
    case 'network':
      return DEPENDS.network
    case 'tenant':
      return DEPENDS.tenant | DEPENDS.network
    case 'path':
      return DEPENDS.path | DEPENDS.network
    case 'header':
      return DEPENDS.header | DEPENDS.network
  }
}
