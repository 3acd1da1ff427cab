import { unseenConditions } from '../../capability.ts'
import { frontEndsOf } from '../clients.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `assume` where every front end sees all that is asked. */
export const needlessAssume = stepRule('needless-assume', function* (step, policy) {
  if (step.assume === null) return
  if (frontEndsOf(policy).some((frontEnd) => unseenConditions(step, policy, frontEnd).length > 0)) return
  yield warning(
    step,
    `${stepPath(step)}.assume`,
    `\`assume: ${step.assume}\` is never used: all front ends of the service see what ${stepName(step)} asks for`,
    'remove `assume`',
  )
})
