import type { Policy, SourcePosition, Step } from '../../domain/policy.ts'
import type { PolicySet } from '../../domain/policy-set.ts'
import type { Problem } from '../../domain/problem.ts'

export type Finding = Omit<Problem, 'rule'>

/**
 * One rule about the meaning of a checked policy set. An error only where serving would be wrong or void, otherwise a
 * warning. Each message says what is there and what follows from it; the hint says how to mend it.
 */
export interface Rule {
  /** Stable, kebab-case: shown with every finding, documented in docs/lint-rules.md. */
  readonly id: string
  readonly find: (set: PolicySet) => Iterable<Finding>
}

/** A rule that looks at one policy at a time. */
export function policyRule(id: string, findIn: (policy: Policy, set: PolicySet) => Iterable<Finding>): Rule {
  return {
    id,
    *find(set) {
      for (const policy of set.policies) yield* findIn(policy, set)
    },
  }
}

/** A rule that looks at one step at a time. */
export function stepRule(id: string, findIn: (step: Step, policy: Policy, set: PolicySet) => Iterable<Finding>): Rule {
  return policyRule(id, function* (policy, set) {
    for (const step of policy.steps) yield* findIn(step, policy, set)
  })
}

interface Located {
  readonly at: SourcePosition
}

export const error = ({ at }: Located, path: string, message: string, hint: string | null = null): Finding => ({
  severity: 'error',
  at,
  path,
  message,
  hint,
})

export const warning = ({ at }: Located, path: string, message: string, hint: string | null = null): Finding => ({
  severity: 'warning',
  at,
  path,
  message,
  hint,
})
