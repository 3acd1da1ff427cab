import { formatPath } from '../../path.ts'
import { policyRule, warning } from '../rule.ts'
import { quoteAll } from '../text.ts'

/** What only `up` looks at, without an `up` step: checks run and nobody listens, disabled endpoints are answered. */
export const missingUp = policyRule('missing-up', function* (policy) {
  if (policy.steps.some(({ kind }) => kind === 'up')) return
  const hint = 'begin `steer` with `up`'
  if (policy.checks.length > 0) {
    yield warning(
      policy,
      'checks',
      `${quoteAll(policy.checks.map(({ name }) => name))} is run, but no \`up\` step looks at the outcome: clients are sent to endpoints that are down`,
      hint,
    )
  }
  const [first, ...others] = policy.endpoints.filter(({ enabled }) => !enabled)
  if (first === undefined) return
  yield warning(
    policy,
    formatPath(['endpoints', first.id, 'enabled']),
    `${quoteAll([first, ...others].map(({ id }) => id))} is not enabled, but without an \`up\` step it is answered all the same`,
    hint,
  )
})
