import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { inTurns } from '../../../src/app/in-turns.ts'
import { startFastDns } from '../../../src/dns/fastpath/server.ts'
import { loadSyscalls } from '../../../src/dns/fastpath/syscalls.ts'
import type { Respond } from '../../../src/dns/respond.ts'
import { createZones } from '../../../src/dns/zones.ts'
import { formatAddress, type IpPrefix } from '../../../src/domain/address.ts'
import { askUdp } from '../../helpers/dns-client.ts'
import { dnsSnapshot, testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery } from '../../helpers/dns-message.ts'
import { composeProxyHeader } from '../../helpers/proxy-header.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { until } from '../../helpers/until.ts'

const loaded = await loadSyscalls()
const skip = loaded.kind === 'unavailable' ? `no fast path here: ${loaded.reason}` : false

const LOOPBACK: IpPrefix = { family: 4, bytes: Uint8Array.of(127, 0, 0, 0), length: 8 }
const QUERY = composeQuery('api.geo.example A').bytes

async function start(t: TestContext, networks: readonly IpPrefix[]) {
  const { respond } = testResponder()
  const asked: string[] = []
  const refused: string[] = []
  const complete: Respond = (query, length, peer, out) => {
    asked.push(`${peer.transport} ${formatAddress(peer.address)}`)
    return respond(query, length, peer, out)
  }
  const outcome = await startFastDns({
    host: '127.0.0.1',
    port: 0,
    respond: complete,
    balancers: { networks, onRefused: (message) => refused.push(message) },
    schedule: (task) => {
      const timer = setImmediate(task)
      return () => clearImmediate(timer)
    },
    workers: 1,
    snapshot: dnsSnapshot,
    zones: createZones(),
    inTurns,
    debug: [],
    nodeId: 'node-1',
    version: 'nearcast',
    cookies: null,
    limiter: null,
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    onProblem: (message) => assert.fail(message),
  })
  assert.ok(outcome.kind === 'started')
  t.after(() => outcome.server.close())
  return { port: outcome.server.port, asked, refused }
}

test('a balancer’s datagrams go to the complete path: with a header for its client, without one nowhere', {
  skip,
}, async (t) => {
  const { port, asked, refused } = await start(t, [LOOPBACK])
  const header = composeProxyHeader({ source: '5.5.0.1', destination: '192.0.2.1', protocol: 2 })
  const answer = await askUdp(port, Buffer.concat([header, QUERY]))
  const out = new Uint8Array(1232)
  const address = { family: 4, bytes: Uint8Array.of(5, 5, 0, 1) } as const
  const length = testResponder().respond(QUERY, QUERY.length, { address, transport: 'udp' }, out)
  assert.deepEqual(answer, Buffer.from(out.subarray(0, length)))
  assert.deepEqual([asked, refused], [['udp 5.5.0.1'], []])

  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.send(QUERY, port, '127.0.0.1')
  await until(
    () => refused.length,
    (count) => count === 1,
  )
  assert.equal(asked.length, 1)
})

test('without balancers the same query is answered by a worker', { skip }, async (t) => {
  const { port, asked, refused } = await start(t, [])
  await askUdp(port, QUERY)
  assert.deepEqual([asked, refused], [[], []])
})
