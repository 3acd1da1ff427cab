import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithout } from '../../../../scripts/install-debian.ts'
import { openRedisStore } from '../../../../src/state/redis/open-redis-store.ts'
import { startSentinelFleet } from '../../../helpers/redis-sentinel.ts'
import { schedule } from '../../../helpers/redis-server.ts'
import { until } from '../../../helpers/until.ts'
import { override } from '../../../suites/store/harness.ts'
import { changesOf } from '../../../suites/store-suite.ts'

const META = { author: 'ada', reason: 'why not', atMs: 0 }

test('a failover loses nothing that was acknowledged, and watching goes on', {
  skip: skipWithout('redis-server'),
}, async (t) => {
  const fleet = await startSentinelFleet()
  const problems: string[] = []
  const open = () =>
    openRedisStore({
      ...{ place: fleet.place, prefix: 'failover', nowMs: () => 0, schedule },
      ...{ compareEveryMs: 500, answerWithinMs: 2_500, onProblem: (message) => problems.push(message) },
    })
  const [one, other] = [await open(), await open()]
  t.after(async () => {
    await Promise.all([one.close(), other.close()])
    await fleet.stop()
  })
  const changes = changesOf(other)
  await one.setOverride(override('api/virginia'))
  await one.commit(0, [], META)
  await fleet.primary.kill()
  // Whoever edits tries again until it is written, on what is the newest.
  await until(
    () =>
      one.commit(1, [], META).then(
        () => 'written',
        (error: Error) => error.name,
      ),
    (outcome) => outcome !== 'StoreUnavailable',
  )
  await changes.next((change) => change.kind === 'revision' && change.number === 2)
  assert.deepEqual(
    (await other.history(10)).map(({ number }) => number),
    [2, 1],
  )
  assert.deepEqual(await other.overrides(0), [override('api/virginia')])
  assert.ok(problems.includes('no replica of Redis has the last change yet: a failover now would lose it'))
})
