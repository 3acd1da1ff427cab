import { unseenConditions } from '../../capability.ts'
import { assumes, frontEndsOf } from '../clients.ts'
import { error, stepRule, warning } from '../rule.ts'
import { quoteAll, stepName, stepPath } from '../text.ts'

/**
 * A `when` that a front end of the service cannot see. It counts as false there. That is an error where it would void a
 * fence or a `drop` in silence, unless `assume` says what is meant.
 */
export const unseenCondition = stepRule('unseen-condition', function* (step, policy) {
  const guards = step.kind === 'drop' || ('hard' in step && step.hard)
  const report = guards ? error : warning
  for (const frontEnd of frontEndsOf(policy)) {
    const unseen = unseenConditions(step, policy, frontEnd)
    const isSettled = step.assume === false || (step.assume === true && assumes(frontEnd))
    if (unseen.length === 0 || isSettled) continue
    yield report(
      step,
      `${stepPath(step)}.when`,
      `${frontEnd} cannot see ${quoteAll(unseen)}: there ${stepName(step)} never acts${guards ? ', and clients get what it should keep from them' : ''}`,
      assumes(frontEnd)
        ? 'say what to do where it cannot be seen: `assume: true` acts, `assume: false` does not'
        : `the host and path of a ${frontEnd} request are its own: ask for a header instead, or say \`assume: false\` if that is meant`,
    )
  }
})
