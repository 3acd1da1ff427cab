import { type Check, judgesOf, membersOf } from '../../domain/check.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Policy } from '../../domain/policy.ts'

export interface AppliedChecks {
  /** Their worst is the endpoint's health. */
  readonly counted: readonly Check[]
  /** All that there must be results of: those, and what composites among them name, to any depth. */
  readonly needed: readonly Check[]
}

export function appliedChecks(policy: Pick<Policy, 'checks'>, endpoint: Pick<Endpoint, 'checks'>): AppliedChecks {
  const counted = judgesOf(policy.checks, endpoint.checks)
  // A set grows while it is walked: members of members are reached, and a circle ends.
  const names = new Set(counted.map(({ name }) => name))
  for (const name of names) {
    const check = policy.checks.find((other) => other.name === name)
    for (const member of check === undefined ? [] : membersOf(check)) names.add(member)
  }
  return { counted, needed: policy.checks.filter(({ name }) => names.has(name)) }
}
