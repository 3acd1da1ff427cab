/** Which endpoints clients are sent to, whoever asks; and what an override would make of it, before it is set. */

import type { Endpoint } from '../domain/endpoint.ts'
import { NO_FACTS, type Override, type PolicyFacts } from '../domain/facts.ts'
import { overrideNames } from '../domain/override.ts'
import type { Reason } from '../domain/plan.ts'
import type { Policy, Step } from '../domain/policy.ts'
import { disabled, groupTooSmall } from '../engine/reasons.ts'
import { verdictOf } from '../engine/steps/up.ts'

export interface OverrideEffect {
  readonly service: string
  readonly minimum: number
  /** Ids of the endpoints that clients are sent to, before and after. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** What is known of a policy's endpoints, if these overrides were those in force. */
export type FactsUnder = (policy: Policy, overrides: readonly Override[]) => PolicyFacts

/** Of every service with an endpoint that `next` names. */
export function overrideEffects(
  policies: readonly Policy[],
  overrides: readonly Override[],
  next: Override,
  factsUnder: FactsUnder,
): readonly OverrideEffect[] {
  const then = [...overrides.filter(({ target }) => target !== next.target), next]
  const inService = (policy: Policy, under: readonly Override[]): readonly string[] => {
    const reasons = reasonsOut(policy, factsUnder(policy, under))
    return policy.endpoints.flatMap(({ id }, i) => (reasons[i] === null ? [id] : []))
  }
  return policies
    .filter(({ service, endpoints }) => endpoints.some((endpoint) => overrideNames(next.target, service, endpoint)))
    .map((policy) => ({
      service: policy.service,
      minimum: policy.minInService,
      before: inService(policy, overrides),
      after: inService(policy, then),
    }))
}

/** An assertion of ARC's kind (ATLEAST n): what takes nothing away breaks nothing. */
export const breaksMinimum = ({ minimum, before, after }: OverrideEffect): boolean =>
  after.length < minimum && after.length < before.length

type Up = Extract<Step, { kind: 'up' }>

/**
 * By endpoint: why no client is sent there, wherever he is; null where some may be. It is what the `up` steps without a
 * condition say, groups with too few members among it; without such a step, health and overrides take nobody out.
 */
export function reasonsOut(
  { endpoints, steps }: Policy,
  { endpoints: facts }: Pick<PolicyFacts, 'endpoints'>,
): readonly (Reason | null)[] {
  const ups = steps.filter((step): step is Up => step.kind === 'up' && step.when === null)
  const own = endpoints.map((endpoint, i): Reason | null =>
    endpoint.enabled
      ? ups.reduce<Reason | null>((why, step) => why ?? verdictOf(endpoint, facts[i] ?? NO_FACTS, step), null)
      : disabled(),
  )
  const groupReason = (endpoint: Endpoint): Reason | null => {
    for (const { minHealthy } of ups) {
      if (minHealthy === null) continue
      const { per, n } = minHealthy
      for (const group of groupsOf(endpoint, per)) {
        const left = endpoints.filter((other, i) => own[i] === null && groupsOf(other, per).includes(group)).length
        if (left < n) return groupTooSmall(group, left, n)
      }
    }
    return null
  }
  return endpoints.map((endpoint, i) => own[i] ?? groupReason(endpoint))
}

const groupsOf = (endpoint: Endpoint, per: 'site' | { readonly tags: readonly string[] }): readonly string[] =>
  per === 'site' ? endpoint.sites.map(({ id }) => id) : endpoint.tags.filter((tag) => per.tags.includes(tag))
