import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { createProbeDns } from '../../../../src/app/probe-dns.ts'
import type { TlsExpectation } from '../../../../src/domain/check.ts'
import type { CheckOf } from '../../../../src/monitor/checks/kind.ts'
import { FIRST_PAIR } from '../../../helpers/certificates.ts'
import { httpCheck } from '../../../helpers/http-check.ts'
import {
  BASE,
  closedPort,
  notAcceptingPort,
  rawServer,
  type WatchedServer,
  watched,
  writeForever,
} from '../../../helpers/probed-servers.ts'
import { healthCheckSuite, type Scene, type Situation } from '../../../suites/health-check-suite.ts'

const INSECURE: TlsExpectation = { serverName: 'ns1.geo.example', verify: 'insecure', warnDays: 0 }

interface StreamKind {
  /** Listens as it should. */
  readonly healthy: (t: TestContext) => Promise<WatchedServer>
  /** The beginning of a good answer. */
  readonly half: Buffer
  /** An answer that never ends: once, then again and again. */
  readonly endless: readonly [first: Buffer, again: Buffer]
}

const GARBAGE = Buffer.from('\u0007\u0000\u001b[2J\xff not what you wanted \r\n\r\n'.repeat(40), 'latin1')

/** A scene on a connection; `checkAt` makes the check of the kind. */
const overStream =
  (kind: StreamKind, checkAt: (port: number) => Scene['check'], tools: Scene['tools'] = {}) =>
  async (t: TestContext, situation: Situation): Promise<Scene> => {
    const scene = (port: number, isUnderWay: () => boolean, open: () => number): Scene => ({
      check: checkAt(port),
      tools,
      isUnderWay,
      open,
    })
    const misbehaving = async (octets: readonly Buffer[], then: 'wait' | 'close' | 'repeat'): Promise<Scene> => {
      let isUnderWay = false
      const server = await rawServer(t, (socket) => {
        socket.resume()
        socket.on('error', () => {})
        // What is half an answer is sent when the question is there, so that it is one to it.
        const answer = (): void => {
          if (octets[0] !== undefined) socket.write(octets[0])
          if (then === 'close') socket.end()
          if (then === 'repeat' && octets[1] !== undefined) writeForever(socket, octets[1])
          isUnderWay = true
        }
        if (octets.length === 0) isUnderWay = true
        else socket.once('data', answer)
      })
      return scene(server.port, () => isUnderWay, server.open)
    }
    switch (situation) {
      case 'healthy': {
        const server = await kind.healthy(t)
        return scene(server.port, () => server.seen() > 0, server.open)
      }
      case 'refusing':
        return scene(
          await closedPort(),
          () => false,
          () => 0,
        )
      case 'notAccepting':
        return scene(
          await notAcceptingPort(t),
          () => true,
          () => 0,
        )
      case 'silent':
        return misbehaving([], 'wait')
      case 'halfThenSilent':
        return misbehaving([kind.half], 'wait')
      case 'halfThenClosed':
        return misbehaving([kind.half], 'close')
      case 'garbage':
        return misbehaving([GARBAGE], 'close')
      case 'endless':
        return misbehaving(kind.endless, 'repeat')
    }
  }

const HANGS = ['notAccepting', 'silent', 'halfThenSilent'] as const

const body = { contains: 'all is well', matches: null, json: null }

const httpKind: StreamKind = {
  healthy: (t) =>
    watched(
      t,
      createHttpServer((_request, response) => response.end('all is well')),
    ),
  half: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall'),
  endless: [Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(65_536, 'x')],
}
healthCheckSuite('http', {
  make: overStream(httpKind, (port) => httpCheck({ port, body })),
  hangs: HANGS,
  asks: 'address',
})

/** A server that begins its handshake: a record of 512 octets, of which some are there (RFC 8446 §5.1). */
const HALF_HANDSHAKE = Buffer.from([0x16, 0x03, 0x03, 0x02, 0x00, 0x02, 0x00, 0x01, 0xfc])

const tlsKind = (alpn: readonly string[]): StreamKind => ({
  healthy: (t) =>
    watched(
      t,
      createTlsServer({ ...FIRST_PAIR, ALPNProtocols: [...alpn] }, (socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall is well'))
      }),
    ),
  half: HALF_HANDSHAKE,
  endless: [Buffer.from([]), Buffer.alloc(65_536, 'x')],
})
healthCheckSuite('https', {
  make: overStream(tlsKind(['http/1.1']), (port) => httpCheck({ port, body, scheme: 'https', tls: INSECURE })),
  hangs: HANGS,
  asks: 'address',
})
healthCheckSuite('tls', {
  make: overStream(tlsKind(['h2', 'dot']), (port) => ({ ...BASE, kind: 'tls', port, tls: INSECURE, alpn: ['dot'] })),
  hangs: HANGS,
  asks: 'address',
})

healthCheckSuite('tcp', {
  make: (t, situation) =>
    ['halfThenSilent', 'halfThenClosed', 'garbage', 'endless'].includes(situation)
      ? 'nothing is sent, and nothing is read'
      : overStream(
          {
            healthy: (t) => rawServer(t, (socket) => socket.resume()),
            half: Buffer.alloc(0),
            endless: [Buffer.alloc(0), Buffer.alloc(0)],
          },
          (port) => ({ ...BASE, kind: 'tcp', port }),
        )(t, situation),
  outcomes: { silent: 'pass' },
  hangs: ['notAccepting'],
  asks: 'address',
})

/** SERVING, in its frame. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1])
const grpcServer = (t: TestContext, server: Http2Server | Http2SecureServer): Promise<WatchedServer> => {
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(SERVING)
  })
  return watched(t, server)
}
const frame = (type: number, flags: number, stream: number, payload: readonly number[]): Buffer =>
  Buffer.from([payload.length >> 16, payload.length >> 8, payload.length, type, flags, 0, 0, 0, stream, ...payload])
/** RFC 9113 §6: SETTINGS; HEADERS with `:status: 200` of the static table; DATA. */
const [SETTINGS, HEADERS] = [frame(4, 0, 0, []), frame(1, 4, 1, [0x88])]
healthCheckSuite('grpc', {
  make: overStream(
    {
      healthy: (t) => grpcServer(t, createHttp2Server()),
      half: Buffer.concat([SETTINGS, HEADERS, frame(0, 0, 1, [0, 0, 0, 0, 2])]),
      endless: [Buffer.concat([SETTINGS, HEADERS]), frame(0, 0, 1, new Array(1000).fill(7))],
    },
    (port) => ({ ...BASE, kind: 'grpc', port, service: 'api', tls: null }),
  ),
  hangs: HANGS,
  asks: 'address',
})

healthCheckSuite('grpc over TLS', {
  make: overStream({ ...tlsKind([]), healthy: (t) => grpcServer(t, createSecureServer(FIRST_PAIR)) }, (port) => ({
    ...BASE,
    kind: 'grpc',
    port,
    service: '',
    tls: INSECURE,
  })),
  hangs: HANGS,
  asks: 'address',
})

const askDns = createProbeDns({
  nowMs: () => performance.now(),
  dice: () => 0x1234,
  // Never rings: the probe's own time is what ends it.
  schedule: () => () => {},
})
const dnsCheck = (port: number, transport: 'udp' | 'tcp'): CheckOf<'dns'> => ({
  ...BASE,
  kind: 'dns',
  port,
  transport,
  qname: 'api.geo.example',
  qtype: 'A',
  rcode: 'NOERROR',
  answers: ['192.0.2.1'],
})

/** The query as an answer: with one A record, and without OPT. */
function answerTo(query: Buffer): Buffer {
  const question = query.subarray(12, query.indexOf(Buffer.of(0, 0, 1, 0, 1), 12) + 5)
  const header = Buffer.concat([query.subarray(0, 2), Buffer.of(0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0)])
  return Buffer.concat([header, question, Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1)])
}
const framed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message])
healthCheckSuite('dns over TCP', {
  make: overStream(
    {
      healthy: (t) =>
        rawServer(t, (socket) => {
          socket.on('error', () => {})
          socket.once('data', (octets: Buffer) => socket.end(framed(answerTo(octets.subarray(2)))))
        }),
      half: Buffer.of(0, 100, 0x12, 0x34, 0x84),
      endless: [Buffer.of(), Buffer.alloc(65_536, 0xff)],
    },
    (port) => dnsCheck(port, 'tcp'),
    { askDns },
  ),
  hangs: HANGS,
  asks: 'address',
})

async function overUdp(t: TestContext, situation: Situation): Promise<Scene> {
  const isUnderWay = { now: false }
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  socket.on('message', (query, { port }) => {
    isUnderWay.now = true
    if (situation === 'healthy') socket.send(answerTo(query), port)
    if (situation === 'garbage') socket.send(Buffer.concat([query.subarray(0, 2), GARBAGE]), port)
    if (situation === 'endless') for (let sent = 0; sent < 1000; sent++) socket.send(GARBAGE, port)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  if (situation === 'refusing') {
    socket.close()
    await once(socket, 'close')
  } else {
    t.after(() => socket.close())
  }
  return { check: dnsCheck(port, 'udp'), tools: { askDns }, isUnderWay: () => isUnderWay.now, open: () => 0 }
}
healthCheckSuite('dns over UDP', {
  make: (t, situation) =>
    situation === 'notAccepting' || situation === 'halfThenSilent' || situation === 'halfThenClosed'
      ? 'a datagram is whole, and nobody accepts it'
      : overUdp(t, situation),
  // What answers another question is passed over, however much of it there is.
  hangs: ['silent', 'endless'],
  asks: 'address',
})

const COMMANDS: Partial<Record<Situation, string>> = {
  healthy: 'true',
  refusing: 'exit 2',
  silent: 'exec sleep 1000',
  halfThenSilent: 'sleep 1000 & echo $! >> "$0"; echo half; sleep 1000',
  halfThenClosed: 'echo half; kill -9 $$',
  garbage: 'printf "\\033[2J\\000\\377\\n"; exit 3',
  endless: 'exec yes',
}

/** Whether there is such a process; a zombie waits for its parent only. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

healthCheckSuite('exec', {
  make: (t, situation) => {
    const script = COMMANDS[situation]
    if (script === undefined) return 'nobody accepts it'
    const folder = mkdtempSync(join(tmpdir(), 'nearcast-exec-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const log = join(folder, 'pids')
    const pids = (): readonly number[] =>
      existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean).map(Number) : []
    const command = ['sh', '-c', `echo $$ >> "$0"; ${script}`, log]
    return Promise.resolve({
      check: { ...BASE, kind: 'exec', command },
      target: { host: null },
      isUnderWay: () => pids().length >= (situation === 'halfThenSilent' ? 2 : 1),
      open: () => pids().filter(isRunning).length,
    })
  },
  hangs: ['silent', 'halfThenSilent', 'endless'],
  asks: 'nobody',
})
