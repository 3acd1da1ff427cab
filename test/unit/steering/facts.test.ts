import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, parseAddress } from '../../../src/domain/address.ts'
import { type MonitoredFacts, NO_FACTS } from '../../../src/domain/facts.ts'
import { decide } from '../../../src/steering/decide.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const geo = fakeGeo([
  { cidr: '20.0.0.0/8', country: 'US', lat: 39, lon: -77 },
  { cidr: '30.0.0.0/8', country: 'DE', lat: 50, lon: 8 },
])

const documents = (steer: string, more = '') => ({
  'sites.yaml': 'sites:\n  iad: { lat: 39, lon: -77, country: US }\n  fra: { lat: 50, lon: 8, country: DE }\n',
  'zone.yaml': 'zone: geo.example\nns: { ns1.geo.example: [192.0.2.53] }\n',
  'api.yaml': `service: api
names: { dns: [api.geo.example] }
ttl: 30s
${more}endpoints:
  iad: { site: iad, a: [192.0.2.1, 192.0.2.11, 192.0.2.21], aaaa: ['2001:db8::1', '2001:db8::11'], capacity: 100, tags: [us] }
  fra: { site: fra, a: [192.0.2.2], capacity: 100 }
steer: ${steer}
`,
})

type Known = Partial<MonitoredFacts>

function snapshotOf(steer: string, iad: Known, options: { previous?: Snapshot; nowMs?: number; drain?: string } = {}) {
  const { previous, nowMs, drain } = options
  const full: MonitoredFacts = { ...NO_FACTS, ...iad }
  return makeSnapshot({
    documents: documents(steer),
    geo,
    overrides: drain === undefined ? [] : [override(`api/${drain}`, 'drain')],
    sources: { health: new Map([['api', new Map([['iad', full]])]]) },
    ...(previous === undefined ? {} : { previous, set: previous.set }),
    ...(nowMs === undefined ? {} : { nowMs }),
  })
}

const serviceOf = (snapshot: Snapshot) => {
  const service = snapshot.services.get('api')
  assert.ok(service)
  return service
}

const UP = '[{ up: { degraded: keep, slowStart: 30s } }, nearest]'
const SHED = '[up, nearest, { shed: { metric: load, low: 50, high: 90, perMinute: 100% } }]'
const ROWS: readonly (readonly [what: string, steer: string, before: Known, after: Known, isKept: boolean])[] = [
  ['found up: what is unknown counts as up', UP, {}, { health: 'up' }, true],
  ['degraded, which the step keeps', UP, { health: 'up' }, { health: 'degraded' }, true],
  [
    'degraded, which the step puts behind',
    '[{ up: { degraded: behind } }, nearest]',
    { health: 'up' },
    { health: 'degraded' },
    false,
  ],
  ['down', UP, { health: 'up' }, { health: 'down' }, false],
  ['down, where no step asks', '[nearest]', { health: 'up' }, { health: 'down' }, true],
  ['one address of several', UP, { ipv4UpShare: 1 }, { ipv4UpShare: 0.7, ipv4Down: [1] }, true],
  ['too few addresses', UP, { ipv4UpShare: 1 }, { ipv4UpShare: 0.1, ipv4Down: [0, 1] }, false],
  ['a change is near', UP, {}, { nextChangeMs: TEST_NOW_MS + 5000 }, true],
  ['load that no step reads', UP, {}, { load: { load: 80 } }, true],
  ['load that is read', SHED, { load: { load: 40 } }, { load: { load: 80 } }, false],
  ['load that is read, below the low mark', SHED, { load: { load: 10 } }, { load: { load: 45 } }, true],
  ['of another metric', SHED, { load: { load: 80, cpu: 1 } }, { load: { load: 80, cpu: 2 } }, true],
  ['back since now', UP, {}, { returnedAtMs: TEST_NOW_MS }, false],
  ['back for long', UP, {}, { returnedAtMs: TEST_NOW_MS - 31_000 }, true],
]
for (const [what, steer, before, after, isKept] of ROWS) {
  test(`${isKept ? 'nothing is planned again' : 'planned again'}: ${what}`, () => {
    const first = snapshotOf(steer, before)
    const second = snapshotOf(steer, after, { previous: first })
    assert.equal(serviceOf(first).steering === serviceOf(second).steering, isKept)
  })
}

test('an estimate is a reason to plan again only where a step asks for estimates', () => {
  const view = { estimate: () => null, networks: () => ({ asns: [], prefixes: [] }) }
  for (const [steer, isKept] of [
    ['[up, nearest]', true],
    ['[up, fastest]', false],
  ] as const) {
    const first = makeSnapshot({ documents: documents(steer), geo })
    const second = makeSnapshot({
      documents: documents(steer),
      geo,
      previous: first,
      set: first.set,
      sources: { latency: view },
    })
    assert.equal(serviceOf(first).steering === serviceOf(second).steering, isKept, steer)
  }
})

function ask(snapshot: Snapshot, from: string, pinned: string | null = null) {
  const address = parseAddress(from)
  assert.ok(address)
  const asker = { frontEnd: 'dns', address, prefixLength: 32, source: 'ecs', request: null } as const
  return decide(snapshot, serviceOf(snapshot), asker, TEST_NOW_MS, () => 0, pinned)
}

test('a change that is near shortens the TTL of those answers alone that show the endpoint', () => {
  const still = snapshotOf('[up, nearest]', {})
  const near = snapshotOf('[up, nearest]', { nextChangeMs: TEST_NOW_MS + 5500 }, { previous: still })
  assert.equal(ask(still, '20.1.1.1').ttlSeconds, 30)
  assert.equal(ask(near, '20.1.1.1').ttlSeconds, 5)
  assert.equal(ask(near, '30.1.1.1').ttlSeconds, 30)
  assert.equal(serviceOf(near).map.tree, serviceOf(still).map.tree)
  const also = snapshotOf('[up, nearest]', { nextChangeMs: TEST_NOW_MS + 5600, load: { load: 1 } }, { previous: near })
  assert.equal(serviceOf(also).map, serviceOf(near).map, 'nothing that anybody can tell')
  const over = snapshotOf('[up, nearest]', {}, { previous: near })
  assert.equal(serviceOf(over).map, serviceOf(still).map)
})

test('a policy that reads requests has its TTLs shortened, too', () => {
  const steer = "[{ keep: { id: iad }, when: { header: { x-test: '1' } }, assume: false }, up, nearest]"
  const first = snapshotOf(steer, { nextChangeMs: TEST_NOW_MS + 5500 })
  const { planRequest } = serviceOf(first)
  assert.ok(planRequest)
  const { planned } = ask(first, '20.1.1.1')
  assert.equal(planRequest(planned).ttlSeconds, 5)
  assert.equal(planRequest(planned), planRequest(planned))
})

const ADDRESSES: readonly (readonly [what: string, iad: Known, a: string, aaaa: string, drain?: string])[] = [
  ['none', {}, '192.0.2.1 192.0.2.11 192.0.2.21', '2001:db8::1 2001:db8::11'],
  ['one of three', { ipv4Down: [1], ipv4UpShare: 2 / 3 }, '192.0.2.1 192.0.2.21', '2001:db8::1 2001:db8::11'],
  ['one of each family', { ipv4Down: [0], ipv6Down: [1] }, '192.0.2.11 192.0.2.21', '2001:db8::1'],
  [
    'all of a family: none is better',
    { ipv6Down: [0, 1], ipv6UpShare: 0 },
    '192.0.2.1 192.0.2.11 192.0.2.21',
    '2001:db8::1 2001:db8::11',
  ],
  ['a position that is not there', { ipv4Down: [7] }, '192.0.2.1 192.0.2.11 192.0.2.21', '2001:db8::1 2001:db8::11'],
]
for (const [what, iad, a, aaaa] of ADDRESSES) {
  test(`addresses believed down are left out while others are up: ${what}`, () => {
    const service = serviceOf(snapshotOf('[nearest]', iad))
    const [shown] = service.endpoints
    assert.ok(shown)
    assert.equal(shown.a.map(formatAddress).join(' '), a)
    assert.equal(shown.aaaa.map(formatAddress).join(' '), aaaa)
    assert.equal(service.endpoints[1], service.policy.endpoints[1])
  })
}

test('an operator who says up has all addresses shown', () => {
  const down: MonitoredFacts = { ...NO_FACTS, ipv4Down: [1], ipv4UpShare: 2 / 3 }
  const snapshot = makeSnapshot({
    documents: documents('[nearest]'),
    geo,
    overrides: [override('api/iad', 'up')],
    sources: { health: new Map([['api', new Map([['iad', down]])]]) },
  })
  assert.equal(serviceOf(snapshot).endpoints, serviceOf(snapshot).policy.endpoints)
})

test('endpoints stay the same objects while the same addresses are left out', () => {
  const first = snapshotOf('[nearest]', { ipv4Down: [1] })
  const second = snapshotOf('[nearest]', { ipv4Down: [1], nextChangeMs: TEST_NOW_MS + 5000 }, { previous: first })
  assert.equal(serviceOf(second).endpoints, serviceOf(first).endpoints)
  const third = snapshotOf('[nearest]', {}, { previous: second })
  assert.equal(serviceOf(third).endpoints, serviceOf(third).policy.endpoints)
})

const FENCE = '[{ keep: { tag: us }, when: { country: US }, hard: true }, up, nearest]'
const PINNED: readonly (readonly [
  what: string,
  steer: string,
  from: string,
  pinned: string | null,
  facts: Known,
  drain: string | undefined,
  answer: string,
  keeps: boolean,
])[] = [
  ['nobody new', '[up, nearest]', '20.1.1.1', null, {}, 'iad', 'fra', false],
  ['those who are there', '[up, nearest]', '20.1.1.1', 'iad', {}, 'iad', 'iad fra', true],
  ['from anywhere, as it would be handed out', '[up, nearest]', '30.1.1.1', 'iad', {}, 'iad', 'iad fra', true],
  ['but not where it is not handed out', '[up, nearest, take: 1]', '30.1.1.1', 'iad', {}, 'iad', 'fra', false],
  ['nor beyond a fence', FENCE, '20.1.1.1', 'fra', {}, 'fra', 'iad', false],
  ['nor when it is down as well', '[up, nearest]', '20.1.1.1', 'iad', { health: 'down' }, 'iad', 'fra', false],
  ['without a drain nobody is pinned', '[up, nearest]', '30.1.1.1', 'iad', {}, undefined, 'fra iad', false],
  ['another drain is no matter', '[up, nearest]', '30.1.1.1', 'iad', {}, 'fra', 'iad', false],
  ['what no policy names', '[up, nearest]', '20.1.1.1', 'elsewhere', {}, 'iad', 'fra', false],
  ['a split does not move them', '[up, spread: { by: equal }]', '20.1.1.1', 'iad', {}, 'iad', 'iad fra', true],
]
for (const [what, steer, from, pinned, facts, drain, answer, keeps] of PINNED) {
  test(`a drain keeps: ${what}`, () => {
    const snapshot = snapshotOf(steer, facts, drain === undefined ? {} : { drain })
    const decision = ask(snapshot, from, pinned)
    assert.equal(decision.endpoints.map(({ id }) => id).join(' '), answer)
    assert.equal(decision.pinned, keeps ? pinned : null)
    assert.equal(decision.facts === serviceOf(snapshot).facts, !keeps)
  })
}

test('a pin does not lead out of the branch that a hard fence closes', () => {
  const steer = '[{ keep: { id: fra }, when: { percent: 50 }, hard: true }, up, nearest]'
  const kept = Array.from({ length: 64 }, (_, i) => {
    const { endpoints, pinned } = ask(snapshotOf(steer, {}, { drain: 'iad' }), `20.1.${i}.1`, 'iad')
    assert.equal(endpoints[0]?.id, pinned ?? 'fra')
    return pinned
  })
  assert.ok(kept.includes(null) && kept.includes('iad'))
})
