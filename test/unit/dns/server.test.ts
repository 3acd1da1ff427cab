import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ConnectionLimits } from '../../../src/dns/connections.ts'
import type { Respond } from '../../../src/dns/respond.ts'
import { type DnsServer, startDns } from '../../../src/dns/server.ts'
import { askTcp, askUdp, frame, openTcp } from '../../helpers/dns-client.ts'
import { testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'
import { type ManualClock, manualClock } from '../../helpers/manual-clock.ts'

const LIMITS: ConnectionLimits = { maxConnections: 4, maxConnectionsPerClient: 3, idleSeconds: 10 }

interface Started {
  readonly server: DnsServer
  readonly port: number
  readonly clock: ManualClock
}

async function start(
  t: TestContext,
  options: { host?: string; respond?: Respond; limits?: ConnectionLimits } = {},
): Promise<Started> {
  const { host = '127.0.0.1', respond = testResponder().respond, limits = LIMITS } = options
  const clock = manualClock()
  const server = await startDns({ host, port: 0, respond, limits, schedule: clock.schedule })
  t.after(() => server.close())
  return { server, port: server.port, clock }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

const query = (text: string, id?: number): Buffer => composeQuery(text, id).bytes
const SOA = query('geo.example SOA')
const idOf = (message: Buffer): number => message.readUInt16BE(0)
/** So large that the answers to a few of them fill what the kernel holds for a client that does not read. */
const FILLER: Respond = (message, _length, _peer, out) => {
  out.fill(0, 0, 60_000)
  out.set(message.subarray(0, 2))
  return 60_000
}

test('UDP and TCP give the same answer on one port', async (t) => {
  const { port } = await start(t)
  const overUdp = await askUdp(port, SOA)
  assert.deepEqual(await askTcp(port, SOA), overUdp)
  assert.equal(describeMessage(overUdp).rcode, 'NOERROR')
})

test('IPv6', async (t) => {
  const { port } = await start(t, { host: '::1' })
  assert.deepEqual(await askTcp(port, SOA, '::1'), await askUdp(port, SOA, '::1'))
})

test('the answer is to the address that asked: UDP and TCP tell it alike', async (t) => {
  const peers: string[] = []
  const { respond } = testResponder()
  const { port } = await start(t, {
    respond: (message, length, peer, out) => {
      peers.push(`${peer.transport} ${peer.address.bytes.join('.')}`)
      return respond(message, length, peer, out)
    },
  })
  await askUdp(port, SOA)
  await askTcp(port, SOA)
  assert.deepEqual(peers, ['udp 127.0.0.1', 'tcp 127.0.0.1'])
})

test('a wildcard host answers on every address, from that address', async (t) => {
  const { port, clock } = await start(t, { host: '0.0.0.0' })
  const addresses = Object.values(networkInterfaces())
    .flatMap((it) => it ?? [])
    .filter(({ family }) => family === 'IPv4')
  assert.ok(addresses.length > 0)
  // askUdp refuses an answer from another address.
  for (const { address } of addresses) assert.equal(idOf(await askUdp(port, SOA, address)), 0x1234)
  // Looking for new addresses again changes nothing here, and goes on.
  clock.advance(30_000)
  await until(() => clock.pending() === 1)
  for (const { address } of addresses) assert.equal(idOf(await askUdp(port, SOA, address)), 0x1234)
})

test('`::` is both families', async (t) => {
  const { port } = await start(t, { host: '::' })
  for (const host of ['127.0.0.1', '::1']) {
    assert.deepEqual(await askTcp(port, SOA, host), await askUdp(port, SOA, host))
  }
})

test('UDP: silence for responses; the socket goes on', async (t) => {
  const { port } = await start(t)
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  const got: number[] = []
  socket.on('message', (message) => got.push(idOf(message)))
  socket.send(query('geo.example SOA +qr', 1), port, '127.0.0.1')
  socket.send(Buffer.from([1, 2, 3]), port, '127.0.0.1')
  socket.send(Buffer.alloc(0), port, '127.0.0.1')
  socket.send(query('geo.example SOA', 2), port, '127.0.0.1')
  await until(() => got.length > 0)
  assert.deepEqual(got, [2])
})

test('TCP: several queries in one segment, in order', async (t) => {
  const { port } = await start(t)
  const client = await openTcp(port)
  client.socket.write(Buffer.concat([1, 2, 3, 4, 5].map((id) => frame(query('api.geo.example A', id)))))
  assert.deepEqual((await client.messages(5)).map(idOf), [1, 2, 3, 4, 5])
  client.socket.destroy()
})

test('TCP: a query in many pieces', async (t) => {
  const { port } = await start(t)
  const client = await openTcp(port)
  for (const octet of frame(SOA)) {
    client.socket.write(Buffer.from([octet]))
    await setImmediate()
  }
  assert.equal((await client.messages(1)).length, 1)
  client.socket.destroy()
})

test('TCP: answers that UDP would truncate', async (t) => {
  const { port } = await start(t, { respond: FILLER })
  assert.equal((await askTcp(port, SOA)).length, 60_000)
})

for (const [name, bytes] of [
  ['an empty frame', Buffer.from([0, 0])],
  ['a frame shorter than a header', frame(Buffer.from([1, 2, 3]))],
  ['a response', frame(query('geo.example SOA +qr'))],
] as const) {
  test(`TCP: ${name} ends the connection, after the answers before it`, async (t) => {
    const { port } = await start(t)
    const client = await openTcp(port)
    client.socket.write(Buffer.concat([frame(SOA), bytes, frame(SOA)]))
    assert.equal((await client.closed).length, 1)
  })
}

test('TCP: a client that has said all still gets its answers', async (t) => {
  const { port } = await start(t)
  const client = await openTcp(port)
  client.socket.end(Buffer.concat([frame(SOA), frame(SOA)]))
  assert.equal((await client.closed).length, 2)
})

test('TCP: idle connections are closed, active ones are not', async (t) => {
  const { port, clock } = await start(t)
  const idle = await openTcp(port)
  const active = await openTcp(port)
  await until(() => clock.pending() === 2)
  clock.advance(6000)
  active.socket.write(frame(SOA))
  await active.messages(1)
  clock.advance(6000)
  assert.deepEqual(await idle.closed, [])
  active.socket.write(frame(SOA))
  assert.equal((await active.messages(2)).length, 2)
  active.socket.destroy()
})

test('TCP: half a query does not keep a connection open', async (t) => {
  const { port, clock } = await start(t)
  const client = await openTcp(port)
  client.socket.write(frame(SOA).subarray(0, 10))
  await until(() => clock.pending() === 1)
  clock.advance(10_000)
  assert.deepEqual(await client.closed, [])
})

test('TCP: above the limit of one client its oldest idle connection goes', async (t) => {
  const { port, clock } = await start(t)
  const clients = [await openTcp(port), await openTcp(port), await openTcp(port)]
  await until(() => clock.pending() === 3)
  // The first is not the oldest idle one any more.
  clients[0]?.socket.write(frame(SOA))
  await clients[0]?.messages(1)
  const fourth = await openTcp(port)
  assert.deepEqual(await clients[1]?.closed, [])
  for (const client of [clients[0], clients[2], fourth]) {
    client?.socket.write(frame(SOA))
    await client?.messages(1)
    client?.socket.destroy()
  }
})

test('TCP: above the limit of all the oldest idle connection of anybody goes', async (t) => {
  const { port, clock } = await start(t, { host: '::', limits: { ...LIMITS, maxConnections: 2 } })
  const oldest = await openTcp(port, '::1')
  const other = await openTcp(port, '127.0.0.1')
  // One idle timer each, and the look for new addresses.
  await until(() => clock.pending() === 3)
  const third = await openTcp(port, '127.0.0.1')
  assert.deepEqual(await oldest.closed, [])
  for (const client of [other, third]) {
    client.socket.write(frame(SOA))
    await client.messages(1)
    client.socket.destroy()
  }
})

test('TCP: a client that takes no answers is not read on, and is closed', async (t) => {
  let asked = 0
  const { port, clock } = await start(t, {
    respond: (...args) => {
      asked++
      return FILLER(...args)
    },
  })
  const client = await openTcp(port)
  client.socket.pause()
  const flood = Buffer.concat(Array.from({ length: 5000 }, () => frame(SOA)))
  client.socket.write(flood)
  // Answered until the kernel takes no more; then nothing happens, however long it is waited.
  let before = -1
  while (asked !== before) {
    before = asked
    for (let i = 0; i < 50; i++) await setImmediate()
  }
  assert.ok(asked > 0 && asked < 1000, `${asked} answers in memory`)
  clock.advance(10_000)
  client.socket.resume()
  await client.closed
  assert.ok(asked < 1000)
})

test('TCP: a client that takes its answers slowly gets them all', async (t) => {
  const { port } = await start(t, { respond: FILLER })
  const client = await openTcp(port)
  const batch = (from: number) =>
    Buffer.concat(ids.slice(from, from + 100).map((id) => frame(query('geo.example SOA', id))))
  const ids = Array.from({ length: 300 }, (_, id) => id)
  client.socket.pause()
  for (const from of [0, 100]) {
    client.socket.write(batch(from))
    for (let i = 0; i < 20; i++) await setImmediate()
  }
  client.socket.end(batch(200))
  client.socket.resume()
  assert.deepEqual((await client.closed).map(idOf), ids)
})

test('TCP: edns-tcp-keepalive tells when an idle connection is closed, which is sooner when there are many', async (t) => {
  const { port } = await start(t)
  const keepalive = query('geo.example SOA +opt=11:')
  const clients = []
  const told: (string | undefined)[] = []
  for (const _ of [1, 2, 3]) {
    const client = await openTcp(port)
    clients.push(client)
    client.socket.write(frame(keepalive))
    const [answer = Buffer.alloc(0)] = await client.messages(1)
    told.push(describeMessage(answer).edns?.split(' ')[1])
  }
  assert.deepEqual(told, ['option11=0064', 'option11=0064', 'option11=0032'])
  for (const { socket } of clients) socket.destroy()
})

test('close: answers under way leave, connections end, the port is free', async (t) => {
  const { server, port } = await start(t)
  const client = await openTcp(port)
  client.socket.write(frame(SOA))
  await client.messages(1)
  await server.close()
  assert.equal((await client.closed).length, 1)
  const again = await startDns({ host: '127.0.0.1', port, respond: FILLER, schedule: manualClock().schedule })
  assert.equal(again.port, port)
  await again.close()
})

test('close does not wait for a client that does not read', async (t) => {
  const { server, port, clock } = await start(t, { respond: FILLER })
  const client = await openTcp(port)
  client.socket.pause()
  client.socket.write(Buffer.concat(Array.from({ length: 500 }, () => frame(SOA))))
  await until(() => clock.pending() === 1)
  const closing = server.close()
  clock.advance(1000)
  client.socket.resume()
  await closing
})

test('a port taken over TCP is an error that names host and port', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  const { port } = holder.address() as AddressInfo
  await assert.rejects(startDns({ host: '127.0.0.1', port, respond: FILLER, schedule: manualClock().schedule }), {
    message: `DNS cannot listen on 127.0.0.1 port ${port} over TCP: another program listens there. Stop it, or choose another port.`,
  })
})

test('a port taken over UDP too, and TCP does not stay open', async (t) => {
  // One that TCP had: of those that UDP gives, TCP may still be done with connections.
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const free = (probe.address() as AddressInfo).port
  await new Promise((resolve) => probe.close(resolve))
  const holder = createSocket('udp4').bind(free, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  const { port } = holder.address()
  await assert.rejects(startDns({ host: '127.0.0.1', port, respond: FILLER, schedule: manualClock().schedule }), {
    message: `DNS cannot listen on 127.0.0.1 port ${port} over UDP: another program listens there. Stop it, or choose another port.`,
  })
  await assert.rejects(openTcp(port))
})

for (const [host, message] of [
  ['localhost', /"localhost": it is no IP address/],
  ['192.0.2.1', /192\.0\.2\.1 port 0 over TCP: this machine has no such address/],
] as const) {
  test(`listening on ${host} is an error`, async () => {
    await assert.rejects(startDns({ host, port: 0, respond: FILLER, schedule: manualClock().schedule }), { message })
  })
}
