import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { createResponder } from '../../src/dns/respond.ts'
import { formatAddress, type IpAddress, parsePrefix } from '../../src/domain/address.ts'
import { type MonitoredFacts, NO_FACTS } from '../../src/domain/facts.ts'
import { DEPENDS } from '../../src/domain/plan.ts'
import { plan } from '../../src/engine/plan.ts'
import { listFor, slotFor } from '../../src/engine/slots.ts'
import { createDecisionTokens, KEY_OCTETS, NODE_OCTETS } from '../../src/http/decision-token.ts'
import { createDiscovery } from '../../src/http/discovery/discovery.ts'
import { createRedirect } from '../../src/http/redirect/redirect.ts'
import { decide } from '../../src/steering/decide.ts'
import type { SteeredService } from '../../src/steering/snapshot.ts'
import { composeQuery, describeMessage } from '../helpers/dns-message.ts'
import { type FakeGeoRow, fakeGeo } from '../helpers/geo.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../helpers/snapshot.ts'

/** One truth (design promise): same client, same snapshot: the same answer by DNS, by redirect, by JSON and from the engine. */

const SAMPLES = new URL('../../policies/', import.meta.url)
const samples = Object.fromEntries(
  readdirSync(SAMPLES).map((name) => [name, readFileSync(new URL(name, SAMPLES), 'utf8')]),
)

/** Steps that the samples leave out, on six endpoints that every front end can say. */
const CHAINS: Readonly<Record<string, string>> = {
  dice: '[up, { spread: { by: equal } }]',
  weights: '[up, nearest: { within: 4000km }, spread: { by: weight, sticky: network }]',
  canaries:
    "[{ prefer: [{ id: e1 }, { id: e2 }], when: { percent: 30 } }, { keep: { id: 'e[3-6]' } }, { spread: { by: equal, sticky: network } }]",
  trickle: '[up, { prefer: { tiers: [{ tag: odd }, { tag: even }], trickle: 20% } }, nearest]',
  networks: "[{ keep: { id: e5 }, when: { cidr: [20.0.0.0/8, '2a00::/16'] }, hard: true }, nearest, take: 1]",
  asns: '[{ prefer: [{ id: e4 }, { tag: odd }], when: { asn: [64500, 64502] } }, fastest, take: 3]',
  measured: '[up, fastest: { explore: 30% }, take: 3]',
  countries: '[{ drop: { country: US }, when: { not: { continent: NA } }, hard: true }, geofence, nearest]',
  nobody: '[{ keep: { id: e1 }, hard: true }, { drop: { id: e1 }, hard: true, when: { country: [DE, BR] } }]',
}
const chain = (name: string, steer: string): string => `
service: ${name}
names: { dns: [${name}.geo.example], http: [${name}.example] }
endpoints:
${['iad', 'sjc', 'fra', 'nrt', 'gru', 'syd'].map((site, i) => `  e${i + 1}: { site: ${site}, a: [192.0.2.${100 + i}], url: 'https://e${i + 1}.example', weight: ${i + 1}, tags: [${i % 2 === 0 ? 'odd' : 'even'}] }`).join('\n')}
steer: ${steer.replace('e[3-6]', 'e*')}
`
const chains = Object.fromEntries(Object.entries(CHAINS).map(([name, steer]) => [`${name}.yaml`, chain(name, steer)]))

const PLACES = [
  ['US', 39, -77],
  ['US', 37, -122],
  ['DE', 50, 8],
  ['BR', -23, -46],
  ['JP', 35, 139],
  ['AU', -33, 151],
  ['ZA', -26, 28],
  ['FJ', -17, 179.4],
] as const
const rows: FakeGeoRow[] = PLACES.flatMap(([country, lat, lon], i) => [
  { cidr: `${20 + i}.0.0.0/8`, country, lat, lon, asn: 64500 + (i % 4) },
  { cidr: `${20 + i}.128.0.0/9`, country, lat, lon },
  { cidr: `2a0${i}::/16`, country, lat, lon, asn: 64500 + (i % 4) },
])

const snapshot = makeSnapshot({
  documents: { ...samples, ...chains },
  geo: fakeGeo(rows),
  overrides: [override('weights/e3', 'down'), override('api/tokyo', 'drain')],
  sources: {
    health: new Map([
      [
        'measured',
        new Map<string, MonitoredFacts>([
          ['e1', { ...NO_FACTS, health: 'up', nextChangeMs: TEST_NOW_MS + 9000 }],
          ['e4', { ...NO_FACTS, health: 'down' }],
          ['e5', { ...NO_FACTS, health: 'up', returnedAtMs: TEST_NOW_MS - 9000 }],
        ]),
      ],
    ]),
    // Every client has an estimate of its own; two ASNs and a network are told apart by it.
    latency: {
      networks: () => ({
        asns: [64501, 64503],
        prefixes: [{ family: 4, bytes: Uint8Array.of(22, 64, 0, 0), length: 10 }],
      }),
      estimate: ({ index }, { location, network }) => {
        const own = (location.asn ?? 0) + (network?.address.bytes[1] ?? 0)
        return {
          rttMs: 30 + ((index * 31 + own * 13 + (location.point?.lat ?? 0)) % 70),
          sdMs: 3,
          source: 'asn',
          samples: 9,
        }
      },
    },
    unreachable: new Map([['measured', [{ endpoint: 1, network: { asn: 64502 }, expiresAtMs: TEST_NOW_MS + 1000 }]]]),
  },
})
const THROW = 0x9e3779b9
const dice = () => THROW
const nowMs = () => TEST_NOW_MS
const loopback = parsePrefix('127.0.0.0/8')
assert.ok(loopback.ok)
const tokens = createDecisionTokens(new Uint8Array(KEY_OCTETS), new Uint8Array(NODE_OCTETS))
const deps = { current: () => snapshot, nowMs, dice, tokens, trustedProxies: [loopback.prefix] }
const redirect = createRedirect(deps)
const discovery = createDiscovery({ ...deps, version: 'test', reports: null, heartbeats: { sink: { take: () => {} } } })
const respond = createResponder({
  ...deps,
  debug: [],
  nodeId: 'test',
  findAliasAddresses: () => null,
  onFailure: (error) => assert.fail(error as Error),
})
test.after(() => Promise.all([redirect.close(), discovery.close()]))

/** What differs between front ends by what they can see is not for this test. */
const REQUEST = DEPENDS.frontEnd | DEPENDS.tenant | DEPENDS.header | DEPENDS.cookie | DEPENDS.path | DEPENDS.host
const services = [...snapshot.services.values()].filter(
  ({ policy, map }) =>
    policy.names.dns.length > 0 &&
    policy.names.http.length > 0 &&
    map.plans.every(({ dependsOn }) => (dependsOn & REQUEST) === 0),
)

async function answersOf(service: SteeredService, address: IpAddress) {
  const { policy } = service
  const bits = address.family === 4 ? 32 : 128
  const asker = { address, prefixLength: bits, source: 'peer', request: null } as const
  const decided = decide(snapshot, service, { ...asker, frontEnd: 'dns' }, TEST_NOW_MS, dice)
  const traced = plan(policy, decided.planned, decided.facts, TEST_NOW_MS)
  const engine = listFor(traced, slotFor(traced, policy.service, decided.client, dice))
  const host = policy.names.http.find((name) => !name.startsWith('*.')) ?? ''
  const headers = { host, 'x-forwarded-for': formatAddress(address) }
  const redirected = await redirect.inject({ method: 'GET', url: '/', headers })
  const found = await discovery.inject({ method: 'GET', url: `/v1/services/${policy.names.discovery}`, headers })
  const name = policy.names.dns.find((it) => !it.startsWith('*.')) ?? ''
  const out = new Uint8Array(1232)
  const { bytes } = composeQuery(`${name} A`)
  const written = respond(bytes, bytes.length, { address, transport: 'udp' }, out)
  return {
    decided,
    engine: engine.map((index) => policy.endpoints[index]),
    redirected,
    found,
    dns: describeMessage(out.subarray(0, written)),
  }
}

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const address: fc.Arbitrary<IpAddress> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 18, max: 29 }), octets(3))
    .map(([first, rest]) => ({ family: 4 as const, bytes: Uint8Array.from([first, ...rest]) })),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), octets(14))
    .map(([second, rest]) => ({ family: 6 as const, bytes: Uint8Array.from([0x2a, second, ...rest]) })),
)

test('there is something to compare', () => {
  assert.ok(services.length >= 10, services.map(({ policy }) => policy.service).join(' '))
})

for (const service of services) {
  test(`one truth: ${service.policy.service}`, async () => {
    await fc.assert(
      fc.asyncProperty(address, async (who) => {
        const { decided, engine, redirected, found, dns } = await answersOf(service, who)
        const ids = decided.endpoints.map(({ id }) => id)
        assert.deepEqual(
          engine.map((endpoint) => endpoint?.id),
          ids,
          'engine',
        )
        if (ids.length === 0 && decided.plan.target === null) {
          assert.deepEqual([redirected.statusCode, found.statusCode, dns.answer], [403, 403, []])
          return
        }
        const body = found.json<{ endpoint: string; alternatives: { endpoint: string }[] }>()
        assert.deepEqual([body.endpoint, ...body.alternatives.map(({ endpoint }) => endpoint)], ids, 'discovery')
        assert.equal(redirected.headers['nearcast-endpoint'], ids[0], 'redirect')
        const first = decided.endpoints[0]
        if (first !== undefined && first.a.length > 0) {
          const [line = ''] = dns.answer
          assert.equal(
            line.split(' ').at(-1),
            first.a.map((it) => formatAddress(it)).find((text) => line.endsWith(` ${text}`)),
            'dns',
          )
        }
      }),
      { numRuns: 150, seed: 7 },
    )
  })
}
