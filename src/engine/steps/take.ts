import type { StepAction } from '../../domain/policy.ts'
import { notTaken } from '../reasons.ts'
import { takePlaces } from '../vacancies.ts'
import { noValue, type StepRunner } from './step.ts'

/**
 * Cuts to the first n. Those taken (of one tier) are equals for the steps behind: `nearest, take: 3, spread` deals among
 * the three nearest. Behind a `spread` every list is cut when it is dealt; the trace then shows no drop here, but who is
 * in no list at all is among the plan's exclusions.
 */
export function take(action: Extract<StepAction, { kind: 'take' }>, index: number): StepRunner {
  return {
    reads: 0,
    scope: 'tier',
    apply(candidates) {
      if (candidates.spreadStep < 0) takePlaces(candidates, action.n)
      // Vacant places are filled from behind: the lists are cut again when they are dealt.
      if ((candidates.spreadStep >= 0 || candidates.vacant !== null) && action.n < candidates.cut) {
        candidates.cut = action.n
        candidates.cutStep = index
      }
    },
    reason: () => notTaken(action.n),
    value: noValue,
  }
}
