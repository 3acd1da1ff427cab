import type { FrontEnd } from '../domain/client.ts'
import type { Policy, Step } from '../domain/policy.ts'
import { assumes, frontEndsOf, hiddenFrom } from './lint/clients.ts'
import { decisiveHidden, type Leaf } from './lint/condition-truth.ts'

/** Whether a front end can do what a step asks. */
export interface Capability {
  /** Index of the step. */
  readonly step: number
  readonly frontEnd: FrontEnd
  /** `no`: `when` counts as false there, or `sticky` falls back to the client's network. Assumed: the step says what to do. */
  readonly honours: 'yes' | 'no' | 'assumedTrue' | 'assumedFalse'
  /** What the front end cannot see: `header x-user`, `tenant.plan`, `sticky by path`. */
  readonly unseen: readonly string[]
}

/** One entry per step and front end that the policy has names for. */
export const capabilities = (policy: Policy): readonly Capability[] =>
  policy.steps.flatMap((step) => frontEndsOf(policy).map((frontEnd) => capabilityOf(step, policy, frontEnd)))

function capabilityOf(step: Step, policy: Policy, frontEnd: FrontEnd): Capability {
  const conditions = unseenConditions(step, policy, frontEnd)
  const sticky = unseenSticky(step, policy, frontEnd)
  return {
    step: step.index,
    frontEnd,
    honours: verdict(step, frontEnd, conditions, sticky),
    unseen: [...conditions, ...sticky],
  }
}

/** What a front end cannot see of the `when` of a step, where the outcome may hang on it. */
export function unseenConditions(step: Step, policy: Policy, frontEnd: FrontEnd): readonly string[] {
  if (step.when === null) return []
  const hidden = decisiveHidden(step.when, { frontEnd, hidden: hiddenFrom(frontEnd, policy) })
  return [...new Set(hidden.map(nameOf))]
}

function verdict(
  step: Step,
  frontEnd: FrontEnd,
  conditions: readonly string[],
  sticky: readonly string[],
): Capability['honours'] {
  if (conditions.length === 0) return sticky.length > 0 ? 'no' : 'yes'
  if (step.assume === false) return 'assumedFalse'
  return step.assume === true && assumes(frontEnd) ? 'assumedTrue' : 'no'
}

/**
 * Stickiness by what a front end cannot see. Without a tenant or a header the client's network stands in; the path of
 * discovery is the API's own, so there it is one and the same for everybody.
 */
export function unseenSticky(step: Step, policy: Policy, frontEnd: FrontEnd): readonly string[] {
  if (step.kind !== 'spread' || step.sticky.by === 'none' || step.sticky.by === 'network') return []
  if (!hiddenFrom(frontEnd, policy).has(step.sticky.by)) return []
  return [step.sticky.by === 'header' ? `sticky by header ${step.sticky.name}` : `sticky by ${step.sticky.by}`]
}

const nameOf = (leaf: Leaf): string =>
  leaf.kind === 'tenant'
    ? `tenant.${leaf.attribute}`
    : leaf.kind === 'header' || leaf.kind === 'cookie'
      ? `${leaf.kind} ${leaf.name}`
      : leaf.kind
