import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Store, StoreUnavailable } from '../../../../src/ports/store.ts'
import { openRedisStore } from '../../../../src/state/redis/open-redis-store.ts'
import { bulk, type FakeRedis, NOTHING, type Reply, startFakeRedis } from '../../../helpers/fake-redis.ts'
import { freePort, placeOf, schedule } from '../../../helpers/redis-server.ts'

const META = { author: 'ada', reason: 'why not', atMs: 0 }
const options = { prefix: 'x', nowMs: () => 0, schedule, openWithinMs: 500, answerWithinMs: 300, readyWithinMs: 1_000 }

async function onFake(
  t: TestContext,
  reply: (name: string, args: readonly string[]) => Reply,
): Promise<{ fake: FakeRedis; store: Store }> {
  const fake = await startFakeRedis((name, args) => (name === 'HMGET' ? NOTHING : reply(name, args)))
  const store = await openRedisStore({ ...options, place: fake.place })
  t.after(async () => {
    await store.close()
    await fake.stop()
  })
  return { fake, store }
}

/** What is said, and whether the write may be in. */
const refusals: [reply: string, written: 'no' | 'unknown', said: RegExp][] = [
  ['-LOADING Redis is loading the dataset in memory', 'no', /reading its data from disk/],
  ["-READONLY You can't write against a read only replica.", 'no', /it is a replica now/],
  ["-OOM command not allowed when used memory > 'maxmemory'.", 'no', /its memory is full; give it more/],
  ['-NOAUTH Authentication required.', 'no', /asks for a password; set redis\.passwordFile/],
  ['-NOPERM this user has no permissions to run', 'no', /its user may not do that/],
  ['-MISCONF Errors writing to the AOF file', 'no', /cannot write its own file/],
  ['-NOREPLICAS Not enough good replicas to write.', 'no', /fewer replicas than/],
  ['-WRONGTYPE Operation against a key', 'no', /choose another redis\.prefix/],
  ['-MOVED 866 127.0.0.1:7001', 'no', /write redis\+cluster:\/\//],
  ['-CLUSTERDOWN Hash slot not served', 'no', /too few nodes/],
  ['-ERR something new', 'no', /refused the command \(it said: ERR something new/],
]
for (const [reply, written, said] of refusals) {
  test(`a write that is answered ${reply.split(' ')[0]} says so`, async (t) => {
    const { store } = await onFake(t, () => `${reply}\r\n`)
    await assert.rejects(store.commit(0, [], META), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailable)
      assert.match(error.message, /^revision 1 could not be written: Redis at redis:\/\/127\.0\.0\.1:\d+: /)
      assert.match(error.message, said)
      assert.match(error.message, /Nothing was written\.$/)
      assert.equal(error.written, written)
      return true
    })
    await assert.rejects(store.overrides(0), (error: Error) => {
      assert.match(error.message, /^the overrides could not be read: /)
      assert.match(error.message, /What is in force stays\.$/)
      return said.test(error.message)
    })
  })
}

for (const reply of ['silence', 'hangUp'] as const) {
  test(`a write that is answered by ${reply} is sent three times, the same, and then not known`, async (t) => {
    const sent: string[] = []
    const { store } = await onFake(t, (_name, args) => {
      sent.push(JSON.stringify(args))
      return reply
    })
    await assert.rejects(store.commit(0, [], META), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailable)
      assert.equal(error.written, 'unknown')
      assert.match(error.message, /it may have been written, or not\. Look before you try again\.$/)
      return true
    })
    assert.equal(sent.length, 3)
    assert.equal(new Set(sent).size, 1)
  })
}

test('a refusal after a try that was not answered does not say that nothing was written', async (t) => {
  const replies: Reply[] = ['hangUp', "-OOM command not allowed when used memory > 'maxmemory'.\r\n"]
  const { store } = await onFake(t, () => replies.shift() ?? '-OOM still\r\n')
  await assert.rejects(store.commit(0, [], META), (error: StoreUnavailable) => error.written === 'unknown')
})

test('a read that is not answered is asked again', async (t) => {
  const replies: Reply[] = ['hangUp', 'silence']
  const { store, fake } = await onFake(t, () => replies.shift() ?? '*0\r\n')
  assert.deepEqual(await store.overrides(0), [])
  assert.deepEqual(fake.asked, ['HMGET', 'HVALS', 'HVALS', 'HVALS'])
})

test('a script that the server does not know is sent whole', async (t) => {
  const { store, fake } = await onFake(t, (name) =>
    name === 'EVALSHA' ? '-NOSCRIPT No matching script.\r\n' : '*2\r\n:1\r\n:1\r\n',
  )
  assert.equal((await store.commit(0, [], META)).number, 1)
  assert.deepEqual(fake.asked, ['HMGET', 'EVALSHA', 'EVAL'])
})

test('a server that does not answer keeps no pile of commands, nor of connections', async (t) => {
  const { store, fake } = await onFake(t, () => 'silence')
  const tries = await Promise.allSettled(Array.from({ length: 200 }, () => store.overrides(0)))
  assert.ok(tries.every(({ status }) => status === 'rejected'))
  assert.ok(fake.connections() <= 1)
})

const schema = (version: string): string => `*7\r\n${bulk(version)}${bulk('epoch')}${bulk('0')}${'$-1\r\n'.repeat(4)}`
const openings: [name: string, reply: string, said: RegExp][] = [
  ['a newer schema', schema('2'), /has schema 2, this Nearcast reads up to 1: bring it up to date/],
  ['no number', schema('1').replace('$1\r\n0', '$1\r\nx'), /change in the state in Redis is "x"/],
  ['a missing password', '-NOAUTH Authentication required.\r\n', /asks for a password/],
  ['something of another type', '-WRONGTYPE Operation against a key\r\n', /choose another redis\.prefix/],
]
for (const [name, reply, said] of openings) {
  test(`opening on ${name} is refused`, async (t) => {
    const fake = await startFakeRedis(() => reply)
    t.after(() => fake.stop())
    await assert.rejects(openRedisStore({ ...options, place: fake.place }), (error: unknown) => {
      assert.ok(error instanceof StoreUnavailable)
      assert.match(error.message, /^the shared state cannot be opened: Redis at /)
      assert.match(error.message, said)
      return true
    })
  })
}

test('opening where nothing listens says so, in time', async () => {
  const port = await freePort()
  for (const url of [
    `redis://127.0.0.1:${port}`,
    `redis+cluster://127.0.0.1:${port}`,
    `redis+sentinel://127.0.0.1:${port}/fleet`,
  ]) {
    await assert.rejects(openRedisStore({ ...options, place: placeOf(url) }), (error: Error) => {
      assert.ok(error.message.startsWith(`the shared state cannot be opened: Redis at ${url}: `), error.message)
      assert.match(error.message, /nothing listens there|no Sentinel tells|no node of the Cluster answers/)
      return true
    })
  }
})
