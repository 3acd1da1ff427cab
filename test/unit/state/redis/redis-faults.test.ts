import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { skipWithout } from '../../../../scripts/install-debian.ts'
import { RevisionConflict, type Store, StoreUnavailable } from '../../../../src/ports/store.ts'
import { keysOf } from '../../../../src/state/redis/keys.ts'
import { openRedisStore } from '../../../../src/state/redis/open-redis-store.ts'
import { loadScripts } from '../../../../src/state/redis/scripts.ts'
import { type RedisServer, schedule, startRedisServer } from '../../../helpers/redis-server.ts'
import { until } from '../../../helpers/until.ts'
import { override } from '../../../suites/store/harness.ts'
import { changesOf } from '../../../suites/store-suite.ts'

const skip = skipWithout('redis-server')
const META = { author: 'ada', reason: 'why not', atMs: 0 }
const PREFIX = 'faults'
const KEYS = keysOf(PREFIX)
const DURABLE = ['--appendonly', 'yes']

interface World {
  readonly server: RedisServer
  readonly problems: string[]
  open(): Promise<Store>
}

async function world(t: TestContext, args: readonly string[] = []): Promise<World> {
  const server = await startRedisServer({ args })
  const stores: Store[] = []
  const problems: string[] = []
  t.after(async () => {
    for (const store of stores) await store.close()
    await server.stop()
  })
  return {
    server,
    problems,
    async open() {
      const store = await openRedisStore({
        ...{ place: server.place, prefix: PREFIX, nowMs: () => 0, schedule },
        ...{
          compareEveryMs: 200,
          answerWithinMs: 500,
          readyWithinMs: 500,
          onProblem: (message) => problems.push(message),
        },
      })
      stores.push(store)
      return store
    },
  }
}

const revision =
  (number: number) =>
  (change: object): boolean =>
    'number' in change && change.number === number
const isOverrides = ({ kind }: { kind: string }): boolean => kind === 'overrides'

test('what was acknowledged is there after a crash, and watching goes on', { skip }, async (t) => {
  const { server, open, problems } = await world(t, DURABLE)
  const [one, other] = [await open(), await open()]
  const changes = changesOf(other)
  await one.commit(0, [], META)
  await one.setOverride(override('api/virginia'))
  await changes.next(isOverrides)
  await server.kill()
  await until(
    () => problems.length,
    (count) => count > 0,
  )
  assert.match(problems[0] ?? '', /^changes of the state in Redis are not told now: .*This is tried again\.$/)
  await assert.rejects(one.head(), StoreUnavailable)
  await assert.rejects(one.commit(1, [], META), (error: StoreUnavailable) => {
    assert.match(error.message, /^revision 2 could not be written: .*nothing listens there.*Nothing was written\.$/)
    return error.written === 'no'
  })
  await server.start()
  await until(
    () => one.head().catch(() => null),
    (head) => head?.number === 1,
  )
  assert.deepEqual(await one.overrides(0), [override('api/virginia')])
  await one.commit(1, [], META)
  await changes.next(revision(2))
  assert.equal(problems.at(-1), 'changes of the state in Redis are told again')
  assert.equal(problems.length, 2)
})

test('a server that has stopped is refused in time; what was sent to it is done once', { skip }, async (t) => {
  const { server, open } = await world(t)
  const [one, other] = [await open(), await open()]
  const changes = changesOf(other)
  await one.commit(0, [], META)
  await changes.next(revision(1))
  server.signal('SIGSTOP')
  const refused = one.commit(1, [], META)
  await assert.rejects(refused, (error: StoreUnavailable) => error.written === 'unknown')
  await assert.rejects(one.overrides(0), StoreUnavailable)
  server.signal('SIGCONT')
  // The kernel had taken it: it is written, once, however often it was sent.
  await changes.next(revision(2))
  assert.equal((await one.head())?.number, 2)
  assert.equal((await one.history(10)).length, 2)
})

test('a write whose answer is lost is done once, also when others follow it', { skip }, async (t) => {
  const { server, open } = await world(t)
  const store = await open()
  const { commit } = loadScripts()
  const write = (id: string, base: number): Promise<unknown> =>
    server.ask(
      ...(['EVAL', commit.text, 5, KEYS.state, KEYS.revisions, KEYS.history, KEYS.changes, KEYS.done(id)] as const),
      ...[base, id, 'text', 'entry', 10, 10, 600, 'epoch', 1],
    )
  assert.deepEqual(await write('a', 0), [1, 1])
  assert.deepEqual(await write('a', 0), [1, 1])
  await store.commit(1, [], META)
  assert.deepEqual(await write('a', 0), [1, 1])
  assert.deepEqual(await write('b', 0), [0, 2])
  assert.equal(await server.ask('XLEN', KEYS.changes), 2)
})

test('two who build on one revision: one wins, the other is told', { skip }, async (t) => {
  const { open } = await world(t)
  const [one, other] = [await open(), await open()]
  for (let base = 0; base < 20; base++) {
    const results = await Promise.allSettled([one.commit(base, [], META), other.commit(base, [], META)])
    const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    assert.equal(lost.length, 1)
    assert.ok(lost[0] instanceof RevisionConflict && lost[0].head === base + 1)
  }
})

test('a trimmed stream is a gap: the state is looked at', { skip }, async (t) => {
  const { server, open } = await world(t)
  const [one, other] = [await open(), await open()]
  const changes = changesOf(other)
  await one.commit(0, [], META)
  await changes.next(revision(1))
  await server.ask('CLIENT', 'PAUSE', 300, 'ALL')
  const writes = [1, 2, 3].map((base) => one.commit(base, [], META).catch(() => null))
  const trim = server.ask('XTRIM', KEYS.changes, 'MAXLEN', 1)
  await Promise.all([...writes, trim])
  await changes.next(revision(4))
})

const unnoticed: [name: string, harm: (server: RedisServer) => Promise<unknown>][] = [
  ['deleted', (server) => server.ask('DEL', KEYS.changes)],
  ['set back', (server) => server.ask('XTRIM', KEYS.changes, 'MAXLEN', 0)],
]
for (const [name, harm] of unnoticed) {
  test(`a change whose notice was ${name} is found by comparing`, { skip }, async (t) => {
    const { server, open } = await world(t)
    const [one, other] = [await open(), await open()]
    await one.commit(0, [], META)
    const changes = changesOf(other)
    await harm(server)
    await server.ask('HSET', KEYS.state, 'overrides', 7, 'overridesId', 'unheard')
    await changes.next(isOverrides)
    await one.commit(1, [], META)
    await changes.next(revision(2))
  })
}

test('a Redis that comes back empty is reported, and nothing is told', { skip }, async (t) => {
  const { server, open, problems } = await world(t)
  const store = await open()
  const changes = changesOf(store)
  await store.commit(0, [], META)
  await store.commit(1, [], META)
  await changes.next(revision(2))
  await server.ask('FLUSHALL')
  await until(
    () => problems.length,
    (count) => count > 0,
  )
  assert.deepEqual(problems, ['Redis is empty; revision 2 was the newest. What is in force here stays.'])
  assert.equal(changes.seen.length, 2)
  await assert.rejects(store.commit(2, [], META), RevisionConflict)
  // Somebody begins anew: that is another history.
  await (await open()).commit(0, [], META)
  await changes.next(revision(1))
})

test('a Redis that went back is reported; what is built on it is told', { skip }, async (t) => {
  const { server, open, problems } = await world(t)
  const store = await open()
  const changes = changesOf(store)
  for (const base of [0, 1, 2]) await store.commit(base, [], META)
  await changes.next(revision(3))
  await server.ask('HSET', KEYS.state, 'revision', 1, 'revisionId', 'older')
  await until(
    () => problems.length,
    (count) => count > 0,
  )
  assert.deepEqual(problems, ['Redis has lost the revision 3: the newest there is 1. What is in force here stays.'])
  await server.ask('HSET', KEYS.state, 'revision', 2, 'revisionId', 'another')
  await changes.next(revision(2))
})

test('a full memory refuses the whole of a write', { skip }, async (t) => {
  const { server, open } = await world(t)
  const store = await open()
  await store.commit(0, [], META)
  const before = await server.ask('HGETALL', KEYS.state)
  await server.ask('CONFIG', 'SET', 'maxmemory', 1, 'maxmemory-policy', 'noeviction')
  await assert.rejects(store.commit(1, [], META), /its memory is full.*Nothing was written/)
  await assert.rejects(store.setOverride(override('api/virginia')), /its memory is full.*Nothing was written/)
  assert.deepEqual(await server.ask('HGETALL', KEYS.state), before)
  assert.equal(await server.ask('XLEN', KEYS.changes), 1)
  assert.equal(await server.ask('HLEN', KEYS.revisions), 1)
})

for (const key of ['revisions', 'history', 'changes', 'state'] as const) {
  test(`a key ${key} of another type refuses the whole of a write`, { skip }, async (t) => {
    const { server, open } = await world(t)
    const store = await open()
    await server.ask('SET', KEYS[key], 'foreign')
    await assert.rejects(store.commit(0, [], META), /choose another redis\.prefix.*Nothing was written/)
    assert.deepEqual(await server.ask('KEYS', '*'), [KEYS[key]])
  })
}

test('every key has a bound, or expires', { skip }, async (t) => {
  const { server, open } = await world(t)
  const store = await open()
  for (let base = 0; base < 1_500; base += 1) await store.commit(base, [], META)
  assert.equal(await server.ask('HLEN', KEYS.revisions), 1_000)
  assert.equal(await server.ask('HLEN', KEYS.history), 1_000)
  assert.ok(Number(await server.ask('XLEN', KEYS.changes)) < 1_200)
  const [, done] = (await server.ask('SCAN', 0, 'MATCH', KEYS.done('*'), 'COUNT', 10)) as [string, string[]]
  assert.ok(done.length > 0)
  for (const key of done) assert.ok(Number(await server.ask('TTL', key)) > 0)
})

test('there are at most 1,000 overrides; expired ones make room', { skip }, async (t) => {
  const { open } = await world(t)
  const store = await open()
  const targets = Array.from({ length: 1_000 }, (_, index) => `api/e${index}`)
  await store.setOverride(override('api/gone', { expiresAtMs: 0 }))
  for (const target of targets) await store.setOverride(override(target))
  await assert.rejects(store.setOverride(override('api/more')), /there are 1000 overrides, and may be 1000/)
  await store.setOverride(override('api/e0', { state: 'up' }))
  assert.equal((await store.overrides(0)).length, 1_000)
})

test('what is too large is refused before it is sent', { skip }, async (t) => {
  const { open } = await world(t)
  const store = await open()
  const reason = 'x'.repeat(20_000)
  await assert.rejects(store.commit(0, [], { ...META, reason }), /the most is 16384\. Nothing was written/)
  await assert.rejects(store.setOverride(override('api/virginia', { reason })), /the most is 8192\. It is not set/)
  assert.equal(await store.head(), null)
})

test('what cannot be read does not come into force as something older', { skip }, async (t) => {
  const { server, open, problems } = await world(t)
  const store = await open()
  await store.commit(0, [], META)
  await store.commit(1, [], META)
  await store.setOverride(override('api/virginia'))
  await server.ask('HSET', KEYS.revisions, 2, '{"version":2}')
  await server.ask('HSET', KEYS.history, 1, '{}')
  await server.ask('HSET', KEYS.overrides, 'api/odd', '- 9 {}')
  const fresh = await open()
  await assert.rejects(fresh.head(), /revision 2 in Redis cannot be read: version is 2/)
  assert.deepEqual(
    (await fresh.history(10)).map(({ number }) => number),
    [2],
  )
  assert.deepEqual(await fresh.overrides(0), [override('api/virginia')])
  assert.equal(problems.length, 2)
})
