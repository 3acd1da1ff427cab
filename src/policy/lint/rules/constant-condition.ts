import type { Policy, Step } from '../../../domain/policy.ts'
import { describeCondition } from '../../words.ts'
import { clientClasses, runsFor } from '../clients.ts'
import { leavesOf } from '../condition-truth.ts'
import { stepRule, warning } from '../rule.ts'
import { quote, stepName, stepPath } from '../text.ts'

/** A `when` that is false, or true, for every client there is: it contradicts itself, or says nothing. */
export const constantCondition = stepRule('constant-condition', function* (step, policy) {
  if (step.when === null || hasPercentEdge(step)) return
  const said = quote(describeCondition(step.when))
  const truths = new Set(clientClasses(policy).map((clients) => runsFor(step, policy, clients)))
  if (truths.size !== 1) return
  if (truths.has('never')) {
    yield warning(
      step,
      `${stepPath(step)}.when`,
      `no client can match ${said}: ${stepName(step)} never acts`,
      neverHint(step, policy),
    )
  } else if (truths.has('always')) {
    yield warning(
      step,
      `${stepPath(step)}.when`,
      `every client matches ${said}: the condition decides nothing`,
      'remove `when`, or mend it',
    )
  }
})

/** Those have a rule of their own. */
const hasPercentEdge = ({ when }: Step): boolean =>
  when !== null && leavesOf(when).some((leaf) => leaf.kind === 'percent' && (leaf.percent <= 0 || leaf.percent >= 100))

function neverHint(step: Step, { names }: Policy): string {
  const isDnsOnly = names.http.length === 0 && names.discovery === null
  return isDnsOnly && step.assume === null
    ? 'the service has DNS names only, and DNS sees no more of a client than its network: remove the step, or say what to `assume`'
    : 'the keys of one mapping must all hold: use `any: [ … ]` for alternatives, or a list of values, or remove the step'
}
