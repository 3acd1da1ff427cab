import type { Policy, Step } from '../../../domain/policy.ts'
import { describeSelector } from '../../words.ts'
import { error, type Finding, stepRule, warning } from '../rule.ts'
import { selectorsOf } from '../selectors-of.ts'
import { selects } from '../selects.ts'
import { quote, stepName } from '../text.ts'

/** A selector that names every endpoint: then `keep`, a soft `drop` and the tiers behind it decide nothing. */
export const selectorMatchesEverything = stepRule('selector-matches-everything', function* (step, policy) {
  if (policy.endpoints.length === 0) return
  for (const [index, { path, selector }] of selectorsOf(step).entries()) {
    if (!policy.endpoints.every((endpoint) => selects(selector, endpoint))) continue
    const found = finding(step, path, quote(describeSelector(selector)), index, policy)
    if (found !== null) yield found
  }
})

function finding(step: Step, path: string, named: string, index: number, policy: Policy): Finding | null {
  if (step.kind === 'drop' && step.hard) {
    return step.when === null
      ? error(
          step,
          path,
          `${named} is every endpoint: the hard fence ${stepName(step)} leaves every client with nothing`,
          'name the endpoints that must go, or give the step a `when`',
        )
      : null
  }
  if (step.kind === 'prefer') {
    return index < step.tiers.length - 1
      ? warning(
          step,
          path,
          `${named} is every endpoint: the tiers behind this one of ${stepName(step)} are always empty`,
          'name fewer, or remove the tiers behind it',
        )
      : null
  }
  // A single endpoint is how policies begin: all that is said of it becomes true with the second.
  return policy.endpoints.length < 2
    ? null
    : warning(step, path, `${named} is every endpoint: ${stepName(step)} never acts`, 'name fewer, or remove the step')
}
