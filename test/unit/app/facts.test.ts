import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assembleFacts, type FactSources } from '../../../src/app/facts.ts'
import { type MonitoredFacts, NO_FACTS } from '../../../src/domain/facts.ts'
import { policiesOf } from '../../helpers/monitor.ts'
import { override } from '../../helpers/snapshot.ts'

const { override: _override, shedShare: _shedShare, headroom: _headroom, ...KNOWN } = NO_FACTS
const service = (steer: string) => `service: api
names: { discovery: api }
endpoints:
  one: { url: 'https://one.example', capacity: 100 }
  two: { url: 'https://two.example', capacity: 100 }
steer: ${steer}
`
const healthOf = (one: Partial<MonitoredFacts>, two: Partial<MonitoredFacts> = {}) =>
  new Map([
    [
      'api',
      new Map([
        ['two', { ...KNOWN, ...two }],
        ['one', { ...KNOWN, ...one }],
      ]),
    ],
  ])
const PLAIN: FactSources = { policies: policiesOf(service('[up]')), overrides: [] }
const SHED: FactSources = {
  policies: policiesOf(service('[up, { shed: { metric: load, low: 50, high: 90, perMinute: 20% } }]')),
  overrides: [],
}

test('facts stand in the order of the policy, by id and not by place', () => {
  const facts = assembleFacts({ ...PLAIN, health: healthOf({ health: 'down' }, { health: 'up' }) }, 0, null)
  assert.deepEqual(
    facts.of.get('api')?.endpoints.map(({ health }) => health),
    ['down', 'up'],
  )
})

const drained: readonly (readonly [name: string, overrides: FactSources['overrides'], state: string | null])[] = [
  ['by its own word', [], 'drain'],
  ['an operator is stronger', [override('api/one', 'up')], 'up'],
  ['an operator who says obey lets it speak', [override('api/*', 'down'), override('api/one', 'obey')], 'drain'],
]
for (const [name, overrides, state] of drained) {
  test(`an endpoint drains: ${name}`, () => {
    const facts = assembleFacts({ ...PLAIN, overrides, drains: [override('api/one', 'drain')] }, 0, null)
    assert.equal(facts.of.get('api')?.endpoints[0]?.override?.state ?? null, state)
  })
}

const changes: readonly (readonly [name: string, change: Partial<FactSources>, isSame: boolean])[] = [
  ['nothing', {}, true],
  ['the same health in another object', { health: healthOf({ health: 'up' }) }, true],
  ['other health', { health: healthOf({ health: 'down' }) }, false],
  ['a nearer change', { health: healthOf({ health: 'up', nextChangeMs: 1_000 }) }, false],
  ['health of another service', { health: new Map([...healthOf({ health: 'up' }), ['x', new Map()]]) }, true],
  ['unreachable for somebody', { unreachable: new Map([['api', []]]) }, false],
  ['an override', { overrides: [override('api/two', 'drain')] }, false],
  ['an override of another service', { overrides: [override('x/two', 'drain')] }, true],
]
for (const [name, change, isSame] of changes) {
  test(`facts after a change of ${name} are ${isSame ? 'the same object' : 'others'}`, () => {
    const sources: FactSources = { ...PLAIN, health: healthOf({ health: 'up' }) }
    const before = assembleFacts(sources, 0, null)
    const after = assembleFacts({ ...sources, ...change }, 1, before)
    assert.equal(after.of.get('api') === before.of.get('api'), isSame)
    assert.equal(
      after.of.get('api')?.endpoints[1] === before.of.get('api')?.endpoints[1],
      !name.startsWith('an override') || isSame,
    )
  })
}

test('an override that ends is no longer in force, though nothing else changed', () => {
  const overrides = [{ ...override('api/one', 'down'), expiresAtMs: 1_000 }]
  const before = assembleFacts({ ...PLAIN, overrides }, 999, null)
  const after = assembleFacts({ ...PLAIN, overrides }, 1_000, before)
  assert.equal(before.of.get('api')?.endpoints[0]?.override?.state, 'down')
  assert.equal(after.of.get('api')?.endpoints[0]?.override, null)
})

test('a share that is limited in its speed moves on by time alone, until it is there', () => {
  const at = (load: number): FactSources => ({ ...SHED, health: healthOf({ health: 'up', load: { load } }) })
  const first = assembleFacts(at(10), 0, null)
  assert.equal(first.isMoving, false)
  let facts = assembleFacts(at(100), 1_000, first)
  assert.equal(facts.isMoving, true)
  const shares: number[] = []
  for (let minute = 1; facts.isMoving && minute < 10; minute++) {
    facts = assembleFacts(at(100), 1_000 + minute * 60_000, facts)
    shares.push(facts.of.get('api')?.endpoints[0]?.shedShare[1] ?? -1)
  }
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  )
  assert.equal(shares.at(-1), 1)
  assert.ok(shares.length >= 4, `there after ${shares.length} minutes at 20% a minute`)
})
