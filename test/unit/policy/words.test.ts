import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../../src/domain/address.ts'
import type { Override } from '../../../src/domain/facts.ts'
import type { Reason } from '../../../src/domain/plan.ts'
import type { Condition, Policy, Selector, Step, StepAction } from '../../../src/domain/policy.ts'
import {
  describeCondition,
  describeEffect,
  describeReason,
  describeSelector,
  describeStep,
} from '../../../src/policy/words.ts'

const AT = { file: 'api.yaml', line: 1, column: 1 }
const stepOf = (action: StepAction, because: string | null = null, when: Condition | null = null): Step =>
  ({ index: 0, when, assume: null, because, at: AT, ...action }) as Step
const policyWith = (step: Step): Policy => ({ steps: [step], endpoints: [] }) as unknown as Policy

const KEEP_EU = stepOf({ kind: 'keep', match: { tags: ['eu'] }, hard: true }, 'residency clause')
const DRAIN: Override = {
  target: 'api/virginia',
  state: 'drain',
  owner: 'anna',
  reason: 'maintenance',
  setAtMs: 0,
  expiresAtMs: Date.UTC(2026, 4, 1, 14),
}
const RTT = { rttMs: 81.4, sdMs: 3, source: 'distance', samples: 0 } as const

const cidr = parsePrefix('192.0.2.0/24')
assert.ok(cidr.ok)

const reasons: readonly (readonly [reason: Reason, words: string])[] = [
  [{ kind: 'disabled' }, 'disabled in the policy'],
  [{ kind: 'down', health: 'down' }, 'down'],
  [{ kind: 'draining', override: DRAIN }, 'drained by anna until 2026-05-01 14:00 UTC (maintenance)'],
  [{ kind: 'overridden', override: { ...DRAIN, state: 'down', expiresAtMs: null, reason: '' } }, 'set down by anna'],
  [
    { kind: 'belowThreshold', family: 6, upShare: 0.25, threshold: 0.5 },
    '25% of its IPv6 addresses are up, 50% are needed',
  ],
  [{ kind: 'groupTooSmall', group: 'fra', healthy: 1, minimum: 2 }, 'its group fra has 1 healthy, 2 are needed'],
  [{ kind: 'notKept', hard: true }, 'outside the hard fence `keep tag eu`: residency clause'],
  [{ kind: 'notKept', hard: false }, 'behind those in `keep tag eu`: residency clause'],
  [{ kind: 'outsideServes', hard: true }, 'does not serve this client (hard fence)'],
  [{ kind: 'outsideServes', hard: false }, 'does not serve this client, behind those that do'],
  [{ kind: 'servesEverybody' }, 'serves everybody, behind those made for this client'],
  [{ kind: 'lowerTier', tier: 1 }, 'in tier 2, behind a tier that has survivors'],
  [{ kind: 'farther', distanceKm: 6210.4, effectiveKm: 6210.4 }, '6,210 km away, behind the nearest'],
  [{ kind: 'farther', distanceKm: 150, effectiveKm: 75 }, '150 km away, counted as 75 km, behind the nearest'],
  [{ kind: 'farther', distanceKm: null, effectiveKm: null }, 'distance unknown, behind those with a place'],
  [{ kind: 'slower', estimate: RTT }, 'about 81 ms ± 3 away (by distance), behind the fastest'],
  [
    { kind: 'slower', estimate: { rttMs: 2.34, sdMs: 0.6, source: 'asn', samples: 1200 } },
    'about 2.3 ms ± 1 away (measured in its AS, 1200 samples), behind the fastest',
  ],
  [
    { kind: 'behindExplored', percent: 0.5 },
    'the fastest; 0.5% of the clients try the second fastest, so that it is measured, too',
  ],
  [{ kind: 'slower', estimate: null }, 'round-trip time unknown, behind those with an estimate'],
  [{ kind: 'shed', metric: 'load', value: 0.8, percent: 40 }, 'load is 0.8: 40% of its clients are sent elsewhere'],
  [{ kind: 'degraded' }, 'degraded: its checks pass, but slowly or with warnings'],
  [{ kind: 'returning', percent: 31.25 }, 'back for a short while: takes 31.3% of its clients so far'],
  [{ kind: 'unreachable', network: { asn: 64500 } }, 'clients of AS64500 report that they cannot reach it'],
  [
    { kind: 'unreachable', network: { prefix: cidr.prefix } },
    'clients of 192.0.2.0/24 report that they cannot reach it',
  ],
  [{ kind: 'standby' }, 'standby (weight 0): used when the others are gone'],
  [{ kind: 'notTaken', n: 2 }, 'beyond the 2 that are handed out'],
]

for (const [reason, words] of reasons) {
  test(`reason ${words}`, () => assert.equal(describeReason(reason, policyWith(KEEP_EU), 0), words))
}

test('a fence is named by its kind where no step is known', () => {
  assert.equal(describeReason({ kind: 'dropped', hard: true }, policyWith(KEEP_EU)), 'named by the hard fence `drop`')
})

const UP = {
  kind: 'up',
  threshold: { ipv4: 0.5, ipv6: 0.5 },
  minHealthy: null,
  degraded: 'keep',
  slowStartSeconds: 0,
  failover: { to: 'next' },
} as const

const steps: readonly (readonly [action: StepAction, words: string])[] = [
  [UP, 'up (threshold 50%)'],
  [
    { ...UP, threshold: { ipv4: 0.5, ipv6: 1 }, minHealthy: { per: 'site', n: 2 } },
    'up (threshold 50% of IPv4, 100% of IPv6, at least 2 per site)',
  ],
  [
    { ...UP, threshold: { ipv4: 1, ipv6: 1 }, minHealthy: { per: { tags: ['a', 'b'] }, n: 1 } },
    'up (threshold 100%, at least 1 per tag a or b)',
  ],
  [
    { ...UP, degraded: 'behind', slowStartSeconds: 30 },
    'up (threshold 50%, degraded ones behind, slow start over 30 s)',
  ],
  [
    { ...UP, degraded: 'drop', failover: { to: 'headroom', metric: 'rps' } },
    'up (threshold 50%, degraded ones dropped, failover by headroom of rps)',
  ],
  [{ kind: 'drop', match: { ids: ['us-*'] }, hard: false }, 'drop id us-*'],
  [{ kind: 'geofence', hard: true }, 'geofence'],
  [
    { kind: 'prefer', tiers: [{ tags: ['main'] }, { tags: ['backup'] }], tricklePercent: 5 },
    'prefer tag main, then tag backup, trickle 5%',
  ],
  [{ kind: 'nearest', within: null, foreignFactor: 1, bias: new Map() }, 'nearest'],
  [
    { kind: 'nearest', within: { km: 300 }, foreignFactor: 2, bias: new Map() },
    'nearest within 300 km, abroad counts 2x',
  ],
  [{ kind: 'nearest', within: { ratio: 1.2 }, foreignFactor: 1, bias: new Map() }, 'nearest within 1.2x'],
  [{ kind: 'fastest', withinMs: 0, explorePercent: 0 }, 'fastest'],
  [{ kind: 'fastest', withinMs: 10, explorePercent: 0.5 }, 'fastest within 10 ms, explore 0.5%'],
  [{ kind: 'shed', metric: 'load', low: 0.7, high: 0.95, percentPerMinute: 100 }, 'shed load from 0.7 to 0.95'],
  [
    { kind: 'shed', metric: 'load', low: 0.7, high: 0.95, percentPerMinute: 20 },
    'shed load from 0.7 to 0.95, at most 20% a minute',
  ],
  [{ kind: 'spread', by: 'weight', metric: 'load', sticky: { by: 'network' } }, 'spread by weight, sticky network'],
  [
    { kind: 'spread', by: 'equal', metric: 'load', sticky: { by: 'header', name: 'x-user' } },
    'spread by equal, sticky header x-user',
  ],
  [{ kind: 'spread', by: 'headroom', metric: 'rps', sticky: { by: 'none' } }, 'spread by headroom of rps, sticky none'],
  [{ kind: 'take', n: 2 }, 'take 2'],
]

for (const [action, words] of steps) {
  test(`step ${words}`, () => assert.equal(describeStep(stepOf(action)), words))
}

const selectors: readonly (readonly [selector: Selector, words: string])[] = [
  [{ tags: ['eu', 'us'], countries: ['DE'] }, 'tag eu or us and country DE'],
  [{ sites: ['fra'], asns: [64500], prefixes: [cidr.prefix] }, 'site fra and ASN 64500 and cidr 192.0.2.0/24'],
]

for (const [selector, words] of selectors) {
  test(`selector ${words}`, () => assert.equal(describeSelector(selector), words))
}

const conditions: readonly (readonly [condition: Condition, words: string])[] = [
  [
    {
      kind: 'all',
      of: [
        { kind: 'country', in: ['DE', 'FR'] },
        { kind: 'tenant', attribute: 'plan', in: ['enterprise'] },
      ],
    },
    'country DE or FR, and tenant.plan enterprise',
  ],
  [
    {
      kind: 'any',
      of: [
        { kind: 'asn', in: [64500] },
        { kind: 'cidr', in: [cidr.prefix] },
      ],
    },
    'any of (ASN 64500; cidr 192.0.2.0/24)',
  ],
  [{ kind: 'not', of: { kind: 'located', is: true } }, 'not (the client can be placed)'],
  [
    { kind: 'time', days: ['mon', 'tue'], fromMinute: 545, toMinute: 1440, timeZone: 'Europe/Berlin' },
    'mon tue 09:05–24:00 Europe/Berlin',
  ],
  [{ kind: 'header', name: 'x-beta', in: ['1'] }, 'header x-beta 1'],
  [{ kind: 'path', prefixes: ['/v2'] }, 'path /v2'],
  [{ kind: 'percent', percent: 10 }, '10% of the clients'],
  [{ kind: 'frontEnd', in: ['redirect', 'discovery'] }, 'front end redirect or discovery'],
]

for (const [condition, words] of conditions) {
  test(`condition ${words}`, () => assert.equal(describeCondition(condition), words))
}

test('a step that did nothing says why', () => {
  const when: Condition = { kind: 'header', name: 'x-beta', in: ['1'] }
  const step = stepOf({ kind: 'take', n: 1 }, null, when)
  assert.equal(describeEffect({ effect: 'skipped' }, step), 'skipped, its condition is false: header x-beta 1')
  assert.equal(
    describeEffect({ effect: 'unseen' }, step),
    'skipped, this front end cannot see its condition: header x-beta 1',
  )
  assert.equal(describeEffect({ effect: 'applied' }, step), 'applied')
})
