import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPassiveRtts } from '../../../src/app/passive-rtts.ts'
import type { Endpoint } from '../../../src/domain/endpoint.ts'
import { createEstimator, type ReportSample, type Verdict } from '../../../src/latency/estimator.ts'
import type { NetworkRtt } from '../../../src/ports/heartbeat-sink.ts'
import { prefix } from '../../helpers/compact-policy.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { MINUTE_MS, networkNumbered } from '../../helpers/latency.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const GEO = fakeGeo([
  { cidr: '20.0.0.0/8', country: 'DE', lat: 50.11, lon: 8.68, asn: 64501 },
  { cidr: '30.0.0.0/8', country: 'US', lat: 39.04, lon: -77.49, asn: 64502 },
])
const SNAPSHOT = makeSnapshot({
  documents: {
    'sites.yaml': `
sites:
  fra: { lat: 50.11, lon: 8.68, country: DE }
  lhr: { lat: 51.51, lon: -0.13, country: GB }
`,
    'api.yaml': `
service: api
names: { discovery: api }
ttl: 30s
endpoints: { fra: { site: fra, a: [192.0.2.1] }, lhr: { site: lhr, a: [192.0.2.2] } }
steer: [up, fastest]
`,
  },
  geo: GEO,
})
const ENDPOINTS = SNAPSHOT.services.get('api')!.policy.endpoints as readonly [Endpoint, Endpoint]

function fixture() {
  const estimator = createEstimator()
  const samples: ReportSample[] = []
  const verdicts: Record<string, number> = {}
  const count = (what: string, by: number): void => {
    verdicts[what] = (verdicts[what] ?? 0) + by
  }
  const rtts = createPassiveRtts({
    current: () => SNAPSHOT,
    latency: {
      addPassive(sample): Verdict {
        samples.push(sample)
        const verdict = estimator.addReport(sample)
        count(verdict, 1)
        return verdict
      },
      passedOver: count,
    },
  })
  const take = (told: Readonly<Record<string, number>>, { endpoint = 'fra', atMs = 0, service = 'api' } = {}) => {
    const rows = Object.entries(told).map(([text, rttMs]): NetworkRtt => ({ network: prefix(text), rttMs }))
    const beat = { service, endpoint, checks: ['push'], status: 'up', load: {} } as const
    rtts.take({ ...beat, rtts: rows, atMs: TEST_NOW_MS + atMs })
  }
  /** Published estimates of both, ms, once a view has come. */
  const estimated = (network: string, atMs: number) => {
    const view = estimator.view(TEST_NOW_MS + atMs)
    const address = prefix(network)
    const { locationId } = GEO.locate(address)
    const location = { ...GEO.locations[locationId]!, asn: GEO.asnOf(address) }
    const client = { location, network: { address, prefixLength: 24 } }
    return ENDPOINTS.map((endpoint) => view.estimate(endpoint, client)!)
  }
  return { samples, verdicts, take, estimated }
}

test('a round trip is a sample about the endpoint that told it, placed by the geo database', () => {
  const { samples, take } = fixture()
  take({ '20.1.2.0/24': 23.5, '2a02:8010:6000::/48': 40 })
  const told = samples.map(({ endpoint, asn, family, location, rttMs, atMs }) => [
    ...[endpoint.id, asn, family, location.country, rttMs, atMs - TEST_NOW_MS],
  ])
  assert.deepEqual(told, [
    ['fra', 64501, 4, 'DE', 23.5, 0],
    ['fra', null, 6, null, 40, 0],
  ])
})

const many = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [networkNumbered(i), 30]))

const verdicts: readonly (readonly [name: string, told: Record<string, number>, verdicts: Record<string, number>])[] = [
  ['its neighbours', { '10.0.0.0/24': 1.2, '127.0.0.0/24': 1, 'fe80::/48': 2 }, { notGlobal: 3 }],
  ['a private address within another', { '2002:a00:1::/48': 20, '64:ff9b::/48': 20 }, { notGlobal: 1, taken: 1 }],
  ['too fast, too slow', { '20.1.2.0/24': 0.4, '20.1.3.0/24': 3_001 }, { outOfRange: 2 }],
  ['too wide', { '20.1.0.0/16': 20, '::/0': 20 }, { wideNetwork: 2 }],
  ['many', many(256), { taken: 256 }],
]
for (const [name, told, expected] of verdicts) {
  test(`what is taken: ${name}`, () => {
    const { verdicts, take } = fixture()
    take(told)
    assert.deepEqual(verdicts, expected)
  })
}

test('nothing is faster than light, not even to London', () => {
  const { verdicts, take } = fixture()
  take({ '20.1.2.0/24': 2 }, { endpoint: 'lhr' })
  assert.deepEqual(verdicts, { fasterThanLight: 1 })
})

test('what is gone from the policies is passed over', () => {
  const { verdicts, take } = fixture()
  take({ '20.1.2.0/24': 20 }, { endpoint: 'gone' })
  take({ '20.1.2.0/24': 20 }, { service: 'gone' })
  take({})
  assert.deepEqual(verdicts, {})
})

test('an endpoint is listened to every five seconds, and does not silence others', () => {
  const { verdicts, take } = fixture()
  for (const atMs of [0, 0, 4_999, 5_000, 9_999]) take({ '20.1.2.0/24': 20 }, { atMs })
  assert.deepEqual(verdicts, { taken: 2, tooOften: 3 })
  take({ '20.1.2.0/24': 20 }, { endpoint: 'lhr', atMs: 9_999 })
  assert.deepEqual(verdicts, { taken: 3, tooOften: 3 })
  // A clock that is set back.
  take({ '20.1.2.0/24': 20 }, { atMs: -3_600_000 })
  assert.deepEqual(verdicts, { taken: 4, tooOften: 3 })
})

test('a network counts twenty times in a bucket, however long its connections last', () => {
  const { verdicts, take } = fixture()
  for (let beat = 0; beat < 100; beat++) take({ '20.1.2.0/24': 20 }, { atMs: beat * 10_000 })
  assert.deepEqual(verdicts, { taken: 20, bucketFull: 80 })
})

test('what two endpoints see of one AS moves its clients, and nobody abroad', () => {
  const { take, estimated } = fixture()
  const before = estimated('20.9.9.0/24', 0)
  assert.deepEqual(
    before.map(({ source }) => source),
    ['distance', 'distance'],
  )
  assert.ok(before[0]!.rttMs < before[1]!.rttMs)
  const seen = (rttMs: number) => Object.fromEntries(Array.from({ length: 10 }, (_, i) => [networkNumbered(i), rttMs]))
  for (let beat = 0; beat < 10; beat++) {
    take(seen(90), { endpoint: 'fra', atMs: beat * 10_000 })
    take(seen(15), { endpoint: 'lhr', atMs: beat * 10_000 })
  }
  const [fra, lhr] = estimated('20.9.9.0/24', 2 * MINUTE_MS)
  assert.equal(fra?.source, 'asn')
  assert.equal(fra?.samples, 100)
  assert.ok(lhr!.rttMs < fra!.rttMs - 20, `${lhr?.rttMs} ${fra?.rttMs}`)
  assert.equal(estimated('30.9.9.0/24', 2 * MINUTE_MS)[0]?.source, 'distance')
})
