import type { EndpointFacts, Facts, Override, PolicyFacts } from '../domain/facts.ts'
import { NO_FACTS } from '../domain/facts.ts'
import { matchesGlob } from '../domain/glob.ts'
import type { Policy } from '../domain/policy.ts'
import { distanceView } from '../latency/distance-view.ts'

/**
 * The one door through which facts come in. What has not changed since `previous` stays the same object, so that only
 * services whose facts changed are compiled anew.
 */
export function assembleFacts(
  policies: readonly Policy[],
  overrides: readonly Override[],
  nowMs: number,
  previous: Facts | null,
): Facts {
  const live = overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
  const of = new Map<string, PolicyFacts>()
  for (const policy of policies) {
    const endpoints = policy.endpoints.map((endpoint) => factsOf(overrideFor(live, policy.service, endpoint.id)))
    const before = previous?.of.get(policy.service)
    const same =
      before !== undefined &&
      before.endpoints.length === endpoints.length &&
      endpoints.every((facts, index) => sameOverride(facts.override, before.endpoints[index]?.override ?? null))
    of.set(policy.service, same ? before : { endpoints, latency: distanceView })
  }
  return { number: (previous?.number ?? 0) + 1, of }
}

/** Null when none expires by itself. */
export const nextExpiryMs = (overrides: readonly Override[]): number | null =>
  overrides.reduce<number | null>(
    (least, { expiresAtMs }) => (expiresAtMs === null ? least : Math.min(least ?? Infinity, expiresAtMs)),
    null,
  )

/** Whether `target` (`service/endpoint`, each part a glob) names the endpoint. */
export function overrideNames(target: string, service: string, endpoint: string): boolean {
  const [serviceGlob = '', endpointGlob = '*'] = target.split('/', 2)
  return matchesGlob(serviceGlob, service) && matchesGlob(endpointGlob, endpoint)
}

/** Ordered globs, later lines win (gdnsd admin_state); `obey` lifts what came before it. */
function overrideFor(overrides: readonly Override[], service: string, endpoint: string): Override | null {
  const last = overrides.findLast(({ target }) => overrideNames(target, service, endpoint))
  return last === undefined || last.state === 'obey' ? null : last
}

const factsOf = (override: Override | null): EndpointFacts => (override === null ? NO_FACTS : { ...NO_FACTS, override })

const sameOverride = (a: Override | null, b: Override | null): boolean =>
  a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b))
