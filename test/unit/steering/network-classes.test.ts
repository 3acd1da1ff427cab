import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type IpAddress,
  parseAddress,
  parsePrefix,
  prefixCovers,
  specialPurposeOf,
} from '../../../src/domain/address.ts'
import type { LatencyView, NamedNetworks, Unreachable } from '../../../src/domain/facts.ts'
import { atOnce } from '../../../src/domain/turns.ts'
import { createPlanner } from '../../../src/engine/plan.ts'
import { distanceView } from '../../../src/latency/distance-view.ts'
import type { GeoLocator } from '../../../src/ports/geo-locator.ts'
import { classNumbered, classNumbers, classOf, networkClasses } from '../../../src/steering/network-classes.ts'
import { representative } from '../../../src/steering/steering-map.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const prefix = (text: string) => {
  const parsed = parsePrefix(text)
  assert.ok(parsed.ok, text)
  return parsed.prefix
}

const POINTS = [
  [39, -77, 'US'],
  [50, 8, 'DE'],
  [35, 139, 'JP'],
  [-23, -46, 'BR'],
] as const
/** Every /12 of a few /8s, places and ASNs crosswise, with some IPv6. */
const geo: GeoLocator = fakeGeo(
  Array.from({ length: 48 }, (_, i) => {
    const [lat, lon, country] = POINTS[i % 4]!
    const cidr = i < 32 ? `${20 + (i >> 4)}.${(i & 15) << 4}.0.0/12` : `2a00:${(i - 32).toString(16)}00::/24`
    return { cidr, country, lat, lon, ...(i % 5 === 0 ? {} : { asn: 64500 + (i % 7) }) }
  }),
)

/** An estimate for every network named, and for every ASN: those that are not named must make no difference. */
const viewOf = (named: NamedNetworks): LatencyView => ({
  networks: () => named,
  estimate(endpoint, client) {
    const prior = distanceView.estimate(endpoint, client)
    if (prior === null) return null
    const { asn } = client.location
    const own = client.network?.address.bytes[1] ?? 0
    const shift = ((asn ?? 0) * 37 + own * 11 + endpoint.index * 53) % 150
    return { ...prior, rttMs: prior.rttMs + shift, source: 'asn', samples: 9 }
  },
})

const documents = (steer: string) => ({
  'sites.yaml': `sites:
  iad: { lat: 39, lon: -77, country: US }
  fra: { lat: 50, lon: 8, country: DE }
  nrt: { lat: 35, lon: 139, country: JP }
`,
  'zone.yaml': 'zone: geo.example\nns: { ns1.geo.example: [192.0.2.53] }\n',
  'api.yaml': `service: api
names: { dns: [api.geo.example] }
endpoints:
  iad: { site: iad, a: [192.0.2.1] }
  fra: { site: fra, a: [192.0.2.2] }
  nrt: { site: nrt, a: [192.0.2.3] }
steer: ${steer}
`,
})

const STEER = '[up, { keep: { id: fra }, when: { cidr: [20.0.0.0/10, 2a00:100::/26], asn: [64501, 64503] } }, fastest]'

const network = fc.oneof(
  fc
    .tuple(fc.constantFrom(20, 21, 22), fc.nat(255), fc.constantFrom(9, 12, 16, 24))
    .map(([a, b, length]) => `${a}.${b}.0.0/${length}`),
  fc.tuple(fc.nat(20), fc.constantFrom(24, 32, 48)).map(([a, length]) => `2a00:${a.toString(16)}00::/${length}`),
)
const networkPrefix = network.map((text) => {
  const parsed = parsePrefix(text)
  return parsed.ok ? parsed.prefix : prefix('suggestion' in parsed ? parsed.suggestion : '20.0.0.0/8')
})
const address: fc.Arbitrary<IpAddress> = fc.oneof(
  fc
    .tuple(fc.constantFrom(20, 21, 22), fc.nat(255), fc.nat(255), fc.nat(255))
    .map((bytes): IpAddress => ({ family: 4, bytes: Uint8Array.from(bytes) })),
  fc
    .tuple(fc.nat(22), fc.nat(255), fc.nat(255))
    .map(([a, b, c]): IpAddress => parseAddress(`2a00:${a.toString(16)}${b.toString(16).padStart(2, '0')}:${c}::1`)!),
)

test('whatever is named, every address gets the plan of the longest named prefix around it, its ASN and its place', () => {
  const asns = fc.uniqueArray(fc.integer({ min: 64500, max: 64508 }), { maxLength: 5 })
  const reports = fc.array(fc.tuple(fc.nat(2), fc.oneof(networkPrefix, fc.integer({ min: 64500, max: 64506 }))), {
    maxLength: 4,
  })
  const prefixes = fc.array(networkPrefix, { maxLength: 8 })
  fc.assert(
    fc.property(asns, prefixes, reports, fc.array(address, { minLength: 12, maxLength: 12 }), (...drawn) => {
      const [named, namedPrefixes, drawnReports, asked] = drawn
      const unreachable = drawnReports.map(
        ([endpoint, at]): Unreachable => ({
          endpoint,
          network: typeof at === 'number' ? { asn: at } : { prefix: at },
          expiresAtMs: TEST_NOW_MS + 1000,
        }),
      )
      const latency = viewOf({ asns: named, prefixes: namedPrefixes })
      const snapshot = makeSnapshot({
        documents: documents(STEER),
        geo,
        sources: { latency, unreachable: new Map([['api', unreachable]]) },
      })
      const service = snapshot.services.get('api')
      assert.ok(service)
      const { policy, facts, map } = service
      const planner = createPlanner(policy, facts, TEST_NOW_MS)
      const allPrefixes = [
        ...namedPrefixes,
        prefix('20.0.0.0/10'),
        prefix('2a00:100::/26'),
        ...unreachable.flatMap((it) => ('prefix' in it.network ? [it.network.prefix] : [])),
      ]
      const allAsns = [
        ...named,
        64501,
        64503,
        ...unreachable.flatMap((it) => ('asn' in it.network ? [it.network.asn] : [])),
      ]
      for (const who of asked) {
        if (specialPurposeOf(who) !== null) continue
        const around = allPrefixes.filter((it) => prefixCovers(it, who)).sort((a, b) => b.length - a.length)
        const asn = geo.asnOf(who)
        const client = representative(geo.locations[geo.locate(who).locationId]!, {
          prefix: around[0] ?? null,
          asn: allAsns.includes(asn) ? asn : null,
        })
        const expected = planner.plan(client)
        const found = map.lookUp(who)
        assert.deepEqual(found.plan.lists, expected.lists)
        assert.deepEqual(found.plan.root, expected.root)
        const classId = classOf(map.networks, who)
        assert.equal(map.planAt(classId, geo.locate(who).locationId), found.plan)
      }
    }),
    { numRuns: 60 },
  )
})

const policyOf = (steer: string) => makeSnapshot({ documents: documents(steer), geo }).set.policies[0]!
const factsWith = (named: NamedNetworks, unreachable: readonly Unreachable[] = []) => ({
  endpoints: [],
  latency: viewOf(named),
  unreachable,
})
const NAMED: NamedNetworks = { asns: [64502], prefixes: [prefix('21.1.0.0/16')] }
const REPORTED: Unreachable[] = [{ endpoint: 0, network: { asn: 64504 }, expiresAtMs: TEST_NOW_MS }]

for (const [what, steer, facts, classes] of [
  ['nothing named, nothing told apart', '[nearest]', factsWith({ asns: [], prefixes: [] }), 1],
  ['measurements that no step reads', '[nearest]', factsWith(NAMED), 1],
  ['measurements: the ASN, and in it the network', '[fastest]', factsWith(NAMED), 3],
  ['reports that no step reads', '[nearest]', factsWith(NAMED, REPORTED), 1],
  ['reports', '[up]', factsWith(NAMED, REPORTED), 2],
  ['an ASN that nobody announces', '[fastest]', factsWith({ asns: [65000], prefixes: [] }), 1],
] as const) {
  test(`classes: ${what}`, () => {
    assert.equal(atOnce(networkClasses(policyOf(steer), facts, geo)).classes.length, classes)
  })
}

test('only pairs of a class and a location that occur are planned', () => {
  const facts = factsWith({ asns: [64501, 64502], prefixes: [prefix('20.16.5.0/24'), prefix('9.9.9.0/24')] })
  const { classes, pairs } = atOnce(networkClasses(policyOf('[fastest]'), facts, geo))
  const occurring = new Set([...pairs.keys()].map((cell) => cell % geo.locations.length))
  assert.ok(pairs.size < (classes.length - 1) * geo.locations.length)
  assert.ok(occurring.has(0), '9.9.9.0/24 is nowhere')
})

test('equal names are split once, and what is known of the class before goes with the last map that uses it', () => {
  const cache = new Map()
  const policy = policyOf('[fastest]')
  const first = atOnce(networkClasses(policy, factsWith(NAMED), geo, cache))
  assert.equal(atOnce(networkClasses(policy, factsWith({ ...NAMED }), geo, cache)), first)
  const before = makeSnapshot({ documents: documents('[fastest]'), geo, sources: { latency: viewOf(NAMED) } })
  assert.equal(before.classes.size, 1)
  const options = { documents: documents('[nearest]'), geo }
  let after = before
  for (let i = 0; i < 6; i++) {
    const text = options.documents['api.yaml'].replace('endpoints:', `ttl: ${20 + i}s\nendpoints:`)
    after = makeSnapshot({ ...options, documents: { ...options.documents, 'api.yaml': text }, previous: after })
  }
  assert.equal(after.classes.size, 0)
})

test('class numbers are read back by the policy alone, and say nothing of networks that only facts name', () => {
  const policy = policyOf(STEER)
  const facts = factsWith({ asns: [64502], prefixes: [prefix('20.16.5.0/24'), prefix('21.7.7.0/24')] })
  const networks = atOnce(networkClasses(policy, facts, geo))
  const numbers = classNumbers(policy, networks)
  const own = [prefix('20.0.0.0/10'), prefix('2a00:100::/26')]
  networks.classes.forEach(({ prefix: named, asn }, classId) => {
    const around = named === null ? null : (own.find((it) => prefixCovers(it, named)) ?? null)
    assert.deepEqual(classNumbered(policy, numbers[classId]!), { prefix: around, asn })
  })
  assert.equal(numbers[0], 0)
  assert.equal(classNumbered(policy, Number.MAX_SAFE_INTEGER), null)
})
