import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assembleFacts } from '../../../src/app/facts.ts'
import { createSnapshots } from '../../../src/app/snapshots.ts'
import { createZones } from '../../../src/dns/zones.ts'
import { type MonitoredFacts, NO_FACTS, type Override } from '../../../src/domain/facts.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'
import { createLiveSnapshot } from '../../../src/steering/live.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { override } from '../../helpers/snapshot.ts'
import { until } from '../../helpers/until.ts'

const setOf = (steer: string, ttl = '30s') => {
  const text = `service: api
names: { discovery: api }
ttl: ${ttl}
endpoints:
  day: { url: 'https://day.example' }
  night: { url: 'https://night.example' }
steer: ${steer}
`
  const { set, problems } = loadDocuments([{ path: 'api.yaml', text }])
  assert.ok(set, problems.map(formatProblem).join('\n'))
  return set
}
const revision = { number: 1, digest: '', author: '', reason: '', atMs: 0 }
const HOUR_MS = 3_600_000
const { override: _override, shedShare: _shedShare, headroom: _headroom, ...UNKNOWN } = NO_FACTS
const UP: MonitoredFacts = { ...UNKNOWN, health: 'up' }
const { prepare } = createZones()
const onFailure = assert.ifError

test('a time window opens and closes by itself, at its edges', async () => {
  const clock = manualClock(Date.UTC(2026, 0, 1, 6))
  const live = createLiveSnapshot()
  const set = setOf(
    "[{ prefer: [{ id: day }, { id: night }], when: { time: { from: '08:00', to: '20:00', zone: UTC } } }, { prefer: [{ id: night }, { id: day }] }]",
  )
  const snapshots = createSnapshots(
    live,
    { revision, set, overrides: [], geo: fakeGeo([]) },
    { ...clock, prepare, onFailure },
  )
  const first = () => {
    const steered = live.current()?.services.get('api')
    return steered?.policy.endpoints[steered.map.plans[0]?.lists[0]?.[0] ?? -1]?.id
  }
  assert.equal(first(), 'night')
  clock.advance(2 * HOUR_MS - 1)
  assert.equal(first(), 'night')
  clock.advance(1)
  await until(first, (it) => it === 'day')
  clock.advance(12 * HOUR_MS)
  await until(first, (it) => it === 'night')
  assert.equal(clock.pending(), 1)
  await snapshots.close()
  assert.equal(clock.pending(), 0)
})

test('an override ends by itself', async () => {
  const clock = manualClock(1_000)
  const live = createLiveSnapshot()
  const drain: Override = { ...override('api/day', 'drain'), expiresAtMs: 61_000 }
  createSnapshots(
    live,
    { revision, set: setOf('[up]'), overrides: [drain], geo: fakeGeo([]) },
    { ...clock, prepare, onFailure },
  )
  const inForce = () => live.current()?.facts.of.get('api')?.endpoints[0]?.override?.state ?? null
  assert.equal(inForce(), 'drain')
  clock.advance(60_000)
  await until(inForce, (it) => it === null)
  assert.equal(clock.pending(), 0)
})

test('a policy that reads as before keeps its compiled service through a new revision', async () => {
  const clock = manualClock(0)
  const live = createLiveSnapshot()
  const snapshots = createSnapshots(
    live,
    { revision, set: setOf('[up]'), overrides: [], geo: fakeGeo([]) },
    { ...clock, prepare, onFailure },
  )
  const compiled = live.current()?.services.get('api')
  await snapshots.update({ revision: { ...revision, number: 2 }, set: setOf('[up]') })
  assert.equal(live.current()?.revision.number, 2)
  assert.equal(live.current()?.services.get('api'), compiled)
  await snapshots.update({ revision: { ...revision, number: 3 }, set: setOf('[up]', '10s') })
  assert.notEqual(live.current()?.services.get('api'), compiled)
})

const OVERRIDES: readonly (readonly [
  name: string,
  overrides: readonly Override[],
  day: string | null,
  night: string | null,
])[] = [
  ['none', [], null, null],
  ['one endpoint', [override('api/day', 'down')], 'down', null],
  ['a glob', [override('*/*', 'drain')], 'drain', 'drain'],
  ['a service alone is all of it', [override('api', 'down')], 'down', 'down'],
  ['another service', [override('app/day', 'down')], null, null],
  ['later ones win', [override('api/*', 'down'), override('api/day', 'up')], 'up', 'down'],
  ['and the other way round', [override('api/day', 'up'), override('api/*', 'down')], 'down', 'down'],
  ['obey lifts what came before', [override('api/*', 'down'), override('api/day', 'obey')], null, 'down'],
  ['expired', [{ ...override('api/day', 'down'), expiresAtMs: 999 }], null, null],
  ['the end is exclusive', [{ ...override('api/day', 'down'), expiresAtMs: 1_000 }], null, null],
  ['not yet expired', [{ ...override('api/day', 'down'), expiresAtMs: 1_001 }], 'down', null],
]

for (const [name, overrides, day, night] of OVERRIDES) {
  test(`overrides: ${name}`, () => {
    const facts = assembleFacts({ policies: setOf('[up]').policies, overrides }, 1_000, null)
    assert.deepEqual(
      facts.of.get('api')?.endpoints.map((it) => it.override?.state ?? null),
      [day, night],
    )
  })
}

test('facts that did not change are the same objects', () => {
  const { policies } = setOf('[up]')
  const before = assembleFacts({ policies, overrides: [override('api/day', 'down')] }, 0, null)
  const after = assembleFacts(
    { policies, overrides: [override('api/day', 'down'), override('other/x', 'down')] },
    0,
    before,
  )
  assert.equal(after.of.get('api'), before.of.get('api'))
  assert.equal(after.number, before.number + 1)
})

test('changes that come while one is compiled are in force together with it, once', async () => {
  const live = createLiveSnapshot()
  const snapshots = createSnapshots(
    live,
    { revision, set: setOf('[up]'), overrides: [], geo: fakeGeo([]) },
    { ...manualClock(0), prepare, onFailure },
  )
  const numbers: number[] = []
  live.subscribe((snapshot) => numbers.push(snapshot.revision.number))
  const updates = [2, 3, 4].map((number) =>
    snapshots.update({ revision: { ...revision, number }, set: setOf('[up]', `${number}s`) }),
  )
  await updates[0]
  assert.deepEqual([numbers.at(-1), live.current()?.services.get('api')?.policy.ttlSeconds], [4, 4])
  await Promise.all(updates)
  assert.deepEqual(numbers, [4])
})

test('who made a change waits for that one, and not for those that others go on making', async () => {
  const clock = manualClock(1_000)
  const live = createLiveSnapshot()
  const set = setOf('[up]')
  const snapshots = createSnapshots(
    live,
    { revision, set, overrides: [], geo: fakeGeo([]) },
    { ...clock, prepare, onFailure },
  )
  const state = { isOver: false, others: 0 }
  const goOn = async (): Promise<void> => {
    if (state.isOver || state.others === 50) return
    state.others++
    const health = new Map([['api', new Map([['day', { ...UP, nextChangeMs: state.others }]])]])
    setImmediate(goOn)
    await snapshots.update({ health })
  }
  void goOn()
  await snapshots.update({ overrides: [override('api/day', 'down')] })
  state.isOver = true
  assert.equal(live.current()?.facts.of.get('api')?.endpoints[0]?.override?.state, 'down')
  assert.ok(state.others < 50, 'it would have waited for ever')
  await snapshots.close()
})

test('facts that say the same are not published again', async () => {
  const clock = manualClock(1_000)
  const live = createLiveSnapshot()
  const health = () => new Map([['api', new Map([['day', UP]])]])
  const inputs = { revision, set: setOf('[up]'), overrides: [], geo: fakeGeo([]), health: health() }
  const snapshots = createSnapshots(live, inputs, { ...clock, prepare, onFailure })
  const before = live.current()
  await snapshots.update({ health: health() })
  assert.equal(live.current(), before)
  await snapshots.update({ health: new Map([['api', new Map([['day', { ...UP, health: 'down' as const }]])]]) })
  assert.notEqual(live.current(), before)
  await snapshots.close()
})

test('shares that are limited in their speed move on by themselves, and rest when they are there', async () => {
  const clock = manualClock(1_000)
  const live = createLiveSnapshot()
  const set = setOf('[up, { shed: { metric: load, low: 50, high: 90, perMinute: 60% } }]')
  const at = (load: number) => new Map([['api', new Map([['day', { ...UP, load: { load } }]])]])
  const inputs = { revision, set, overrides: [], geo: fakeGeo([]), health: at(10) }
  const snapshots = createSnapshots(live, inputs, { ...clock, prepare, onFailure })
  assert.equal(clock.pending(), 0)
  await snapshots.update({ health: at(100) })
  const share = () => live.current()?.facts.of.get('api')?.endpoints[0]?.shedShare[1] ?? 0
  const seen = [share()]
  for (let step = 0; step < 200 && clock.pending() > 0; step++) {
    clock.advance(2_000)
    await snapshots.update({})
    seen.push(share())
  }
  assert.equal(seen.at(-1), 1)
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  )
  assert.ok(seen.length > 40 && seen.length < 60, `there after ${seen.length} looks of 2 s at 60% a minute`)
  await snapshots.close()
})

test('what cannot be compiled when its time has come is told and tried again, and keeps nobody from closing', async () => {
  const clock = manualClock(1_000)
  const live = createLiveSnapshot()
  const drain: Override = { ...override('api/day', 'drain'), expiresAtMs: 61_000 }
  const inputs = { revision, set: setOf('[up]'), overrides: [drain], geo: fakeGeo([]) }
  const told: string[] = []
  const broken = { left: 0 }
  const snapshots = createSnapshots(live, inputs, {
    ...clock,
    onFailure: ({ message }) => told.push(message),
    *prepare(snapshot) {
      if (broken.left-- > 0) throw new Error('no memory')
      yield* prepare(snapshot)
    },
  })
  const inForce = () => live.current()?.facts.of.get('api')?.endpoints[0]?.override?.state ?? null
  broken.left = 2
  clock.advance(60_000)
  await until(
    () => told.length,
    (count) => count === 1,
  )
  assert.equal(inForce(), 'drain')
  // Whoever waits for a change is told, and not the log.
  await assert.rejects(snapshots.update({}), /no memory/)
  assert.deepEqual([told, clock.pending()], [['no memory'], 1])
  clock.advance(10_000)
  await until(inForce, (state) => state === null)
  assert.equal(clock.pending(), 0)
  broken.left = 1
  await assert.rejects(snapshots.update({ overrides: [drain, override('api/night', 'down')] }), /no memory/)
  await snapshots.close()
  assert.equal(clock.pending(), 0)
})

/** Endpoints that are in a list of a plan in force. */
const named = (snapshot: Snapshot | null): readonly string[] => {
  const service = snapshot?.services.get('api')
  const listed = new Set(service?.map.plans.flatMap(({ lists }) => lists.flat()))
  return service?.policy.endpoints.filter(({ index }) => listed.has(index)).map(({ id }) => id) ?? []
}
const DAY_DOWN = new Map([['api', new Map([['day', { ...UP, health: 'down' as const }]])]])

test('who has gone is out of the plans at once, and nothing brings it back until it is compiled', async () => {
  const live = createLiveSnapshot()
  const seen: (readonly [number: number, revision: number, named: string])[] = []
  live.subscribe((snapshot) => seen.push([snapshot.number, snapshot.revision.number, named(snapshot).join(' ')]))
  let onPrepare: (() => void) | null = null
  const snapshots = createSnapshots(
    live,
    { revision, set: setOf('[up]'), overrides: [], geo: fakeGeo([]), health: new Map() },
    {
      ...manualClock(0),
      onFailure,
      *prepare(snapshot) {
        onPrepare?.()
        onPrepare = null
        yield* prepare(snapshot)
      },
    },
  )
  let going: Promise<void> = Promise.resolve()
  // While a revision is compiled that knows nothing of it.
  onPrepare = () => {
    going = snapshots.update({ health: DAY_DOWN })
    assert.deepEqual(named(live.current()), ['night'])
  }
  await snapshots.update({ revision: { ...revision, number: 2 }, set: setOf('[up]', '20s') })
  await going
  assert.deepEqual(seen, [
    [1, 1, 'day night'],
    [2, 1, 'night'],
    [3, 2, 'night'],
    [4, 2, 'night'],
  ])
  assert.deepEqual(
    live
      .current()
      ?.services.get('api')
      ?.map.plans.map(({ ttlSeconds }) => ttlSeconds),
    [20],
  )
  await snapshots.close()
})

test('who has gone and come back before anything was compiled is there again', async () => {
  const live = createLiveSnapshot()
  const inputs = { revision, set: setOf('[up]'), overrides: [], geo: fakeGeo([]), health: new Map() }
  const snapshots = createSnapshots(live, inputs, { ...manualClock(0), prepare, onFailure })
  const before = live.current()
  const updates = [snapshots.update({ health: DAY_DOWN }), snapshots.update({ health: new Map() })]
  assert.deepEqual(named(live.current()), ['night'])
  await Promise.all(updates)
  assert.deepEqual(named(live.current()), ['day', 'night'])
  assert.equal(live.current()?.services.get('api'), before?.services.get('api'))
  assert.equal(live.current()?.number, 3)
  await snapshots.close()
  await snapshots.update({ health: DAY_DOWN })
  assert.deepEqual(named(live.current()), ['day', 'night'], 'nothing is published any more')
})
