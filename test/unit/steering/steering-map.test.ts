import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, type IpAddress, parseAddress, prefixOf } from '../../../src/domain/address.ts'
import { atOnce } from '../../../src/domain/turns.ts'
import { createPlanner, type Planner } from '../../../src/engine/plan.ts'
import { decide } from '../../../src/steering/decide.ts'
import type { Snapshot, SteeredService } from '../../../src/steering/snapshot.ts'
import { compileSteeringMap } from '../../../src/steering/steering-map.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const SITES = `
sites:
  east: { lat: 39, lon: -77, country: US }
  west: { lat: 37, lon: -122, country: US }
  fra: { lat: 50, lon: 8, country: DE }
`
const service = (name: string, steer: string): string => `
service: ${name}
names: { dns: [${name}.geo.example] }
endpoints:
  east: { site: east, a: [192.0.2.1] }
  west: { site: west, a: [192.0.2.2] }
  fra: { site: fra, a: [192.0.2.3] }
steer: ${steer}
`
const ZONE = 'zone: geo.example\nns: { ns1.geo.example: [192.0.2.53] }\n'

const geo = fakeGeo([
  { cidr: '20.0.0.0/8', country: 'US', lat: 39, lon: -77 },
  { cidr: '20.64.0.0/12', country: 'US', lat: 37, lon: -122 },
  { cidr: '21.0.0.0/8', country: 'US', lat: 38.8, lon: -77.1 },
  { cidr: '30.0.0.0/8', country: 'DE', lat: 50, lon: 8, asn: 64500 },
  { cidr: '31.0.0.0/8', country: 'DE', lat: 50, lon: 8, asn: 64501 },
  { cidr: '2a00::/16', country: 'DE', lat: 50, lon: 8 },
])

const snapshotOf = (steer: string, previous?: Snapshot): Snapshot =>
  makeSnapshot({
    documents: { 'sites.yaml': SITES, 'zone.yaml': ZONE, 'api.yaml': service('api', steer) },
    geo,
    ...(previous === undefined ? {} : { previous }),
  })

function ask(snapshot: Snapshot, text: string, prefixLength?: number, name = 'api') {
  const address = parseAddress(text)
  const steered = snapshot.services.get(name)
  assert.ok(address && steered)
  const asker = {
    frontEnd: 'dns',
    address,
    prefixLength: prefixLength ?? address.bytes.length * 8,
    source: 'ecs',
    request: null,
  } as const
  return decide(snapshot, steered, asker, TEST_NOW_MS, () => 0)
}

const SCOPES: readonly (readonly [
  name: string,
  steer: string,
  address: string,
  known: number,
  first: string,
  scope: number,
])[] = [
  ['a location-free plan holds for everybody', '[take: 1]', '20.1.2.0', 24, 'east', 0],
  ['and for IPv6 as well', '[take: 1]', '2a00::', 48, 'east', 0],
  ['the widest network with one plan: cells that steer alike are one', '[nearest]', '20.1.2.0', 24, 'east', 10],
  ['the hole in it has its own', '[nearest]', '20.64.0.0', 24, 'west', 12],
  ['a neighbour cell with the same nearest site', '[nearest]', '21.0.0.0', 24, 'east', 8],
  ['two neighbours with one plan share a scope', '[nearest]', '30.1.1.0', 24, 'fra', 7],
  [
    'a named ASN parts them',
    '[{ prefer: [{ id: west }, { id: fra }], when: { asn: 64500 } }, nearest]',
    '30.1.1.0',
    24,
    'west',
    8,
  ],
  [
    'a named network has exactly its own length',
    '[{ keep: { id: west }, when: { cidr: 30.1.0.0/16 } }, nearest]',
    '30.1.1.0',
    24,
    'west',
    16,
  ],
  [
    'and beside it the scope leaves it out',
    '[{ keep: { id: west }, when: { cidr: 30.1.0.0/16 } }, nearest]',
    '30.2.1.0',
    24,
    'fra',
    15,
  ],
  ['IPv6 in its own bits', '[nearest]', '2a00:1::', 48, 'fra', 16],
  ['v4-mapped: 96 bits more', '[nearest]', '::ffff:20.64.0.0', 120, 'west', 108],
  ['NAT64: 96 bits more', '[nearest]', '64:ff9b::20.64.0.0', 120, 'west', 108],
  ['6to4: 16 bits more', '[nearest]', '2002:1440::', 48, 'west', 28],
  ['too little of a mapped address known: nobody', '[nearest]', '::ffff:0:0', 90, 'east', 3],
  [
    'sticky: no wider than the /24 that is hashed',
    '[spread: { by: equal, sticky: network }]',
    '20.1.2.0',
    24,
    'any',
    24,
  ],
  ['sticky: never more than was sent', '[spread: { by: equal, sticky: network }]', '20.1.0.0', 16, 'any', 16],
  ['sticky: a /56 of IPv6', '[spread: { by: equal, sticky: network }]', '2a00::', 64, 'any', 56],
  ['a die is the same die for everybody', '[spread: { by: equal }]', '20.1.2.0', 24, 'any', 0],
  ['a canary is sticky', '[{ prefer: [{ id: fra }, { id: east }], when: { percent: 50 } }]', '20.1.2.0', 24, 'any', 24],
]

for (const [name, steer, address, known, first, scope] of SCOPES) {
  test(`scope: ${name}`, () => {
    const decision = ask(snapshotOf(steer), address, known)
    if (first !== 'any') assert.equal(decision.endpoints[0]?.id, first)
    assert.equal(decision.scopePrefixLength, scope)
  })
}

test('a client that nobody can place never gets scope 0 from a policy that asks for the place', () => {
  const decision = ask(snapshotOf('[nearest]'), '99.1.2.0', 24)
  assert.equal(decision.client.location.country, null)
  assert.equal(decision.scopePrefixLength, 2, 'the empty network around it is 64.0.0.0/2')
})

test('within the scope everybody has the same plan, and one bit wider not', () => {
  const snapshot = snapshotOf('[{ keep: { id: west }, when: { cidr: [30.1.0.0/16, 20.5.5.0/24] } }, nearest]')
  const map = snapshot.services.get('api')?.map
  assert.ok(map)
  const octets = fc.tuple(fc.constantFrom(20, 21, 22, 30, 31, 99), fc.nat(255), fc.nat(255), fc.nat(255))
  fc.assert(
    fc.property(octets, fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes, other) => {
      const address: IpAddress = { family: 4, bytes: Uint8Array.from(bytes) }
      const { plan, prefixLength } = map.lookUp(address)
      const network = prefixOf(address, prefixLength)
      const inside = network.bytes.map(
        (octet, i) =>
          octet | ((other[i] ?? 0) & (prefixLength >= (i + 1) * 8 ? 0 : 0xff >> Math.max(0, prefixLength - i * 8))),
      )
      assert.equal(map.lookUp({ family: 4, bytes: inside }).plan, plan, formatAddress({ family: 4, bytes: inside }))
    }),
    { seed: 1 },
  )
})

for (const [steer, plans] of [
  ['[up, { spread: { by: weight, sticky: network } }, { take: 2 }]', 'one'],
  ['[{ keep: { id: west }, when: { percent: 10% } }]', 'one'],
  ['[nearest]', 'many'],
  ['[{ keep: { id: west }, when: { cidr: 30.1.0.0/16 } }]', 'many'],
  ['[{ keep: { id: west }, when: { asn: 64500 } }]', 'many'],
] as const) {
  test(`who is not asked where he is gets a plan that is made once: ${steer}`, () => {
    const { policy, facts, map } = snapshotOf(steer).services.get('api') as SteeredService
    const planner = createPlanner(policy, facts, TEST_NOW_MS)
    let asked = 0
    const counting: Planner = {
      ...planner,
      plan(client) {
        asked++
        return planner.plan(client)
      },
    }
    const made = atOnce(compileSteeringMap(policy, map.networks, counting, geo, new Map()))
    assert.equal(asked === 1 ? 'one' : 'many', plans)
    assert.deepEqual(made.plans, map.plans)
  })
}

test('services that steer alike share a tree; a flip that moves nobody keeps it; what did not change stays the same object', () => {
  const documents = {
    'sites.yaml': SITES,
    'zone.yaml': ZONE,
    'a.yaml': service('a', '[up, nearest, take: 1]'),
    'b.yaml': service('b', '[up, nearest, take: 1]').replaceAll('192.0.2.', '198.51.100.'),
    'c.yaml': service('c', '[up, take: 1]'),
  }
  const before = makeSnapshot({ documents, geo })
  const treeOf = (snapshot: Snapshot, name: string) => snapshot.services.get(name)?.map.tree
  assert.equal(treeOf(before, 'a'), treeOf(before, 'b'))
  assert.notEqual(treeOf(before, 'a'), treeOf(before, 'c'))
  const after = makeSnapshot({ documents, geo, previous: before, overrides: [override('a/fra', 'down')] })
  assert.equal(after.number, before.number + 1)
  assert.notEqual(treeOf(after, 'a'), treeOf(after, 'b'), 'without fra the map parts the world otherwise')
  assert.deepEqual(
    ask(after, '30.1.1.1', 32, 'a').endpoints.map(({ id }) => id),
    ['east'],
  )
  assert.deepEqual(
    ask(after, '30.1.1.1', 32, 'b').endpoints.map(({ id }) => id),
    ['fra'],
  )
  assert.equal(before.services.get('a')?.facts.endpoints[2]?.override, null, 'the snapshot before is untouched')
})
