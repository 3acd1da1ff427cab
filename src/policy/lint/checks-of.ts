import { type Check, judgesOf, membersOf } from '../../domain/check.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Policy } from '../../domain/policy.ts'

/** The checks that an endpoint hangs on: those that judge it, and those that these go by. */
export function checksOf({ checks }: Policy, endpoint: Endpoint): ReadonlySet<Check> {
  const found = new Set(judgesOf(checks, endpoint.checks))
  // What is added while a set is walked is walked too.
  for (const check of found) {
    const members = membersOf(check)
    for (const member of checks) if (members.includes(member.name)) found.add(member)
  }
  return found
}

/** Enabled endpoints that hang on a check. */
export const endpointsOf = (policy: Policy, check: Check): readonly Endpoint[] =>
  policy.endpoints.filter((endpoint) => endpoint.enabled && checksOf(policy, endpoint).has(check))
