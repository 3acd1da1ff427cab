import type { StepAction } from '../../domain/policy.ts'
import { endOf, isMixed, splitTiers, TIER } from '../candidates.ts'
import { lowerTier } from '../reasons.ts'
import { matchSelector } from '../selectors.ts'
import { DRAWS } from '../view.ts'
import { type Material, noValue, type StepRunner } from './step.ts'

/**
 * Splits into tiers: an endpoint belongs to the first set that names it, those in none come last. The trickle (GCP
 * `trickle ratio`: keeps the backup warm) puts the second tier present in front of the first for its share of the draws.
 */
export function prefer(action: Extract<StepAction, { kind: 'prefer' }>, { endpoints }: Material): StepRunner {
  const sets = action.tiers.map((selector) => matchSelector(selector, endpoints))
  const classOf = Uint16Array.from(endpoints, (_, i) => {
    const first = sets.findIndex((set) => set[i] === 1)
    return first < 0 ? sets.length : first
  })
  const trickleBelow = Math.round((action.tricklePercent / 100) * DRAWS)
  const runner: StepRunner = {
    reads: 0,
    scope: 'tier',
    apply(candidates, _view, draw) {
      splitTiers(candidates, classOf, sets.length + 1, draw < trickleBelow ? 'secondFirst' : 'asNumbered')
    },
    reason: (_endpoint, tier) => lowerTier(tier),
    value: noValue,
  }
  if (trickleBelow === 0) return runner
  return {
    ...runner,
    edges(candidates) {
      for (let from = 0; from < candidates.count; from = endOf(candidates, from, TIER)) {
        if (isMixed(candidates, from, endOf(candidates, from, TIER), classOf)) return [trickleBelow]
      }
      return []
    },
  }
}
