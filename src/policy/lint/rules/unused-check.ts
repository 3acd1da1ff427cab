import { appliedChecks } from '../../../domain/check.ts'
import { formatPath } from '../../path.ts'
import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A check that every endpoint has chosen others over. */
export const unusedCheck = policyRule('unused-check', function* (policy) {
  const used = new Set(policy.endpoints.flatMap((endpoint) => appliedChecks(policy, endpoint).needed))
  for (const check of policy.checks) {
    if (used.has(check)) continue
    yield warning(
      policy,
      formatPath(['checks', check.name]),
      `check ${quote(check.name)} is never run: every endpoint names other checks`,
      `add ${quote(check.name)} to the \`checks\` of an endpoint, or remove it`,
    )
  }
})
