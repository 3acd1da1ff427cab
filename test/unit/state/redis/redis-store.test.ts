import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { skipWithout } from '../../../../scripts/install-debian.ts'
import { openRedisStore } from '../../../../src/state/redis/open-redis-store.ts'
import { type RedisServer, schedule, startRedisServer } from '../../../helpers/redis-server.ts'
import { storeSuite } from '../../../suites/store-suite.ts'

const NOW_MS = Date.UTC(2026, 0, 2)
const skip = skipWithout('redis-server')

let server: RedisServer
let worlds = 0
before(async () => {
  if (skip === false) server = await startRedisServer()
})
after(() => server?.stop())

if (skip === false) {
  storeSuite('redis', async () => {
    const prefix = `suite-${worlds++}`
    return {
      open: (options) =>
        openRedisStore({
          place: server.place,
          prefix,
          nowMs: () => NOW_MS,
          schedule,
          compareEveryMs: 1_000,
          ...options,
        }),
      shared: true,
      cleanUp: async () => {},
    }
  })
}
test('nothing', { skip }, () => assert.ok(true))
