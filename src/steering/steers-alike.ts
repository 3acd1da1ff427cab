import { formatPrefix } from '../domain/address.ts'
import { type EndpointFacts, NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import type { Policy, Selector, Step } from '../domain/policy.ts'
import { headroomOf } from '../engine/headroom.ts'
import { isSlowlyStarting, slowStartFrom } from '../engine/slow-start.ts'
import { shedSixteenths } from '../engine/steps/shed.ts'
import { targetKeyOf } from '../latency/keys.ts'

/**
 * Equal for policies whose plans are equal, whoever asks: plans name endpoints by number, so that names, and addresses
 * that no selector asks for, are left out; and so is what of the facts no step reads. Estimates are not in it, nor is when
 * the next change may come.
 */
export function steeringKey(policy: Policy, facts: PolicyFacts, nowMs: number): string {
  const { ttlSeconds, endpoints, steps, onAllDown } = policy
  const byAddress = steps.some((step) => selectorsOf(step).some(({ prefixes }) => prefixes !== undefined))
  const isMeasured = readsLatency(policy)
  const places = endpoints.map((endpoint) => {
    const { a, aaaa, hostname, url, checks, ...rest } = endpoint
    return {
      ...rest,
      addresses: byAddress ? [a, aaaa] : [a.length > 0, aaaa.length > 0],
      // Without a site it is by its address that measurements know it.
      target: isMeasured ? targetKeyOf(endpoint) : null,
    }
  })
  const rules = steps.map(({ at, because, ...rest }) => rest)
  const full = endpoints.map((_, index) => facts.endpoints[index] ?? NO_FACTS)
  // Who overrode it, and why, is told by traces alone, and the plans of a map have none.
  const overrides = full.map(({ override }) => override?.state ?? null)
  const read = steps.map((step) => readByStep(step, policy, { ...facts, endpoints: full }, nowMs))
  return JSON.stringify([ttlSeconds, places, rules, onAllDown, overrides, read], written)
}

/** Whether estimates of round-trip times are read. */
export const readsLatency = ({ steps }: Policy): boolean => steps.some(({ kind }) => kind === 'fastest')

/** What a step makes of the facts, where that is less than they say. */
function readByStep(step: Step, { endpoints }: Policy, facts: PolicyFacts, nowMs: number): unknown {
  switch (step.kind) {
    case 'up':
      return [
        facts.endpoints.map((known) => readByUp(step, known, nowMs)),
        step.failover.to === 'headroom' && !areAllThere(step, facts, nowMs)
          ? weightsOf(endpoints, facts, step.failover.metric)
          : null,
        facts.unreachable
          .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
          .map(({ endpoint, network }) => [endpoint, 'asn' in network ? network.asn : formatPrefix(network.prefix)]),
      ]
    case 'shed':
      return facts.endpoints.map((known) => shedSixteenths(step, step.index, known))
    case 'spread':
      return step.by === 'headroom' ? weightsOf(endpoints, facts, step.metric) : null
    case 'keep':
    case 'drop':
    case 'geofence':
    case 'prefer':
    case 'nearest':
    case 'fastest':
    case 'take':
      return null
  }
}

function readByUp(step: Extract<Step, { kind: 'up' }>, facts: EndpointFacts, nowMs: number) {
  const { health, ipv4UpShare, ipv6UpShare, returnedAtMs } = facts
  const isReturning = returnedAtMs !== null && isSlowlyStarting(returnedAtMs, step.slowStartSeconds, nowMs)
  return [
    // What is not known counts as up.
    health === 'unknown' || (health === 'degraded' && step.degraded === 'keep') ? 'up' : health,
    ipv4UpShare < step.threshold.ipv4,
    ipv6UpShare < step.threshold.ipv6,
    isReturning ? slowStartFrom(returnedAtMs) : null,
  ]
}

/** Then nobody's clients are dealt anew, and no plan goes by headroom. */
const areAllThere = (step: Extract<Step, { kind: 'up' }>, { endpoints }: PolicyFacts, nowMs: number): boolean =>
  step.minHealthy === null &&
  endpoints.every((known) => {
    const [health, tooFew4, tooFew6, returning] = readByUp(step, known, nowMs)
    return health === 'up' && !tooFew4 && !tooFew6 && returning === null && known.override === null
  })

const weightsOf = (endpoints: Policy['endpoints'], facts: PolicyFacts, metric: string) => [
  ...(headroomOf(endpoints, facts.endpoints, metric) ?? []),
]

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
