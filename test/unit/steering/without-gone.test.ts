import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../../src/domain/address.ts'
import { type EndpointFacts, type Facts, type MonitoredFacts, NO_FACTS } from '../../../src/domain/facts.ts'
import { compileSnapshot } from '../../../src/steering/compile.ts'
import { decide } from '../../../src/steering/decide.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { goneNow, withoutGone } from '../../../src/steering/without-gone.ts'
import { draws } from '../../helpers/draws.ts'
import { differ } from '../../helpers/fastpath-differ.ts'
import { CLIENTS, someQuery } from '../../helpers/fastpath-queries.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { drawSnapshot } from '../../helpers/random-steering.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const DOWN: Partial<EndpointFacts> = { health: 'down', ipv4UpShare: 0, ipv6UpShare: 0, override: null }

/** Facts with changes by service, then by index. */
function changed(
  { facts }: Snapshot,
  changes: Readonly<Record<string, Readonly<Record<number, Partial<EndpointFacts>>>>>,
) {
  const of = new Map(facts.of)
  for (const [service, byIndex] of Object.entries(changes)) {
    const before = facts.of.get(service)
    assert.ok(before)
    const endpoints = before.endpoints.map((known, index) => ({ ...known, ...byIndex[index] }))
    of.set(service, { ...before, endpoints })
  }
  return { number: facts.number + 1, of } satisfies Facts
}

const compiledFrom = (before: Snapshot, facts: Facts): Snapshot =>
  compileSnapshot({ ...before, facts, nowMs: TEST_NOW_MS }, before)

test('whatever the policy: the plans of before less who has gone, who is in none of the plans to come either', () => {
  let steered = 0
  for (let seed = 1; seed <= 25; seed++) {
    const die = draws(seed)
    const { snapshot, names } = drawSnapshot(die)
    const changes = Object.fromEntries([0, 1, 2, 3].map((id) => [`s${id}`, { [die() % 3]: DOWN }]))
    const facts = changed(snapshot, changes)
    const interim = withoutGone(snapshot, facts, TEST_NOW_MS, null)
    const full = compiledFrom(snapshot, facts)
    for (const [id, service] of snapshot.services) {
      const now = interim?.snapshot.services.get(id) ?? service
      if (now === service) continue
      const gone = interim?.gone.get(id) ?? []
      assert.equal(now.map.tree, service.map.tree)
      assert.notEqual(now.facts, facts.of.get(id), 'or it would be taken over as compiled from these')
      service.map.plans.forEach((plan, index) => {
        const less = now.map.plans[index]
        assert.ok(less)
        if (plan.outcome === 'steered') steered++
        const without = plan.lists.map((list) => list.filter((endpoint) => !gone.includes(endpoint)))
        assert.deepEqual(less.lists, plan.outcome === 'steered' ? without : plan.lists)
        if (less !== plan) assert.ok(less.ttlSeconds <= 10)
      })
      for (const plan of full.services.get(id)?.map.plans ?? []) {
        if (plan.outcome === 'steered') assert.ok(!plan.lists.flat().some((endpoint) => gone.includes(endpoint)), id)
      }
    }
    if (interim === null) continue
    const ask = differ(interim.snapshot, {})
    for (let i = 0; i < 40; i++) {
      const client = CLIENTS[die() % CLIENTS.length]
      assert.ok(client)
      ask(someQuery([...names], { client, nowMs: TEST_NOW_MS }, die), client, TEST_NOW_MS, die())
    }
  }
  assert.ok(steered > 50, `${steered} plans were looked at`)
})

const geo = fakeGeo([
  { cidr: '20.0.0.0/8', country: 'US', lat: 39, lon: -77 },
  { cidr: '30.0.0.0/8', country: 'DE', lat: 50, lon: 8 },
])

const snapshotOf = (steer: string, known: Partial<MonitoredFacts> = {}, more = '') =>
  makeSnapshot({
    documents: {
      'sites.yaml': 'sites:\n  iad: { lat: 39, lon: -77, country: US }\n  fra: { lat: 50, lon: 8, country: DE }\n',
      'zone.yaml': 'zone: geo.example\nns: { ns1.geo.example: [192.0.2.53] }\n',
      'api.yaml': `service: api
names: { dns: [api.geo.example] }
ttl: 30s
${more}endpoints:
  iad: { site: iad, a: [192.0.2.1, 192.0.2.11], capacity: 100, tags: [us] }
  fra: { site: fra, a: [192.0.2.2], capacity: 100, tags: [eu] }
  ams: { site: fra, a: [192.0.2.3], capacity: 100, tags: [eu] }
steer: ${steer}
`,
    },
    geo,
    sources: { health: new Map([['api', new Map([['fra', { ...NO_FACTS, health: 'up', ...known }]])]]) },
  })

const HARD = '[{ keep: { tag: eu }, hard: true, when: { country: DE } }, up, nearest]'
/** Whom clients of 20/8 (US) and 30/8 (DE) get in the interim, best first; null: there is none. */
const ROWS: readonly (readonly [
  what: string,
  steer: string,
  change: Partial<EndpointFacts>,
  us: string | null,
  de: string | null,
])[] = [
  ['down', '[up, nearest]', { health: 'down' }, 'iad ams', 'ams iad'],
  ['drained', '[up, nearest]', { override: override('api/fra', 'drain') }, 'iad ams', 'ams iad'],
  ['overridden to down', '[up, nearest]', { override: override('api/fra', 'down') }, 'iad ams', 'ams iad'],
  ['too few addresses', '[up, nearest]', { ipv4UpShare: 0.1 }, 'iad ams', 'ams iad'],
  ['overridden to up', '[up, nearest]', { health: 'down', override: override('api/fra', 'up') }, null, null],
  ['degraded, which stays', '[up, nearest]', { health: 'degraded' }, null, null],
  ['degraded, which goes', '[{ up: { degraded: drop } }, nearest]', { health: 'degraded' }, 'iad ams', 'ams iad'],
  ['a change is near', '[up, nearest]', { nextChangeMs: TEST_NOW_MS + 1000 }, null, null],
  ['behind a fence', HARD, { health: 'down' }, 'iad ams', 'ams'],
  ['the last of a list', '[up, nearest, take: 1]', { health: 'down' }, null, null],
  ['the last of a tier', '[up, { prefer: [{ id: fra }, { id: iad }] }]', { health: 'down' }, null, null],
  ['nobody asks for health', '[nearest]', { health: 'down' }, null, null],
  ['health counts for some', '[{ up: {}, when: { country: US } }, nearest]', { health: 'down' }, null, null],
  ['dealt by headroom', '[{ up: { failover: headroom } }, nearest]', { health: 'down' }, null, null],
  ['takes its group along', '[{ up: { minHealthy: { per: site, n: 2 } } }, nearest]', { health: 'down' }, null, null],
]
for (const [what, steer, change, us, de] of ROWS) {
  test(`who has gone: ${what}`, () => {
    const before = snapshotOf(steer)
    const interim = withoutGone(before, changed(before, { api: { 1: change } }), TEST_NOW_MS, null)
    const ids = (from: string): string | null => {
      const service = interim?.snapshot.byDnsName.get('api.geo.example')
      const address = parseAddress(from)
      assert.ok(address)
      if (interim == null || service === undefined) return null
      const asker = { frontEnd: 'dns', address, prefixLength: 32, source: 'ecs', request: null } as const
      return decide(interim.snapshot, service, asker, TEST_NOW_MS, () => 0)
        .endpoints.map(({ id }) => id)
        .join(' ')
    }
    assert.deepEqual([ids('20.1.1.1'), ids('30.1.1.1')], [us, de])
  })
}

test('nobody goes twice, and nobody comes back between two of them', () => {
  const before = snapshotOf('[up, nearest]')
  const service = before.services.get('api')
  const first = changed(before, { api: { 1: DOWN } })
  const one = withoutGone(before, first, TEST_NOW_MS, null)
  assert.deepEqual([...(one?.gone ?? [])], [['api', [1]]])
  assert.equal(withoutGone(before, changed(before, { api: { 1: DOWN } }), TEST_NOW_MS, one), one)
  const other = withoutGone(before, changed(before, { api: { 2: DOWN } }), TEST_NOW_MS, one)
  assert.deepEqual([...(other?.gone ?? [])], [['api', [1, 2]]])
  const after = compiledFrom(before, first)
  assert.equal(withoutGone(after, first, TEST_NOW_MS, one), null, 'what is compiled has its own')
  const facts = first.of.get('api')
  assert.ok(service && facts)
  assert.deepEqual([goneNow(service, facts), goneNow({ ...service, facts }, facts)], [[1], []])
})

test('requests are planned likewise; what would be left without an answer is planned by the facts', () => {
  const steer = "[up, { keep: { id: fra }, hard: true, when: { header: { x-only: '*' } }, assume: false }, nearest]"
  const before = snapshotOf(steer)
  const interim = withoutGone(before, changed(before, { api: { 1: DOWN } }), TEST_NOW_MS, null)
  const service = interim?.snapshot.services.get('api')
  assert.ok(service?.planRequest)
  const { planRequest } = service
  const ask = (only: string | undefined) => {
    const request = { host: '', path: '/', tenant: null, header: () => only, cookie: () => undefined }
    return planRequest({ frontEnd: 'redirect', location: geo.locations[1]!, network: null, request })
  }
  assert.ok(ask(undefined).lists.flat().length > 0 && !ask(undefined).lists.flat().includes(1))
  assert.equal(ask(undefined), ask(undefined))
  assert.equal(ask('x').outcome, 'lastResort')
})

test('what is compiled from a snapshot is what is compiled from nothing, to the prefix', () => {
  let finer = 0
  for (let seed = 1; seed <= 25; seed++) {
    const die = draws(seed)
    const { snapshot } = drawSnapshot(die)
    const facts = changed(
      snapshot,
      Object.fromEntries([0, 1, 2].map((id) => [`s${id}`, { [die() % 3]: die() % 2 === 0 ? DOWN : { health: 'up' } }])),
    )
    const after = compiledFrom(snapshot, facts)
    const anew = compileSnapshot({ ...snapshot, facts, nowMs: TEST_NOW_MS }, null)
    for (const [id, { map }] of anew.services) {
      const other = after.services.get(id)?.map
      assert.ok(other)
      if (other.tree !== snapshot.services.get(id)?.map.tree && other.tree.nodes.length > 0) finer++
      for (let i = 0; i < 60; i++) {
        const v4 = [5, 6, 8, 10, 100][die() % 5]
        const address =
          i % 3 === 0
            ? parseAddress(`${(0x2400 | (die() & 1)).toString(16)}:${(die() & 3).toString(16)}::${die() & 0xff}`)
            : parseAddress(`${v4}.${die() & 7}.${die() & 0xff}.${die() & 0xff}`)
        assert.ok(address)
        assert.deepEqual(other.lookUp(address), map.lookUp(address))
      }
    }
  }
  assert.ok(finer > 10, `${finer} trees were made anew`)
})

test('facts of some services are enough: what had gone of the others stays out', () => {
  const service = (id: string) => `service: ${id}
names: { discovery: ${id} }
endpoints: { one: { url: 'https://one.example' }, two: { url: 'https://two.example' } }
steer: [up]
`
  const before = makeSnapshot({ documents: { 'a.yaml': service('a'), 'b.yaml': service('b') } })
  const only = (id: string) => {
    const { number, of } = changed(before, { [id]: { 0: DOWN } })
    return { number, of: new Map([...of].filter(([key]) => key === id)) }
  }
  const one = withoutGone(before, only('a'), TEST_NOW_MS, null)
  const both = withoutGone(before, only('b'), TEST_NOW_MS, one)
  const lists = (id: string) => both?.snapshot.byDiscoveryName.get(id)?.map.plans.map((plan) => plan.lists)
  assert.deepEqual([lists('a'), lists('b')], [[[[1]]], [[[1]]]])
  assert.equal(withoutGone(before, { number: 9, of: new Map() }, TEST_NOW_MS, both), both)
})

test('of many services at once all wait for what is compiled', () => {
  const service = (id: number) => `service: s${id}
names: { discovery: s${id} }
endpoints: { one: { url: 'https://one.example' }, two: { url: 'https://two.example' } }
steer: [up]
`
  const documents = Object.fromEntries(Array.from({ length: 1001 }, (_, id) => [`s${id}.yaml`, service(id)]))
  const before = makeSnapshot({ documents })
  const down = (count: number) =>
    changed(before, Object.fromEntries(Array.from({ length: count }, (_, id) => [`s${id}`, { 0: DOWN }])))
  assert.equal(withoutGone(before, down(1000), TEST_NOW_MS, null)?.gone.size, 1000)
  assert.equal(withoutGone(before, down(1001), TEST_NOW_MS, null), null)
})
