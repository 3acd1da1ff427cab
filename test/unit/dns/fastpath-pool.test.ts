import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { inTurns } from '../../../src/app/in-turns.ts'
import { type FastDnsServer, startFastDns } from '../../../src/dns/fastpath/server.ts'
import { loadSyscalls } from '../../../src/dns/fastpath/syscalls.ts'
import { createZones } from '../../../src/dns/zones.ts'
import type { Schedule } from '../../../src/ports/schedule.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'
import { completeFixture } from '../../helpers/fastpath.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { until } from '../../helpers/until.ts'

const loaded = await loadSyscalls()
const skip = loaded.kind === 'unavailable' ? `no fast path here: ${loaded.reason}` : false

/** The same names with other addresses and another serial. */
const version = (n: number): Snapshot =>
  makeSnapshot({
    documents: {
      'zone.yaml': `zone: geo.example
soa: { rname: hostmaster.geo.example, serial: ${n} }
ns: { ns1.geo.example: [192.0.2.53] }
records: [{ name: flat, type: ALIAS, value: target.elsewhere.test. }]
`,
      'api.yaml': `service: api
names: { dns: [api.geo.example] }
ttl: 30s
endpoints:
  one: { a: [192.0.2.${n}, 198.51.100.${n}] }
steer: [up]
`,
    },
  })

const complete = (snapshot: Snapshot) =>
  completeFixture(
    snapshot,
    () => TEST_NOW_MS,
    () => 0,
  )

interface Running {
  readonly server: FastDnsServer
  readonly problems: string[]
  use(snapshot: Snapshot): void
}

const soon: Schedule = (task) => {
  const timer = setImmediate(task)
  return () => clearImmediate(timer)
}

async function start(
  t: TestContext,
  snapshot: Snapshot,
  host = '127.0.0.1',
  schedule = soon,
  nowMs = () => TEST_NOW_MS + performance.now(),
): Promise<Running> {
  const problems: string[] = []
  let live = snapshot
  const outcome = await startFastDns({
    host,
    port: 0,
    respond: (...query) => complete(live)(...query),
    schedule,
    workers: 2,
    snapshot,
    zones: createZones(),
    inTurns,
    debug: [],
    nodeId: 'node-1',
    version: 'nearcast',
    cookies: null,
    limiter: null,
    nowMs,
    dice: () => 1,
    onProblem: (message) => problems.push(message),
  })
  assert.ok(outcome.kind === 'started')
  const { server } = outcome
  t.after(() => server.close())
  return {
    server,
    problems,
    use(next) {
      live = next
      server.publish(next)
    },
  }
}

/** Senders with ports of their own, so that every worker gets some. Resolves with each answer, or undefined when asked again in vain. */
async function openClients(t: TestContext, port: number, count: number, host = '127.0.0.1') {
  const family = host.includes(':') ? 'udp6' : 'udp4'
  const clients = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = createSocket(family)
      socket.connect(port, host)
      await once(socket, 'connect')
      return socket
    }),
  )
  t.after(() => {
    for (const socket of clients) socket.close()
  })
  let id = 0
  return {
    async ask(query: string): Promise<Buffer> {
      const mine = ++id & 0xffff
      const socket = clients[mine % clients.length]
      assert.ok(socket !== undefined)
      const { promise, resolve } = Promise.withResolvers<Buffer>()
      const onMessage = (message: Buffer) => {
        if (message.readUInt16BE(0) === mine) resolve(message)
      }
      socket.on('message', onMessage)
      socket.send(composeQuery(query, mine).bytes)
      const answer = await promise
      socket.off('message', onMessage)
      return answer
    },
  }
}

function expected(snapshot: Snapshot, query: string): string {
  const out = new Uint8Array(1232)
  const { bytes } = composeQuery(query, 0)
  const respond = completeFixture(
    snapshot,
    () => TEST_NOW_MS,
    () => 0,
  )
  const length = respond(bytes, bytes.length, { address: addressOf('127.0.0.1'), transport: 'udp' }, out)
  return Buffer.from(out.subarray(2, length)).toString('hex')
}

const withoutId = (answer: Buffer): string => answer.subarray(2).toString('hex')
const QUERIES = ['api.geo.example A +edns', 'api.geo.example TXT', 'no.geo.example A', 'example.net A +edns'] as const

test('workers answer, and what they hand over is answered through their socket', { skip }, async (t) => {
  const snapshot = version(1)
  const { server } = await start(t, snapshot)
  const clients = await openClients(t, server.port, 4)
  for (const query of [
    ...QUERIES,
    'id.server TXT CH',
    'flat.geo.example A +edns',
    'api.geo.example A +opt=10:0102030405060708',
  ]) {
    for (let i = 0; i < 4; i++) assert.equal(withoutId(await clients.ask(query)), expected(snapshot, query), query)
  }
  const { answers, subnets, dropped, unsent } = server.collect()
  assert.deepEqual(answers.map(({ key, count }) => `${key.rcode} ${key.service} ${key.endpoint} ${count}`).sort(), [
    '0 api one 8',
    '0 null null 4',
    '0 null null 4',
    '3 null null 4',
    '5 null null 4',
  ])
  assert.deepEqual(subnets, [{ prefixLength: null, count: 24 }])
  assert.deepEqual([dropped, unsent], [0, 0])
  assert.deepEqual(server.collect().answers, [], 'what was collected is not told again')
})

test('a swap under load loses nothing, mixes nothing, and holds once it is taken', { skip }, async (t) => {
  const versions = [version(1), version(2), version(3)]
  const known = new Map(QUERIES.map((query) => [query, versions.map((snapshot) => expected(snapshot, query))]))
  const { server, use } = await start(t, versions[0] as Snapshot)
  const clients = await openClients(t, server.port, 8)
  let published = 1
  let isDone = false
  const load = Array.from({ length: 16 }, async (_, lane) => {
    for (let i = 0; !isDone; i++) {
      const query = QUERIES[(lane + i) % QUERIES.length] as (typeof QUERIES)[number]
      const oldest = server.acknowledged()
      const answer = withoutId(await clients.ask(query))
      const candidates = known.get(query) ?? []
      const allowed = Array.from({ length: published - oldest + 1 }, (_, age) => candidates[(published - age - 1) % 3])
      assert.ok(oldest === 0 || allowed.includes(answer), `${query} was answered from no table in force: ${answer}`)
    }
  })
  for (let round = 0; round < 30; round++) {
    published++
    use(versions[(published - 1) % 3] as Snapshot)
    await until(server.acknowledged, (oldest) => oldest === published)
  }
  isDone = true
  await Promise.all(load)
})

test('a worker that is killed is started again, and the queries that came meanwhile are answered', {
  skip,
}, async (t) => {
  const snapshot = version(1)
  const { server, problems } = await start(t, snapshot)
  const clients = await openClients(t, server.port, 8)
  await Promise.all(Array.from({ length: 32 }, () => clients.ask(QUERIES[0])))
  await server.threads[0]?.kill()
  const answers = await Promise.all(Array.from({ length: 32 }, () => clients.ask(QUERIES[0])))
  for (const answer of answers) assert.equal(withoutId(answer), expected(snapshot, QUERIES[0]))
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /^worker 1 of the fast DNS path ended and is started again in 100 ms: /)
})

test('a worker that dies again and again is started again later and later', { skip }, async (t) => {
  const { server, problems } = await start(t, version(1))
  for (let deaths = 1; deaths <= 3; deaths++) {
    const before = server.threads[0]?.threadId
    await server.threads[0]?.kill()
    await until(
      () => server.threads[0]?.threadId ?? -1,
      (id) => id !== before && id > 0,
    )
  }
  const delays = problems.map((problem) => /in (\d+) ms/.exec(problem)?.[1])
  assert.deepEqual(delays, ['100', '200', '400'])
})

test('while there is no worker the main thread answers what comes to its socket', { skip }, async (t) => {
  const snapshot = version(1)
  // Workers are not started again; all else is done soon.
  const withoutRestart: Schedule = (task, delayMs) => (delayMs === 100 ? () => {} : soon(task, delayMs))
  const { server } = await start(t, snapshot, '127.0.0.1', withoutRestart)
  const clients = await openClients(t, server.port, 8)
  await Promise.all(server.threads.map((thread) => thread.kill()))
  server.collect()
  for (const query of [...QUERIES, ...QUERIES]) {
    assert.equal(withoutId(await clients.ask(query)), expected(snapshot, query), query)
  }
  assert.deepEqual(server.collect().answers, [], 'no worker counted them')
})

test('a clock that is set is told to the workers', { skip }, async (t) => {
  let setByMs = 0
  const { server } = await start(t, version(1), '127.0.0.1', soon, () => TEST_NOW_MS + performance.now() + setByMs)
  for (const [ms, expected] of [
    [0, 1],
    [-3_600_000, 2],
    [-3_600_000, 2],
    [60_000, 3],
  ] as const) {
    setByMs = ms
    server.collect()
    await until(server.acknowledged, (number) => number === expected)
  }
})

test('what waits in a socket when the server is closed is answered', { skip }, async (t) => {
  const snapshot = version(1)
  const { server } = await start(t, snapshot)
  const clients = await openClients(t, server.port, 8)
  await Promise.all(Array.from({ length: 16 }, () => clients.ask(QUERIES[0])))
  const asked = Array.from({ length: 200 }, (_, index) => clients.ask(QUERIES[index % QUERIES.length] as string))
  // The client's own socket sends before it can be told anything.
  await new Promise((resolve) => setImmediate(resolve))
  await server.close()
  assert.equal((await Promise.all(asked)).length, 200)
})

const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
const hasIpv6 = addresses.some(({ address }) => address === '::1')

for (const [host, target] of [
  ['0.0.0.0', '127.0.0.2'],
  ['::', '127.0.0.3'],
  ['::', '::1'],
] as const) {
  const without = host === '::' && !hasIpv6 ? 'this machine has no IPv6' : skip
  test(`bound to ${host}, a query to ${target} is answered from there`, { skip: without }, async (t) => {
    const { server } = await start(t, version(1), host)
    // A connected socket hears only whom it asked.
    const clients = await openClients(t, server.port, 2, target)
    for (const query of [...QUERIES, 'flat.geo.example A']) {
      const { question } = describeMessage(await clients.ask(query))
      assert.equal(question?.split('.')[0], query.split('.')[0])
    }
  })
}

const NOTHING = {
  zones: createZones(),
  inTurns,
  debug: [],
  nodeId: 'node-1',
  version: null,
  cookies: null,
  limiter: null,
}

test('a port that is taken is named', { skip }, async (t) => {
  const { server } = await start(t, version(1))
  const options = { host: '127.0.0.1', port: server.port, respond: () => 0, schedule: () => () => {}, workers: 1 }
  const rest = { ...NOTHING, snapshot: version(1), nowMs: () => 0, dice: () => 0, onProblem: () => {} }
  await assert.rejects(
    startFastDns({ ...options, ...rest }),
    new RegExp(`127\\.0\\.0\\.1 port ${server.port} over TCP`),
  )
})

test('an address that it cannot bind is left to the portable server', { skip }, async () => {
  const options = { host: 'fe80::1%lo', port: 0, respond: () => 0, schedule: () => () => {}, workers: 1 }
  const rest = { ...NOTHING, snapshot: version(1), nowMs: () => 0, dice: () => 0, onProblem: () => {} }
  const outcome = await startFastDns({ ...options, ...rest })
  assert.equal(outcome.kind, 'unavailable')
})
