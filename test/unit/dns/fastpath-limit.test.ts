import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { createCookieJar, rotateSecret } from '../../../src/dns/cookies.ts'
import { monotonicMs } from '../../../src/dns/fastpath/messages.ts'
import { startFastDns } from '../../../src/dns/fastpath/server.ts'
import { loadSyscalls } from '../../../src/dns/fastpath/syscalls.ts'
import { createRateLimiter, judge, microsOf, secondOf, VERDICT, zoneHash } from '../../../src/dns/rate-limit.ts'
import { createResponder } from '../../../src/dns/respond.ts'
import { createZones } from '../../../src/dns/zones.ts'
import { atOnce } from '../../../src/domain/turns.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'
import { draws } from '../../helpers/draws.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const loaded = await loadSyscalls()
const skip = loaded.kind === 'unavailable' ? `no fast path here: ${loaded.reason}` : false

const snapshot = makeSnapshot({
  documents: {
    'zone.yaml': `zone: geo.example
soa: { rname: hostmaster.geo.example }
ns: { ns1.geo.example: [192.0.2.53] }
`,
    'api.yaml': `service: api
names: { dns: [api.geo.example] }
ttl: 30s
endpoints: { one: { a: [192.0.2.1] } }
steer: [up]
`,
  },
})

/** Two workers, the main thread behind them, and eight clients, so that each worker has some. */
async function start(t: TestContext) {
  const cookies = createCookieJar([new Uint8Array(16).fill(1)])
  const limiter = createRateLimiter({ perSecond: 1, slip: 1, exempt: [] }, draws(1))
  const onMain: string[] = []
  const outcome = await startFastDns({
    host: '127.0.0.1',
    port: 0,
    respond: createResponder({
      current: () => snapshot,
      nowMs: () => TEST_NOW_MS,
      dice: () => 0,
      debug: [],
      nodeId: 'node-1',
      cookies,
      rateLimit: { limiter, steadyMs: monotonicMs },
      findAliasAddresses: () => null,
      onAnswer: () => onMain.push('answer'),
      onLimited: (verdict) => onMain.push(verdict),
      onFailure: (error) => {
        throw error
      },
    }),
    schedule: (task) => {
      const timer = setImmediate(task)
      return () => clearImmediate(timer)
    },
    workers: 2,
    snapshot,
    zones: createZones(),
    inTurns: (turns) => Promise.resolve(atOnce(turns)),
    debug: [],
    nodeId: 'node-1',
    version: null,
    cookies,
    limiter,
    nowMs: () => TEST_NOW_MS,
    dice: () => 1,
    onProblem: (message) => assert.fail(message),
  })
  assert.ok(outcome.kind === 'started')
  const { server } = outcome
  t.after(() => server.close())
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = createSocket('udp4')
      socket.connect(server.port, '127.0.0.1')
      await once(socket, 'connect')
      t.after(() => socket.close())
      return socket
    }),
  )
  const askAll = (query: string): Promise<readonly string[]> =>
    Promise.all(
      sockets.map(async (socket) => {
        socket.send(composeQuery(query).bytes)
        const [message] = (await once(socket, 'message')) as [Buffer]
        const { rcode, flags, answer, edns } = describeMessage(message)
        return [rcode, flags, ...answer, edns ?? ''].join(' ').trim()
      }),
    )
  return { askAll, cookies, limiter, onMain, collect: () => server.collect() }
}

test('one limit for all workers and the main thread; cookies of one are good for all', { skip }, async (t) => {
  const { askAll, cookies, limiter, onMain, collect } = await start(t)
  const client = Uint8Array.of(127, 0, 0, 1)
  const zone = zoneHash('\x03geo\x07example\0')
  // Far ahead, so that what is owed is owed for all of the test.
  const aheadMs = monotonicMs() + 50_000
  assert.equal(judge(limiter, client, 0, 4, zone, 0, microsOf(aheadMs), secondOf(aheadMs)), VERDICT.pass)

  const slips = new Set(await askAll('api.geo.example A'))
  assert.deepEqual([...slips], ['NOERROR qr aa tc'])
  assert.deepEqual(onMain, [])
  // NSID is for the main thread.
  assert.deepEqual([...new Set(await askAll('api.geo.example A +opt=3:'))], ['NOERROR qr aa tc udp=1232'])
  assert.deepEqual(onMain, new Array(8).fill('slip'))

  const [fresh = ''] = await askAll('api.geo.example A +opt=10:0102030405060708')
  const value = /^BADCOOKIE qr udp=1232 option10=([0-9a-f]{48})$/.exec(fresh)?.[1]
  const good = await askAll(`api.geo.example A +opt=10:${value}`)
  const answer = `NOERROR qr aa api.geo.example. 30 A 192.0.2.1 udp=1232 option10=${value}`
  assert.deepEqual([...new Set(good)], [answer])

  rotateSecret(cookies, new Uint8Array(16).fill(2))
  const renewed = await askAll(`api.geo.example A +opt=10:${value}`)
  assert.ok(renewed.every((text) => text.startsWith('NOERROR qr aa api.geo.example. 30 A') && text !== answer))

  const { limited, cookies: counted, answers } = collect()
  assert.deepEqual(limited, { slip: 16, drop: 0 })
  assert.equal(
    counted.filter(({ cookie }) => cookie === 'good').reduce((sum, { count }) => sum + count, 0),
    16,
  )
  assert.equal(
    answers.reduce((sum, { count }) => sum + count, 0),
    16,
  )
})
