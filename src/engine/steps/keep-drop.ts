import type { StepAction } from '../../domain/policy.ts'
import { removeWhere, splitTiers } from '../candidates.ts'
import { notMatched } from '../reasons.ts'
import { matchSelector } from '../selectors.ts'
import { type Material, noValue, type StepRunner } from './step.ts'

/**
 * Hard: those on the wrong side are gone. Soft (NS1 fence): they form a lower tier behind the others, so the fence
 * relaxes by itself when its favourites are gone.
 */
export function keepOrDrop(
  action: Extract<StepAction, { kind: 'keep' | 'drop' }>,
  { endpoints }: Material,
): StepRunner {
  const matches = matchSelector(action.match, endpoints)
  const keepsMatching = action.kind === 'keep'
  const classOf = Uint16Array.from(matches, (match) => ((match === 1) === keepsMatching ? 0 : 1))
  const reason = notMatched(action.kind, action.hard)
  return {
    reads: 0,
    scope: 'tier',
    apply(candidates) {
      if (action.hard) removeWhere(candidates, (endpoint) => classOf[endpoint] === 1)
      else splitTiers(candidates, classOf, 2, 'asNumbered')
    },
    reason: (endpoint) => (classOf[endpoint] === 1 ? reason : null),
    value: noValue,
  }
}
