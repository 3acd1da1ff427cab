import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { NO_BALANCERS } from '../../../src/dns/balancers.ts'
import type { ConnectionLimits } from '../../../src/dns/connections.ts'
import { type DohOptions, startDohServer } from '../../../src/dns/doh-server.ts'
import type { Respond } from '../../../src/dns/respond.ts'
import { parseAddress } from '../../../src/domain/address.ts'
import { FIRST_PAIR } from '../../helpers/certificates.ts'
import { type AskDoh, askHttp1, askHttp2, askOver, type DohAsk, openHttp2 } from '../../helpers/doh-client.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { certificateOf } from '../../helpers/swapped-certificate.ts'

const LIMITS: ConnectionLimits = { maxConnections: 4, maxConnectionsPerClient: 3, idleSeconds: 30 }
const HEADERS = { 'content-type': 'application/dns-message' }

/** A header and a question: geo.example A, with id 0 as RFC 8484 §4.1 has it. */
const QUERY = Buffer.from('00000100000100000000000003676 56f076578616d706c650000010001'.replaceAll(' ', ''), 'hex')
/** The query as an answer with one A record of TTL 42. */
const ANSWER = Buffer.concat([
  Buffer.from('000084000001000100000000', 'hex'),
  QUERY.subarray(12),
  Buffer.from('c00c000100010000002a0004c0000201', 'hex'),
])
const ANSWERING: Respond = (message, length, _peer, out) => {
  if (length < 12 || ((message[2] ?? 0) & 0x80) !== 0) return 0
  out.set(ANSWER)
  out.set(message.subarray(0, 2))
  return ANSWER.length
}

async function start(t: TestContext, options: Partial<DohOptions> = {}) {
  const clock = manualClock()
  const server = await startDohServer({
    host: '127.0.0.1',
    port: 0,
    respond: ANSWERING,
    limits: LIMITS,
    schedule: clock.schedule,
    balancers: NO_BALANCERS,
    certificate: certificateOf(FIRST_PAIR),
    clientOf: (peer) => peer,
    isProxy: () => false,
    ...options,
  })
  t.after(() => server.close())
  return { server, port: server.port, clock }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}
const asGet = (message: Buffer): string => `/dns-query?dns=${message.toString('base64url')}`
const asPost = (body: Buffer): DohAsk => ({ method: 'POST', path: '/dns-query', headers: HEADERS, body })

const VERSIONS: readonly (readonly [string, AskDoh])[] = [
  ['HTTP/2', askHttp2],
  ['HTTP/1.1', askHttp1],
]

const largest = Buffer.alloc(65_535)
const ANSWERED: readonly (readonly [string, DohAsk])[] = [
  ['GET', { path: asGet(QUERY) }],
  ['GET with other parameters', { path: `/dns-query?x=1&dns=${QUERY.toString('base64url')}&y` }],
  ['GET with every octet percent-encoded', { path: `/dns-query?dns=${percentEncoded(QUERY.toString('base64url'))}` }],
  ['GET that accepts something else', { path: asGet(QUERY), headers: { accept: 'text/html' } }],
  ['POST', asPost(QUERY)],
  [
    'POST of a type in capitals, with a parameter',
    { ...asPost(QUERY), headers: { 'content-type': 'Application/DNS-Message; charset=x' } },
  ],
  ['POST of the largest message', asPost(largest)],
  ['POST that looks whether it may', { ...asPost(QUERY), headers: { ...HEADERS, 'content-encoding': 'identity' } }],
]
for (const [version, ask] of VERSIONS) {
  for (const [name, request] of ANSWERED) {
    test(`${version}: ${name} is answered`, async (t) => {
      const { port } = await start(t)
      const { status, headers, body } = await ask(port, request)
      assert.equal(status, 200)
      assert.equal(headers['content-type'], 'application/dns-message')
      assert.equal(headers['cache-control'], 'max-age=42, private')
      assert.equal(headers['content-length'], String(ANSWER.length))
      assert.deepEqual(body, ANSWER)
    })
  }
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text)].map((octet) => `%${octet.toString(16)}`).join('')
}

const REFUSED: readonly (readonly [number, RegExp, string, DohAsk])[] = [
  [400, /"dns" is missing/, 'no parameter', { path: '/dns-query' }],
  [400, /"dns" is missing/, 'an empty parameter', { path: '/dns-query?dns=' }],
  [400, /more than once/, 'the parameter twice', { path: `${asGet(QUERY)}&dns=AAAA` }],
  [400, /base64url/, 'padding', { path: `/dns-query?dns=${QUERY.subarray(0, 28).toString('base64')}` }],
  [400, /base64url/, 'base64 of the other kind', { path: '/dns-query?dns=%2B%2FAAAAAAAAAAAAAAAAAA' }],
  [400, /base64url/, 'a length that no base64 has', { path: '/dns-query?dns=AAAAA' }],
  [400, /base64url/, 'bits that no octet takes', { path: '/dns-query?dns=AB' }],
  [400, /11 octets/, 'a message without a whole header', { path: asGet(QUERY.subarray(0, 11)) }],
  [400, /0 octets/, 'an empty body', asPost(Buffer.alloc(0))],
  [400, /11 octets/, 'a body without a whole header', asPost(QUERY.subarray(0, 11))],
  [400, /no DNS query/, 'an answer', asPost(ANSWER)],
  [404, /\/dns-query/, 'another path', { path: '/' }],
  [404, /\/dns-query/, 'a path below', { path: '/dns-query/x?dns=AAAA' }],
  [404, /\/dns-query/, 'another path with POST', { ...asPost(QUERY), path: '/resolve' }],
  [405, /GET or POST/, 'PUT', { ...asPost(QUERY), method: 'PUT' }],
  [405, /GET or POST/, 'DELETE', { method: 'DELETE', path: asGet(QUERY) }],
  [405, /GET or POST/, 'OPTIONS', { method: 'OPTIONS', path: '/dns-query' }],
  [413, /65535 octets/, 'a body that is said to be too large', asPost(Buffer.alloc(65_536))],
  [415, /application\/dns-message/, 'another type', { ...asPost(QUERY), headers: { 'content-type': 'text/plain' } }],
  [415, /application\/dns-message/, 'no type', { ...asPost(QUERY), headers: {} }],
  [415, /compressed/, 'a compressed body', { ...asPost(QUERY), headers: { ...HEADERS, 'content-encoding': 'gzip' } }],
]
for (const [version, ask] of VERSIONS) {
  for (const [status, text, name, request] of REFUSED) {
    test(`${version}: ${name} is refused with ${status} and a sentence`, async (t) => {
      const { port } = await start(t)
      const answer = await ask(port, request)
      assert.equal(answer.status, status)
      assert.match(answer.body.toString(), text)
      assert.match(answer.body.toString(), /^[A-Z"][^\n]+\.\n$/)
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal(answer.headers.allow, status === 405 ? 'GET, HEAD, POST' : undefined)
    })
  }

  test(`${version}: HEAD has the headers of GET and no body`, async (t) => {
    const { port } = await start(t)
    const { status, headers, body } = await ask(port, { method: 'HEAD', path: asGet(QUERY) })
    assert.equal(status, 200)
    assert.equal(headers['cache-control'], 'max-age=42, private')
    assert.equal(headers['content-length'], String(ANSWER.length))
    assert.equal(body.length, 0)
  })

  test(`${version}: the responder is told the peer, or whom a trusted proxy names`, async (t) => {
    const peers: string[] = []
    const { port } = await start(t, {
      respond: (message, length, peer, out) => {
        peers.push(`${peer.transport} ${peer.address.bytes.join('.')}`)
        return ANSWERING(message, length, peer, out)
      },
      clientOf: (peer, headers) => parseAddress(String(headers['x-forwarded-for'] ?? '')) ?? peer,
    })
    await ask(port, { path: asGet(QUERY) })
    await ask(port, { path: asGet(QUERY), headers: { 'x-forwarded-for': '198.51.100.7' } })
    assert.deepEqual(peers, ['https 127.0.0.1', 'https 198.51.100.7'])
  })
}

test('many requests on one connection are answered', async (t) => {
  const { port } = await start(t)
  const session = openHttp2(port)
  const asked = Array.from({ length: 300 }, (_, id) =>
    Buffer.concat([Buffer.from([id >> 8, id & 0xff]), QUERY.subarray(2)]),
  )
  const answers = await Promise.all(
    asked.map((query, i) => askOver(session, i % 2 === 0 ? { path: asGet(query) } : asPost(query))),
  )
  assert.deepEqual(
    answers.map(({ body }) => body.readUInt16BE(0)),
    asked.map((query) => query.readUInt16BE(0)),
  )
  session.destroy()
})

/** Writes octets as they are, over TLS. */
async function raw(port: number, octets: string | Buffer, protocol = 'http/1.1'): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: [protocol] })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  socket.write(octets)
  return socket
}
async function received(socket: TLSSocket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  await once(socket, 'close')
  return text
}

for (const [name, octets, wanted] of [
  ['what is no HTTP', 'DNS please\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n.*This is not an HTTP\/1\.1 request/s],
  [
    'a head that is too large',
    `GET /dns-query HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 .*16384 octets/s,
  ],
  ['CONNECT', 'CONNECT geo.example:443 HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 405 .*allow: GET, HEAD, POST.*this is none/s],
] as const) {
  test(`HTTP/1.1: ${name} gets a sentence and is closed`, async (t) => {
    const { port } = await start(t)
    assert.match(await received(await raw(port, octets)), wanted)
  })
}

test('HTTP/1.1 is spoken with clients that have no ALPN, absolute targets and no Host', async (t) => {
  const { port } = await start(t)
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  socket.write(`GET https://geo.example${asGet(QUERY)} HTTP/1.0\r\n\r\n`)
  assert.match(await received(socket), /^HTTP\/1\.1 200 OK/)
})

test('HTTP/1.1: pipelined requests are answered in order', async (t) => {
  const { port } = await start(t)
  const line = (id: number) => `GET ${asGet(Buffer.concat([Buffer.from([0, id]), QUERY.subarray(2)]))} HTTP/1.1\r\n`
  const socket = await raw(port, `${line(1)}\r\n${line(2)}\r\n${line(3)}Connection: close\r\n\r\n`)
  const ids = [...(await received(socket)).matchAll(/\r\n\r\n\0(.)/g)].map(([, id]) => id?.charCodeAt(0))
  assert.deepEqual(ids, [1, 2, 3])
})

test('HTTP/1.1: a chunked body past 65,535 octets is refused while it comes', async (t) => {
  const { port } = await start(t)
  const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
  const head = 'POST /dns-query HTTP/1.1\r\ncontent-type: application/dns-message\r\ntransfer-encoding: chunked\r\n\r\n'
  const socket = await raw(port, head + chunk + chunk)
  const [answer] = await once(socket, 'data')
  assert.match(answer.toString(), /^HTTP\/1\.1 413/)
  // What is left of the body is not taken for a request.
  socket.write(`0\r\n\r\nGET ${asGet(QUERY)} HTTP/1.1\r\nConnection: close\r\n\r\n`)
  assert.match(await received(socket), /^HTTP\/1\.1 200/)
})

test('HTTP/1.1: a head that does not come to its end is given up', async (t) => {
  const { port, clock } = await start(t)
  const socket = await raw(port, 'GET /dns-query HTTP/1.1\r\n')
  await until(() => clock.pending() === 1)
  for (let i = 0; i < 20; i++) await setImmediate()
  clock.advance(30_000)
  assert.equal(await received(socket), '')
})

test('HTTP/1.1: a body that does not come to its end is a time-out, and the connection ends', async (t) => {
  const { port, clock } = await start(t)
  const socket = await raw(
    port,
    'POST /dns-query HTTP/1.1\r\ncontent-type: application/dns-message\r\ncontent-length: 29\r\n\r\nxx',
  )
  await until(() => clock.pending() === 2)
  clock.advance(10_000)
  assert.match(await received(socket), /^HTTP\/1\.1 408 .*connection: close.*not complete after 10 seconds/is)
})

test('HTTP/2: a body that does not come to its end is a time-out; other requests go on', async (t) => {
  const { port, clock } = await start(t)
  const session = openHttp2(port)
  const slow = session.request({ ...HEADERS, ':method': 'POST', ':path': '/dns-query' })
  slow.on('error', () => {})
  slow.write('xx')
  await until(() => clock.pending() === 2)
  const answered = once(slow, 'response')
  clock.advance(10_000)
  const [head] = await answered
  assert.equal(head[':status'], 408)
  assert.equal((await askOver(session, asPost(QUERY))).status, 200)
  session.destroy()
})

test('HTTP/2: an answer that the client does not take is given up', async (t) => {
  const { port, clock } = await start(t)
  const session = openHttp2(port, { settings: { initialWindowSize: 0 } })
  const stream = session.request({ ':path': asGet(QUERY) })
  await once(stream, 'response')
  assert.equal(clock.pending(), 2)
  const closed = new Promise<void>((resolve) => stream.once('close', resolve))
  stream.on('error', () => {})
  stream.resume()
  clock.advance(10_000)
  await closed
  // The timer of the request is gone with it, that of the connection is not.
  await until(() => clock.pending() === 1)
  assert.equal(session.closed, false)
  session.destroy()
})

test('HTTP/2: bodies of one connection that are under way are limited', async (t) => {
  const { port } = await start(t)
  const session = openHttp2(port)
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) {
    const stream = session.request({ ...HEADERS, ':method': 'POST', ':path': '/dns-query' })
    stream.on('error', () => {})
    stream.on('response', (head) => statuses.push(Number(head[':status'])))
    stream.write(Buffer.alloc(40_000))
  }
  await until(() => statuses.length >= 2)
  assert.deepEqual(new Set(statuses), new Set([503]))
  // What was refused is given back.
  assert.equal((await askOver(session, { path: asGet(QUERY) })).status, 200)
  session.destroy()
})

test('HTTP/2: streams that are opened and reset in a flood end the connection', async (t) => {
  const { port } = await start(t)
  const session = openHttp2(port)
  await once(session, 'connect')
  const closed = new Promise<void>((resolve) => session.once('close', resolve))
  for (let i = 0; i < 2000 && !session.closed && !session.destroyed; i++) {
    const stream = session.request({ ...HEADERS, ':method': 'POST', ':path': '/dns-query' })
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
    if (i % 50 === 0) await setImmediate()
  }
  await closed
  assert.equal((await askHttp2(port, { path: asGet(QUERY) })).status, 200)
})

test('HTTP/2: an oversized head is refused, the connection goes on', async (t) => {
  const { port } = await start(t)
  const session = openHttp2(port)
  // From the first answer on the client has been told the limit.
  await askOver(session, { path: '/' })
  const stream = session.request({ ':path': asGet(QUERY), x: 'x'.repeat(20_000) })
  await assert.rejects(once(stream, 'response'), { message: /NGHTTP2_ENHANCE_YOUR_CALM/ })
  assert.equal((await askOver(session, { path: asGet(QUERY) })).status, 200)
  session.destroy()
})

for (const [name, octets] of [
  ['junk', Buffer.alloc(1000, 0x58)],
  ['half a preface', 'PRI * HTTP/2.0\r\n'],
] as const) {
  test(`HTTP/2: ${name} in place of its preface does not stay`, async (t) => {
    const { port, clock } = await start(t)
    const socket = await raw(port, octets, 'h2')
    const over = received(socket)
    for (let i = 0; i < 20; i++) await setImmediate()
    clock.advance(31_000)
    await over
    await until(() => clock.pending() === 0)
  })
}

test('idle connections of both versions are closed, active ones are not', async (t) => {
  const { port, clock } = await start(t)
  const session = openHttp2(port)
  await askOver(session, { path: asGet(QUERY) })
  clock.advance(20_000)
  await askOver(session, { path: asGet(QUERY) })
  clock.advance(20_000)
  await askOver(session, { path: asGet(QUERY) })
  const [told, closed] = [once(session, 'goaway'), once(session, 'close')]
  clock.advance(30_000)
  await told
  await closed
  const socket = await raw(port, `GET ${asGet(QUERY)} HTTP/1.1\r\n\r\n`)
  await once(socket, 'data')
  clock.advance(31_000)
  await received(socket)
})

test('above the limit of one client its oldest connection goes, but not those of a proxy', async (t) => {
  const { port } = await start(t)
  const sessions = [openHttp2(port), openHttp2(port), openHttp2(port)]
  for (const session of sessions) await askOver(session, { path: asGet(QUERY) })
  const gone = once(sessions[0] as (typeof sessions)[0], 'close')
  assert.equal((await askHttp2(port, { path: asGet(QUERY) })).status, 200)
  await gone
  for (const session of sessions) session.destroy()

  const behindProxy = await start(t, { isProxy: () => true })
  const many = [1, 2, 3, 4].map(() => openHttp2(behindProxy.port))
  for (const session of many) await askOver(session, { path: asGet(QUERY) })
  for (const session of many) assert.equal((await askOver(session, { path: asGet(QUERY) })).status, 200)
  for (const session of many) session.destroy()
})

test('close: idle connections are told, a request under way is given a second', async (t) => {
  const { server, port, clock } = await start(t)
  const idle = openHttp2(port)
  await askOver(idle, { path: asGet(QUERY) })
  const told = once(idle, 'goaway')
  const busy = openHttp2(port)
  const slow = busy.request({ ...HEADERS, ':method': 'POST', ':path': '/dns-query' })
  slow.write(QUERY.subarray(0, 5))
  await until(() => clock.pending() === 3)
  const closing = server.close()
  await told
  slow.end(QUERY.subarray(5))
  const [head] = await once(slow, 'response')
  assert.equal(head[':status'], 200)
  slow.resume()
  await closing
})
