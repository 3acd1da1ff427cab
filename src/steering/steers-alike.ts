import type { PolicyFacts } from '../domain/facts.ts'
import type { Policy, Selector } from '../domain/policy.ts'

/**
 * Equal for policies whose plans are equal, whoever asks: plans name endpoints by number, so that names, and addresses
 * that no selector asks for, are left out.
 */
export function steeringKey(policy: Policy, facts: PolicyFacts): string {
  const { ttlSeconds, endpoints, steps, onAllDown } = policy
  const byAddress = steps.some((step) => selectorsOf(step).some(({ prefixes }) => prefixes !== undefined))
  const places = endpoints.map(({ a, aaaa, hostname, url, checks, ...rest }) => ({
    ...rest,
    addresses: byAddress ? [a, aaaa] : [a.length > 0, aaaa.length > 0],
  }))
  const rules = steps.map(({ at, because, ...rest }) => rest)
  // Who overrode it, and why, is told by traces alone, and the plans of a map have none.
  const known = facts.endpoints.map(({ override, ...rest }) => ({ ...rest, override: override?.state ?? null }))
  return JSON.stringify([ttlSeconds, places, rules, onAllDown, known], written)
}

const selectorsOf = (step: Policy['steps'][number]): readonly Selector[] => {
  switch (step.kind) {
    case 'keep':
    case 'drop':
      return [step.match]
    case 'prefer':
      return step.tiers
    case 'up':
    case 'geofence':
    case 'nearest':
    case 'fastest':
    case 'shed':
    case 'spread':
    case 'take':
      return []
  }
}

/** Values that JSON would lose. */
const written = (_key: string, value: unknown): unknown =>
  value instanceof Map ? [...value] : value === Number.POSITIVE_INFINITY ? 'Infinity' : value
