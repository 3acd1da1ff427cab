/** What an override would do to a service, before it is set. */

import type { Endpoint } from '../domain/endpoint.ts'
import type { Health, Override } from '../domain/facts.ts'
import { overrideFor, overrideNames } from '../domain/override.ts'
import type { Policy } from '../domain/policy.ts'

export interface OverrideEffect {
  readonly service: string
  readonly minimum: number
  /** Ids of the endpoints that clients are sent to, before and after. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** What checks say of an endpoint; `unknown` counts as up. */
export type HealthOf = (service: string, endpoint: string) => Health

/** Of every service with an endpoint that `next` names. */
export function overrideEffects(
  policies: readonly Policy[],
  overrides: readonly Override[],
  next: Override,
  healthOf: HealthOf,
): readonly OverrideEffect[] {
  const then = [...overrides.filter(({ target }) => target !== next.target), next]
  return policies
    .filter(({ service, endpoints }) => endpoints.some((endpoint) => overrideNames(next.target, service, endpoint)))
    .map((policy) => ({
      service: policy.service,
      minimum: policy.minInService,
      before: inService(policy, overrides, healthOf),
      after: inService(policy, then, healthOf),
    }))
}

/** An assertion of ARC's kind (ATLEAST n): what takes nothing away breaks nothing. */
export const breaksMinimum = ({ minimum, before, after }: OverrideEffect): boolean =>
  after.length < minimum && after.length < before.length

/** As the `up` steps without a condition count: groups with too few members in service are not in service. */
function inService(policy: Policy, overrides: readonly Override[], healthOf: HealthOf): readonly string[] {
  const serves = ({ enabled, id }: Endpoint, override: Override | null): boolean => {
    if (!enabled) return false
    if (override !== null) return override.state === 'up'
    return healthOf(policy.service, id) !== 'down'
  }
  const left = policy.endpoints.filter((endpoint) => serves(endpoint, overrideFor(overrides, policy.service, endpoint)))
  const isIn = (endpoint: Endpoint): boolean =>
    policy.steps.every((step) => {
      if (step.kind !== 'up' || step.when !== null || step.minHealthy === null) return true
      const { per, n } = step.minHealthy
      return groupsOf(endpoint, per).every(
        (group) => left.filter((other) => groupsOf(other, per).includes(group)).length >= n,
      )
    })
  return left.filter(isIn).map(({ id }) => id)
}

const groupsOf = (endpoint: Endpoint, per: 'site' | { readonly tags: readonly string[] }): readonly string[] =>
  per === 'site' ? endpoint.sites.map(({ id }) => id) : endpoint.tags.filter((tag) => per.tags.includes(tag))
