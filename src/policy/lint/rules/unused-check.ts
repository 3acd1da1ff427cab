import { formatPath } from '../../path.ts'
import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A check that every endpoint has chosen others over. */
export const unusedCheck = policyRule('unused-check', function* (policy) {
  for (const check of policy.checks) {
    const isUsed = policy.endpoints.some(({ checks }) => checks.length === 0 || checks.includes(check.name))
    if (isUsed) continue
    yield warning(
      policy,
      formatPath(['checks', check.name]),
      `check ${quote(check.name)} is never run: every endpoint names other checks`,
      `add ${quote(check.name)} to the \`checks\` of an endpoint, or remove it`,
    )
  }
})
