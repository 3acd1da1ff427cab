import { policyRule, warning } from '../rule.ts'

/** A disabled endpoint is in no answer, whatever `onAllDown` says. */
export const allDisabled = policyRule('all-disabled', function* (policy) {
  const { endpoints, onAllDown, service } = policy
  if (endpoints.length === 0 || endpoints.some(({ enabled }) => enabled)) return
  if (onAllDown.mode === 'static' && 'target' in onAllDown) return
  yield warning(
    policy,
    'endpoints',
    `every endpoint of ${service} is disabled: nobody gets an answer, also not by \`onAllDown\``,
    'enable one, or take the service out',
  )
})
