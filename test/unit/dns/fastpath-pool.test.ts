import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { loadSyscalls } from '../../../src/dns/fastpath/syscalls.ts'
import { type FastDnsServer, startFastDns } from '../../../src/dns/fastpath/server.ts'
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

async function start(t: TestContext, snapshot: Snapshot, host = '127.0.0.1'): Promise<Running> {
  const problems: string[] = []
  let live = snapshot
  const outcome = await startFastDns({
    host,
    port: 0,
    respond: (...query) => complete(live)(...query),
    schedule: (task) => {
      const timer = setImmediate(task)
      return () => clearImmediate(timer)
    },
    workers: 2,
    snapshot,
    debug: [],
    nowMs: () => TEST_NOW_MS,
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
    '0 api one 4',
    '0 null null 4',
    '3 null null 4',
    '5 null null 4',
  ])
  assert.deepEqual(subnets, [{ prefixLength: null, count: 16 }])
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
  assert.match(problems[0] ?? '', /^worker 1 of the fast DNS path ended and is started again: /)
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

test('a port that is taken is named', { skip }, async (t) => {
  const { server } = await start(t, version(1))
  const options = { host: '127.0.0.1', port: server.port, respond: () => 0, schedule: () => () => {}, workers: 1 }
  const rest = { snapshot: version(1), debug: [], nowMs: () => 0, dice: () => 0, onProblem: () => {} }
  await assert.rejects(
    startFastDns({ ...options, ...rest }),
    new RegExp(`127\\.0\\.0\\.1 port ${server.port} over TCP`),
  )
})

test('an address that it cannot bind is left to the portable server', { skip }, async () => {
  const options = { host: 'fe80::1%lo', port: 0, respond: () => 0, schedule: () => () => {}, workers: 1 }
  const rest = { snapshot: version(1), debug: [], nowMs: () => 0, dice: () => 0, onProblem: () => {} }
  const outcome = await startFastDns({ ...options, ...rest })
  assert.equal(outcome.kind, 'unavailable')
})
