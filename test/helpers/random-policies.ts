/** Random policies, clients and failures. */

import fc from 'fast-check'
import { plan } from '../../src/engine/plan.ts'
import {
  type CompactClient,
  type CompactEndpoint,
  type CompactFacts,
  type CompactPolicy,
  type CompactStep,
  makeClient,
  makeFacts,
  makePolicy,
  SITES,
} from './engine.ts'

export const NOW = Date.parse('2026-01-15T12:00:00Z')

const TAGS = ['eu', 'us', 'main']
const COUNTRIES = ['US', 'DE', 'FR', 'JP', 'BR']

const endpoint: fc.Arbitrary<CompactEndpoint> = fc.record(
  {
    site: fc.constantFrom(...Object.keys(SITES)),
    tags: fc.subarray(TAGS),
    weight: fc.constantFrom(0, 1, 1, 2, 5),
    capacity: fc.constantFrom(10, 100),
    bias: fc.constantFrom(-99, -20, 0, 50, 99),
    enabled: fc.constantFrom(true, true, true, false),
    serves: fc.record({ country: fc.subarray(COUNTRIES) }),
    a: fc.constant(['192.0.2.1']),
  },
  { requiredKeys: [] },
)

const condition: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({ country: fc.subarray(COUNTRIES, { minLength: 1 }) }),
  fc.record({ percent: fc.constantFrom(1, 10, 50, 99) }),
  fc.record({ not: fc.record({ percent: fc.constantFrom(10, 30) }) }),
  fc.record({ header: fc.constant({ 'x-a': '1' }) }),
  fc.record({ any: fc.constant([{ percent: 20 }, { country: 'DE' }]) }),
  fc.record({ located: fc.boolean() }),
  fc.record({ cidr: fc.constant('198.51.0.0/16') }),
)

const selector = fc.oneof(
  fc.record({ tag: fc.subarray(TAGS, { minLength: 1 }) }),
  fc.record({ id: fc.constantFrom('e0', 'e1', 'e*', 'x') }),
)

const action: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.constantFrom(
    { up: {} },
    { up: { minHealthy: { per: 'site', n: 1 } } },
    { up: { degraded: 'behind', slowStart: 60 } },
    { up: { degraded: 'drop', slowStart: 16 } },
    { up: { failover: 'headroom' } },
    { up: { failover: 'headroom', degraded: 'behind', slowStart: 60, minHealthy: { per: 'site', n: 2 } } },
  ),
  fc.record({ keep: selector, hard: fc.boolean() }),
  fc.record({ drop: selector, hard: fc.boolean() }),
  fc.record({ geofence: fc.constant({}), hard: fc.boolean() }),
  fc.record({ prefer: fc.record({ tiers: fc.array(selector, { maxLength: 3 }), trickle: fc.constantFrom(0, 0, 5) }) }),
  fc.constantFrom(
    { nearest: {} },
    { nearest: { within: { km: 1000 } } },
    { nearest: { within: { ratio: 1.5 }, foreignFactor: 2 } },
  ),
  fc.constantFrom({ fastest: {} }, { fastest: { within: 10 } }),
  fc.constant({ shed: {} }),
  fc.constantFrom(
    { spread: {} },
    { spread: { sticky: 'network' } },
    { spread: { by: 'capacity' } },
    { spread: { by: 'headroom' } },
    { spread: { sticky: { header: 'x-u' } } },
  ),
  fc.record({ take: fc.constantFrom(1, 2, 3) }),
)

export const step: fc.Arbitrary<CompactStep> = fc
  .record({ action, when: fc.option(condition), assume: fc.option(fc.boolean()) })
  .map(({ action, when, assume }) => ({
    ...action,
    ...(when !== null && { when }),
    ...(assume !== null && { assume }),
  }))

export const policyArbitrary: fc.Arbitrary<CompactPolicy> = fc.record({
  endpoints: fc
    .array(endpoint, { maxLength: 7 })
    .map((all) => Object.fromEntries(all.map((each, i) => [`e${i}`, each]))),
  steer: fc.array(step, { maxLength: 8 }),
  onAllDown: fc.constantFrom('lastResort' as const, 'failClosed' as const, {
    static: { url: 'https://sorry.example' },
  }),
})

export const clientArbitrary: fc.Arbitrary<CompactClient> = fc.record(
  {
    at: fc.constantFrom(...Object.keys(SITES)),
    country: fc.constantFrom(...COUNTRIES),
    asn: fc.constantFrom(64_500, 64_501),
    network: fc.constantFrom('198.51.100.0/24', '203.0.113.7', '2001:db8::/56', '198.0.0.0/8'),
    request: fc.constantFrom({}, { headers: { 'x-a': '1', 'x-u': '9' } }),
  },
  { requiredKeys: [] },
)

export const factsArbitrary: fc.Arbitrary<Record<string, CompactFacts>> = fc.dictionary(
  fc.constantFrom('e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6'),
  fc.oneof(
    fc.constantFrom<CompactFacts>(
      'up',
      'down',
      'down',
      'degraded',
      'drain',
      { override: 'down' },
      { v4: 0.3 },
      { health: 'up', returnedAtMs: NOW - 20_000 },
      { health: 'degraded', returnedAtMs: NOW - 5000 },
      { unreachable: [64_500] },
      { unreachable: ['198.51.100.0/24'] },
    ),
    fc.constantFrom(0.75, 0.8, 0.85, 2, 60, 500).map((load) => ({ load: { load } })),
    fc.constantFrom(0.75, 60).map((load) => ({ health: 'down' as const, load: { load } })),
    fc.constantFrom(0, 5, 80).map((load) => ({ headroom: { load }, shedShare: { 1: 0.5 } })),
  ),
)

export const scene = fc.record({ compact: policyArbitrary, client: clientArbitrary, facts: factsArbitrary })

export function planOf({
  compact,
  client,
  facts,
}: {
  compact: CompactPolicy
  client: CompactClient
  facts: Record<string, CompactFacts>
}) {
  const policy = makePolicy(compact)
  const who = makeClient(client)
  return {
    policy,
    client: who,
    facts: makeFacts(policy, facts),
    plan: plan(policy, who, makeFacts(policy, facts), NOW),
  }
}
