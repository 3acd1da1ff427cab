import { policyRule, warning } from '../rule.ts'

/** A minimum that the endpoints do not even reach when all of them serve. */
export const minimumTooHigh = policyRule('minimum-too-high', function* (policy) {
  const enabled = policy.endpoints.filter((endpoint) => endpoint.enabled).length
  // A single endpoint may want a word before it is drained.
  if (policy.minInService <= Math.max(1, enabled)) return
  yield warning(
    policy,
    'minInService',
    `\`minInService\` is ${policy.minInService}, and ${enabled} can serve: every override that takes one out is refused unless it is forced`,
    `lower it to less than ${enabled}, or enable more endpoints`,
  )
})
