import { clientClasses } from '../clients.ts'
import { passFences } from '../reach.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `take` of as many as there can be, or more. */
export const takeTooMany = stepRule('take-too-many', function* (step, policy) {
  if (step.kind !== 'take' || policy.endpoints.length < 2) return
  const most = Math.max(0, ...clientClasses(policy).map((clients) => passFences(policy, clients).length))
  if (step.n < most || most === 0) return
  yield warning(
    step,
    stepPath(step),
    `${stepName(step)} hands out ${step.n}, and there are never more than ${most}: it cuts nothing`,
    'take fewer, or remove the step',
  )
})
