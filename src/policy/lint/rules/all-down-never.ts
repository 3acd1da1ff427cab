import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** `onAllDown` without `up`: nothing is ever down, so it is never asked. */
export const allDownNever = policyRule('all-down-never', function* (policy) {
  const { mode } = policy.onAllDown
  if (mode === 'lastResort' || policy.steps.some(({ kind }) => kind === 'up')) return
  yield warning(
    policy,
    'onAllDown',
    `\`onAllDown\` ${quote(mode)} is never used: without an \`up\` step no endpoint is ever down`,
    'begin `steer` with `up`, or remove `onAllDown`',
  )
})
