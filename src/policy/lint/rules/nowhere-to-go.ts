import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `shed` or `spread` with a single endpoint: nothing to move clients to. */
export const nowhereToGo = stepRule('nowhere-to-go', function* (step, { endpoints }) {
  const [only, second] = endpoints
  if ((step.kind !== 'shed' && step.kind !== 'spread') || only === undefined || second !== undefined) return
  yield warning(
    step,
    stepPath(step),
    `${stepName(step)} never acts: \`${only.id}\` is the only endpoint, there is no other to send clients to`,
    'add an endpoint, or remove the step',
  )
})
