import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { Balancers } from '../../../src/dns/balancers.ts'
import type { ConnectionLimits } from '../../../src/dns/connections.ts'
import { startDohServer } from '../../../src/dns/doh-server.ts'
import type { Respond } from '../../../src/dns/respond.ts'
import { startDns } from '../../../src/dns/server.ts'
import { startTlsServer } from '../../../src/dns/tls-server.ts'
import { formatAddress, parsePrefix } from '../../../src/domain/address.ts'
import { FIRST_PAIR } from '../../helpers/certificates.ts'
import { askUdp, frame, openTcp, readMessages } from '../../helpers/dns-client.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { composeProxyHeader, type ProxyHeaderParts } from '../../helpers/proxy-header.ts'
import { certificateOf } from '../../helpers/swapped-certificate.ts'

const LIMITS: ConnectionLimits = { maxConnections: 4, maxConnectionsPerClient: 2, idleSeconds: 10 }
const QUERY = Buffer.from('123401000001000000000000', 'hex')
const FOR_7 = composeProxyHeader({ source: '198.51.100.7', destination: '192.0.2.1' })
const FOR_V6 = composeProxyHeader({ source: '2001:db8::7', destination: '2001:db8::1', tlvs: Buffer.alloc(300) })
const LOCAL = composeProxyHeader({ command: 0, family: 0, protocol: 0, addresses: Buffer.alloc(0) })
const HOST = '127.0.0.1'

/** Listens on loopback, where the test is the balancer unless `from` is somebody else. Answers are the octets of the query. */
function makeOptions(from: string) {
  const clock = manualClock()
  const peers: string[] = []
  const refused: string[] = []
  const respond: Respond = (message, length, peer, out) => {
    peers.push(`${peer.transport} ${formatAddress(peer.address)}`)
    out.set(message.subarray(0, length))
    return length
  }
  const prefix = parsePrefix(from)
  const networks = prefix.ok ? [prefix.prefix] : []
  const balancers: Balancers = { networks, onRefused: (message) => refused.push(message) }
  const certificate = certificateOf(FIRST_PAIR)
  const options = { host: HOST, port: 0, respond, balancers, certificate, limits: LIMITS, schedule: clock.schedule }
  return { options, peers, refused, clock }
}

async function start(t: TestContext, from = HOST, host = HOST) {
  const { options, ...seen } = makeOptions(from)
  const server = await startDns({ ...options, host })
  t.after(() => server.close())
  return { port: server.port, ...seen }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

for (const [name, header, client] of [
  ['IPv4', FOR_7, '198.51.100.7'],
  ['IPv6 with TLVs', FOR_V6, '2001:db8::7'],
  ['LOCAL', LOCAL, '127.0.0.1'],
] as const) {
  test(`UDP: ${name} says who the client is; the answer has no header`, async (t) => {
    const { port, peers, refused } = await start(t)
    assert.deepEqual(await askUdp(port, Buffer.concat([header, QUERY])), QUERY)
    assert.deepEqual([peers, refused], [[`udp ${client}`], []])
  })

  test(`TCP: ${name} says who the client is, for all messages of the connection`, async (t) => {
    const { port, peers, refused } = await start(t)
    const opened = await openTcp(port)
    opened.socket.write(Buffer.concat([header, frame(QUERY), frame(QUERY)]))
    assert.deepEqual(await opened.messages(2), [QUERY, QUERY])
    opened.socket.destroy()
    assert.deepEqual([peers, refused], [[`tcp ${client}`, `tcp ${client}`], []])
  })
}

const TEXT = Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 4660 53\r\n')
const wrong = (parts: ProxyHeaderParts): Buffer =>
  composeProxyHeader({ source: '198.51.100.7', destination: '192.0.2.1', ...parts })
const MALFORMED = [
  ['no header', Buffer.alloc(0), 'there is none'],
  ['version 1', TEXT, 'it is one of version 1'],
  ['an unknown command', wrong({ command: 9 }), 'command 9 is unknown'],
  ['an unknown protocol', wrong({ protocol: 9 }), 'family and protocol 25 are unknown'],
  ['a socket of the file system', wrong({ family: 3 }), 'it names a socket of the file system as client'],
] as const
for (const [name, header, why] of MALFORMED) {
  const said = (what: string) =>
    `a ${what} of the balancer 127.0.0.1 was dropped: it must start with a PROXY header of version 2, but ${why}`

  test(`UDP: ${name} from a balancer is dropped, and told`, async (t) => {
    const { port, peers, refused } = await start(t)
    const socket = createSocket('udp4')
    t.after(() => socket.close())
    socket.send(Buffer.concat([header, QUERY, Buffer.alloc(4)]), port, HOST)
    await until(() => refused.length > 0)
    assert.deepEqual([peers, refused], [[], [said('datagram')]])
  })

  test(`TCP: ${name} from a balancer closes the connection, and is told`, async (t) => {
    const { port, peers, refused } = await start(t)
    const client = await openTcp(port)
    client.socket.write(Buffer.concat([header, frame(QUERY), frame(QUERY)]))
    assert.deepEqual(await client.closed, [])
    assert.deepEqual([peers, refused], [[], [said('connection')]])
  })
}

for (const [name, datagram, why] of [
  ['nothing', Buffer.alloc(0), 'it has 0 octets, expected 16'],
  ['half a header', FOR_7.subarray(0, 20), 'it has 20 octets, expected 28'],
] as const) {
  test(`UDP: ${name} from a balancer is dropped, and told`, async (t) => {
    const { port, refused } = await start(t)
    const socket = createSocket('udp4')
    t.after(() => socket.close())
    socket.send(datagram, port, HOST)
    await until(() => refused.length > 0)
    assert.ok(refused[0]?.endsWith(why), String(refused))
  })
}

test('UDP: a header with nothing behind it is silence', async (t) => {
  const { port, peers } = await start(t)
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.send(FOR_7, port, HOST)
  await until(() => peers.length > 0)
  assert.deepEqual(peers, ['udp 198.51.100.7'])
})

test('TCP: a header in pieces', async (t) => {
  const { port, peers } = await start(t)
  const client = await openTcp(port)
  for (const octet of Buffer.concat([FOR_7, frame(QUERY)])) {
    client.socket.write(Buffer.from([octet]))
    await setImmediate()
  }
  assert.deepEqual(await client.messages(1), [QUERY])
  client.socket.destroy()
  assert.deepEqual(peers, ['tcp 198.51.100.7'])
})

test('TCP: a header that does not come is waited for so long as a query, and not told', async (t) => {
  const { port, clock, refused } = await start(t)
  const client = await openTcp(port)
  client.socket.write(FOR_7.subarray(0, 20))
  await until(() => clock.pending() === 1)
  for (let i = 0; i < 20; i++) await setImmediate()
  clock.advance(10_000)
  assert.deepEqual(await client.closed, [])
  assert.deepEqual(refused, [])
})

for (const [name, octets, refusals] of [
  ['looks whether the port is open', Buffer.alloc(0), 0],
  ['ends in the middle of its header', FOR_7.subarray(0, 20), 1],
] as const) {
  test(`TCP: a balancer that ${name} is closed`, async (t) => {
    const { port, refused } = await start(t)
    const client = await openTcp(port)
    client.socket.end(octets)
    assert.deepEqual(await client.closed, [])
    assert.equal(refused.length, refusals, String(refused))
  })
}

test('TCP: the limit of one client is for those whom the headers name', async (t) => {
  const { port } = await start(t)
  const open = async (header: Buffer) => {
    const client = await openTcp(port)
    client.socket.write(Buffer.concat([header, frame(QUERY)]))
    await client.messages(1)
    return client
  }
  const [first, second, other] = [await open(FOR_7), await open(FOR_7), await open(FOR_V6)]
  const third = await open(FOR_7)
  assert.equal((await first.closed).length, 1)
  for (const client of [second, other, third]) {
    client.socket.write(frame(QUERY))
    await client.messages(2)
    client.socket.destroy()
  }
})

test('from anybody else a header is not believed: it is what it is, octets', async (t) => {
  const { port, peers, refused } = await start(t, '192.0.2.0/24')
  const asked = Buffer.concat([FOR_7, QUERY])
  assert.deepEqual(await askUdp(port, asked), asked)
  // As a length its first two octets are 3338.
  const client = await openTcp(port)
  client.socket.write(Buffer.concat([FOR_7, Buffer.alloc(3340 - FOR_7.length)]))
  assert.equal((await client.messages(1))[0]?.length, 3338)
  client.socket.destroy()
  assert.deepEqual([peers, refused], [['udp 127.0.0.1', 'tcp 127.0.0.1'], []])
})

test('a balancer in IPv4 is known on a socket of both families', async (t) => {
  const { port, peers } = await start(t, '127.0.0.0/8', '::')
  const client = await openTcp(port)
  client.socket.write(Buffer.concat([FOR_7, frame(QUERY)]))
  await client.messages(1)
  client.socket.destroy()
  await askUdp(port, Buffer.concat([FOR_V6, QUERY]))
  assert.deepEqual(peers, ['tcp 198.51.100.7', 'udp 2001:db8::7'])
})

/** A header in the clear, with as much of the handshake in the same segment as there is. */
async function throughProxy(port: number, header: Buffer, alpn: string) {
  const socket = connect({ host: HOST, port })
  await once(socket, 'connect')
  socket.cork()
  socket.write(header)
  const stream = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: [alpn] })
  socket.uncork()
  return stream
}

for (const [name, header, client] of [
  ['IPv4', FOR_7, '198.51.100.7'],
  ['LOCAL', LOCAL, '127.0.0.1'],
] as const) {
  test(`TLS: ${name} in front of the handshake says who the client is`, async (t) => {
    const { options, peers } = makeOptions(HOST)
    const server = await startTlsServer(options)
    t.after(() => server.close())
    const tls = await readMessages(await throughProxy(server.port, header, 'dot'), 'secureConnect')
    tls.socket.write(frame(QUERY))
    assert.deepEqual(await tls.messages(1), [QUERY])
    tls.socket.destroy()
    assert.deepEqual(peers, [`tls ${client}`])
  })

  test(`HTTPS: ${name} in front of the handshake says who the client is`, async (t) => {
    const { options, peers } = makeOptions(HOST)
    const server = await startDohServer({ ...options, clientOf: (peer) => peer, isProxy: () => false })
    t.after(() => server.close())
    const stream = await throughProxy(server.port, header, 'http/1.1')
    stream.write(`GET /dns-query?dns=${QUERY.toString('base64url')} HTTP/1.1\r\nConnection: close\r\n\r\n`)
    const [head] = await once(stream, 'data')
    assert.match(head.toString(), /^HTTP\/1\.1 200/)
    stream.destroy()
    assert.deepEqual(peers, [`https ${client}`])
  })
}

test('TLS: a balancer without a header is closed, and told', async (t) => {
  const { options, refused } = makeOptions(HOST)
  const server = await startTlsServer(options)
  t.after(() => server.close())
  const stream = connectTls({ host: HOST, port: server.port, rejectUnauthorized: false })
  stream.on('error', () => {})
  await new Promise((resolve) => stream.once('close', resolve))
  assert.equal(refused.length, 1)
})
