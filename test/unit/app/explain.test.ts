import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ExplainedClient, explain, parseClient } from '../../../src/app/explain.ts'
import { splitNetwork } from '../../../src/app/explain-network.ts'
import { formatPrefix } from '../../../src/domain/address.ts'
import type { Policy } from '../../../src/domain/policy.ts'
import { type CompactStep, makeFacts, makePolicy } from '../../helpers/engine.ts'
import { fakeGeo } from '../../helpers/geo.ts'

const GEO = fakeGeo([
  { cidr: '81.0.0.0/9', country: 'DE', lat: 50.1, lon: 8.7, asn: 1 },
  { cidr: '81.2.0.0/18', country: 'US', lat: 39, lon: -77.5, asn: 2 },
  { cidr: '2001:470::/32', country: 'DE', lat: 50.1, lon: 8.7 },
])

const steered = (...steer: CompactStep[]): Policy =>
  makePolicy({ endpoints: { virginia: { site: 'iad' }, frankfurt: { site: 'fra' } }, steer })

const NEAREST = steered('up', 'nearest', { take: 1 })
const OWN_NETWORK = steered({ keep: { id: 'virginia' }, when: { cidr: '81.2.64.0/20' } }, 'nearest', { take: 1 })
const OWN_ASN = steered({ keep: { id: 'frankfurt' }, when: { asn: 2 } }, { take: 1 })
const ANYBODY = steered({ take: 1 })
const CANARY = steered({ drop: { id: 'virginia' }, when: { percent: 50 } }, { take: 1 })
const DEALT = steered({ spread: { by: 'equal', sticky: 'network' } }, { take: 1 })
const DICED = steered({ spread: { by: 'equal', sticky: 'none' } }, { take: 1 })
const DICED_CANARY = steered(
  { drop: { id: 'virginia' }, when: { percent: 50 } },
  { spread: { by: 'equal', sticky: 'none' } },
  { take: 1 },
)
const BY_PATH = steered({ spread: { by: 'equal', sticky: 'path' } }, { take: 1 })

const question = (policy: Policy) => ({ policy, facts: makeFacts(policy), nowMs: 0 })

function clientOf(text: string, path: string | null): ExplainedClient {
  const request =
    path === null ? null : { host: '', path, header: () => undefined, cookie: () => undefined, tenant: null }
  const who = parseClient(text, GEO, path === null ? 'dns' : 'redirect', request)
  if (typeof who === 'string') throw new Error(who)
  return who
}

const SPLITS: readonly (readonly [
  name: string,
  policy: Policy,
  text: string,
  parts: readonly (readonly [share: number, first: string, example: string])[],
  uniformIn: string | null,
])[] = [
  [
    'two places',
    NEAREST,
    '81.2.0.0/16',
    [
      [0.75, 'frankfurt', '81.2.128.0/17'],
      [0.25, 'virginia', '81.2.0.0/18'],
    ],
    null,
  ],
  ['one place, as far as it reaches', NEAREST, '81.2.130.0/24', [[1, 'frankfurt', '81.2.130.0/24']], '81.2.128.0/17'],
  ['an address', NEAREST, '81.2.0.1', [[1, 'virginia', '81.2.0.1/32']], '81.2.0.0/18'],
  ['IPv6', NEAREST, '2001:470:1::/48', [[1, 'frankfurt', '2001:470:1::/48']], '2001:470::/32'],
  [
    'a network that the policy names',
    OWN_NETWORK,
    '81.2.64.0/18',
    [
      [0.75, 'frankfurt', '81.2.96.0/19'],
      [0.25, 'virginia', '81.2.64.0/20'],
    ],
    null,
  ],
  [
    'an ASN that the policy names',
    OWN_ASN,
    '81.2.0.0/17',
    [
      [0.5, 'frankfurt', '81.2.0.0/18'],
      [0.5, 'virginia', '81.2.64.0/18'],
    ],
    null,
  ],
  ['nothing is read of the client', ANYBODY, '81.2.0.0/16', [[1, 'virginia', '81.2.128.0/17']], '0.0.0.0/0'],
]

for (const [name, policy, text, parts, uniformIn] of SPLITS) {
  test(`explain a network: ${name}`, () => {
    const split = splitNetwork(question(policy), clientOf(text, null), GEO)
    const found = split?.parts.map(({ share, answers, example }) => {
      const { network } = example.client
      if (network === null) throw new Error('an example without a network')
      return [share, answers[0]?.endpoints[0], formatPrefix({ ...network.address, length: network.prefixLength })]
    })
    const byShare = (a: readonly unknown[], b: readonly unknown[]) =>
      Number(b[0]) - Number(a[0]) || (String(a[1]) < String(b[1]) ? -1 : 1)
    assert.deepEqual(found?.sort(byShare), parts)
    assert.equal(split?.uniformIn == null ? null : formatPrefix(split.uniformIn), uniformIn)
  })
}

test('explain a country: there is no network to split', () => {
  assert.equal(splitNetwork(question(NEAREST), clientOf('DE', null), GEO), null)
})

const DRAWN: readonly (readonly [name: string, policy: Policy, text: string, path: string | null, own: number])[] = [
  ['percent, an address', CANARY, '81.2.0.1', null, 1],
  ['percent, a network as wide as the draw', CANARY, '81.2.0.0/24', null, 1],
  ['percent, a wider network', CANARY, '81.2.0.0/23', null, 2],
  ['percent, a country', CANARY, 'DE', null, 2],
  ['sticky network, an address', DEALT, '81.2.0.1', null, 1],
  ['sticky network, IPv6 /56', DEALT, '2001:470::/56', null, 1],
  ['sticky network, IPv6 /48', DEALT, '2001:470::/48', null, 2],
  ['a die', DICED, '81.2.0.1', null, 2],
  ['sticky path in a request, a country', BY_PATH, 'DE', '/a', 1],
  ['sticky path in DNS, an address', BY_PATH, '81.2.0.1', null, 1],
  ['sticky path in DNS, a country', BY_PATH, 'DE', null, 2],
]

for (const [name, policy, text, path, own] of DRAWN) {
  test(`explain: how many answers one client may get: ${name}`, () => {
    const explanation = explain(question(policy), clientOf(text, path))
    assert.equal(explanation.answers.length, 2)
    assert.equal(explanation.own.length, own)
    assert.equal(explanation.drawn === null, own > 1)
    const total = explanation.own.reduce((sum, { share }) => sum + share, 0)
    assert.ok(Math.abs(total - 1) < 1e-9)
  })
}

test('explain: behind a percent a die may be left, and then only on the side of those who are not in it', () => {
  const sides = new Set<number>()
  for (let third = 0; third < 32; third++) {
    const { own, canaryDraw, drawn } = explain(question(DICED_CANARY), clientOf(`81.2.${third}.1`, null))
    assert.ok(canaryDraw !== null)
    assert.deepEqual(own.length, canaryDraw < 32_768 ? 1 : 2)
    assert.deepEqual(drawn, canaryDraw < 32_768 ? ['frankfurt'] : null)
    sides.add(own.length)
  }
  assert.deepEqual([...sides].sort(), [1, 2])
})
