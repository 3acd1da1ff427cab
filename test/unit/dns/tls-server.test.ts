import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type Balancers, NO_BALANCERS } from '../../../src/dns/balancers.ts'
import type { ConnectionLimits } from '../../../src/dns/connections.ts'
import type { Respond } from '../../../src/dns/respond.ts'
import type { StreamListener } from '../../../src/dns/stream-listener.ts'
import { startTlsServer } from '../../../src/dns/tls-server.ts'
import { FIRST_PAIR, SECOND_PAIR } from '../../helpers/certificates.ts'
import { frame, readMessages, type TcpClient } from '../../helpers/dns-client.ts'
import { type ManualClock, manualClock } from '../../helpers/manual-clock.ts'
import { certificateOf, type SwappedCertificate } from '../../helpers/swapped-certificate.ts'

const LIMITS: ConnectionLimits = { maxConnections: 4, maxConnectionsPerClient: 3, idleSeconds: 30 }

/** Twelve octets of a query; what comes back is told by its id. */
const query = (id: number): Buffer => Buffer.from([id >> 8, id & 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const idOf = (message: Buffer): number => message.readUInt16BE(0)
const ECHO: Respond = (message, length, _peer, out) => {
  out.set(message.subarray(0, length))
  return length
}

interface Started {
  readonly server: StreamListener
  readonly port: number
  readonly clock: ManualClock
  readonly certificate: SwappedCertificate
}

async function start(
  t: TestContext,
  options: { respond?: Respond; limits?: ConnectionLimits; balancers?: Balancers } = {},
): Promise<Started> {
  const { respond = ECHO, limits = LIMITS, balancers = NO_BALANCERS } = options
  const clock = manualClock()
  const certificate = certificateOf(FIRST_PAIR)
  const { schedule } = clock
  const server = await startTlsServer({ host: '127.0.0.1', port: 0, respond, limits, schedule, balancers, certificate })
  t.after(() => server.close())
  return { server, port: server.port, clock, certificate }
}

/** The certificates of the tests are signed by themselves. */
const dial = (port: number, options: ConnectionOptions = {}): TLSSocket =>
  connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['dot'], ...options })
const open = (port: number, options: ConnectionOptions = {}): Promise<TcpClient> =>
  readMessages(dial(port, options), 'secureConnect')

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

for (const [name, options, protocol] of [
  ['ALPN dot', {}, 'dot'],
  ['no ALPN', { ALPNProtocols: undefined }, false],
  ['dot among others', { ALPNProtocols: ['h2', 'dot'] }, 'dot'],
  ['TLS 1.2', { maxVersion: 'TLSv1.2' }, 'dot'],
  ['TLS 1.3', { minVersion: 'TLSv1.3' }, 'dot'],
] as const) {
  test(`a client with ${name} is answered`, async (t) => {
    const { port } = await start(t)
    const client = await open(port, options as ConnectionOptions)
    assert.equal((client.socket as TLSSocket).alpnProtocol, protocol)
    client.socket.write(Buffer.concat([frame(query(1)), frame(query(2))]))
    assert.deepEqual((await client.messages(2)).map(idOf), [1, 2])
    client.socket.destroy()
  })
}

for (const [name, options, message] of [
  ['ALPN h2 alone', { ALPNProtocols: ['h2'] }, /no application protocol/i],
  [
    'TLS 1.1 at most',
    { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
    /protocol version|handshake|unsupported/i,
  ],
] as const) {
  test(`a client with ${name} is refused, and the server goes on`, async (t) => {
    const { port } = await start(t)
    const socket = dial(port, options as unknown as ConnectionOptions)
    const [error] = (await once(socket, 'error')) as [Error]
    assert.match(error.message, message)
    const client = await open(port)
    client.socket.write(frame(query(3)))
    assert.equal((await client.messages(1)).length, 1)
    client.socket.destroy()
  })
}

test('the responder is told the client, and that it came over TLS', async (t) => {
  const peers: string[] = []
  const { port } = await start(t, {
    respond: (message, length, peer, out) => {
      peers.push(`${peer.transport} ${peer.address.bytes.join('.')}`)
      return ECHO(message, length, peer, out)
    },
  })
  const client = await open(port)
  client.socket.write(frame(query(1)))
  await client.messages(1)
  client.socket.destroy()
  assert.deepEqual(peers, ['tls 127.0.0.1'])
})

for (const [name, octets] of [
  ['says nothing', []],
  ['stops in the middle of its hello', [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]],
] as const) {
  test(`a client that ${name} is closed after five seconds`, async (t) => {
    const { port, clock } = await start(t)
    const socket = connectTcp({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.write(Buffer.from(octets))
    await until(() => clock.pending() === 1)
    clock.advance(4_999)
    for (let i = 0; i < 20; i++) await setImmediate()
    assert.equal(clock.pending(), 1)
    clock.advance(1)
    socket.resume()
    await once(socket, 'close')
    await until(() => clock.pending() === 0)
  })
}

for (const [name, octets] of [
  ['plain DNS', frame(query(1))],
  ['HTTP', Buffer.from('GET /dns-query HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['junk', Buffer.alloc(3000, 0xa5)],
] as const) {
  test(`a client that sends ${name} is closed at once`, async (t) => {
    const { port, clock } = await start(t)
    const socket = connectTcp({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.resume()
    socket.write(octets)
    await once(socket, 'close')
    await until(() => clock.pending() === 0)
  })
}

test('a connection is idle for longer after its handshake than the handshake may take', async (t) => {
  const { port, clock } = await start(t)
  const client = await open(port)
  client.socket.write(frame(query(1)))
  await client.messages(1)
  clock.advance(29_999)
  client.socket.write(frame(query(2)))
  await client.messages(2)
  // It ends as TLS wants it, not as if it had broken.
  const ended = once(client.socket, 'end')
  clock.advance(30_000)
  await ended
  assert.equal((await client.closed).length, 2)
})

test('who has not finished the handshake makes room for who comes later', async (t) => {
  const { port, clock } = await start(t)
  const silent = connectTcp({ host: '127.0.0.1', port })
  const gone = once(silent.resume(), 'close')
  await until(() => clock.pending() === 1)
  const clients = [await open(port), await open(port), await open(port)]
  await gone
  for (const { socket } of clients) socket.destroy()
})

for (const [name, octets] of [
  ['an empty frame', Buffer.from([0, 0])],
  ['what deserves silence', frame(Buffer.from([1]))],
] as const) {
  test(`${name} ends the connection, after the answers before it`, async (t) => {
    const { port } = await start(t, {
      respond: (m, length, peer, out) => (length < 12 ? 0 : ECHO(m, length, peer, out)),
    })
    const client = await open(port)
    client.socket.write(Buffer.concat([frame(query(1)), octets, frame(query(2))]))
    assert.equal((await client.closed).length, 1)
  })
}

test('a client that has said all still gets its answers, and a proper end', async (t) => {
  const { port } = await start(t)
  const client = await open(port)
  const ended = once(client.socket, 'end')
  client.socket.end(Buffer.concat([frame(query(1)), frame(query(2))]))
  await ended
  assert.equal((await client.closed).length, 2)
})

test('a client that takes no answers is not read on, and is closed', async (t) => {
  let asked = 0
  const { port, clock } = await start(t, {
    respond: (_message, _length, _peer, out) => {
      asked++
      out.fill(0, 0, 60_000)
      return 60_000
    },
  })
  const client = await open(port)
  client.socket.pause()
  client.socket.write(Buffer.concat(Array.from({ length: 5000 }, () => frame(query(1)))))
  let before = -1
  while (asked !== before || asked === 0) {
    before = asked
    for (let i = 0; i < 100; i++) await setImmediate()
  }
  assert.ok(asked < 1000, `${asked} answers in memory`)
  clock.advance(30_000)
  client.socket.resume()
  await client.closed
  assert.ok(asked < 1000)
})

test('a new certificate is for new handshakes; connections that are there go on', async (t) => {
  const { port, certificate } = await start(t)
  const nameOf = ({ socket }: TcpClient): unknown => (socket as TLSSocket).getPeerCertificate().subject.CN
  const before = await open(port)
  certificate.swap(SECOND_PAIR)
  const after = await open(port)
  assert.deepEqual([nameOf(before), nameOf(after)], ['first.geo.example', 'second.geo.example'])
  for (const client of [before, after]) {
    client.socket.write(frame(query(1)))
    assert.equal((await client.messages(1)).length, 1)
    client.socket.destroy()
  }
  // Protocols and versions are as before.
  const old = dial(port, { ALPNProtocols: ['h2'] })
  await once(old, 'error')
})

test('a session is resumed', async (t) => {
  const { port } = await start(t)
  const first = dial(port)
  const [session] = (await once(first, 'session')) as [Buffer]
  first.destroy()
  const client = await open(port, { session })
  assert.equal((client.socket as TLSSocket).isSessionReused(), true)
  client.socket.write(frame(query(1)))
  assert.equal((await client.messages(1)).length, 1)
  client.socket.destroy()
})

test('a client cannot renegotiate', async (t) => {
  const { port, clock } = await start(t)
  const client = await open(port, { maxVersion: 'TLSv1.2' })
  let outcome: Error | null | 'none' = 'none'
  ;(client.socket as TLSSocket).renegotiate({}, (error) => {
    outcome = error
  })
  for (let i = 0; i < 100; i++) await setImmediate()
  clock.advance(30_000)
  await client.closed
  // Null would be a success.
  assert.notEqual(outcome, null)
})

test('close: answers under way leave, idle connections end, silent handshakes do not hold it', async (t) => {
  const { server, port, clock } = await start(t)
  const client = await open(port)
  client.socket.write(frame(query(1)))
  await client.messages(1)
  const ended = once(client.socket, 'end')
  const silent = connectTcp({ host: '127.0.0.1', port })
  silent.on('error', () => {})
  silent.resume()
  await until(() => clock.pending() === 2)
  await server.close()
  await ended
  assert.equal((await client.closed).length, 1)
})

test('a port that is taken is an error that names the transport', async (t) => {
  const { port } = await start(t)
  await assert.rejects(
    startTlsServer({
      host: '127.0.0.1',
      port,
      respond: ECHO,
      schedule: manualClock().schedule,
      balancers: NO_BALANCERS,
      certificate: certificateOf(FIRST_PAIR),
    }),
    {
      message: `DNS cannot listen on 127.0.0.1 port ${port} over TLS: another program listens there. Stop it, or choose another port.`,
    },
  )
})
