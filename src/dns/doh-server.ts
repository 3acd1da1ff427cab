import { createServer as createHttp1, type Server } from 'node:http'
import { performServerHandshake, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { IpAddress } from '../domain/address.ts'
import { overHttp1, overHttp2 } from './doh-exchange.ts'
import { ALLOW } from './doh-request.ts'
import { type AnswerExchange, createDohService, type DohServiceOptions, PLAIN_TEXT, type Visit } from './doh-service.ts'
import type { StreamListener } from './stream-listener.ts'
import { startTlsListener } from './tls-listener.ts'
import { DEFAULT_TLS_LIMITS, type EncryptedOptions } from './tls-server.ts'

export interface DohOptions extends EncryptedOptions, DohServiceOptions {
  /** Whether a peer is a proxy that names its clients, so that one address has the connections of many. */
  readonly isProxy: (peer: IpAddress) => boolean
}

/** Octets of a request's head: room for any query in the target that resolvers send. */
const MAX_HEAD = 16_384
/** RFC 9113 §10.5: what HTTP/2 lets a client do for nothing is limited. */
const HTTP2_LIMITS = {
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: MAX_HEAD },
  /** Megabytes of a connection's queues and header tables. */
  maxSessionMemory: 1,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  // Streams that are opened and reset at once (CVE-2023-44487): so many in a row, and so many a second.
  streamResetBurst: 200,
  streamResetRate: 20,
}

/** Answers queries over HTTPS (RFC 8484), HTTP/2 and HTTP/1.1. @throws Error naming host and port when the port cannot be opened */
export function startDohServer(options: DohOptions): Promise<StreamListener> {
  const answer = createDohService(options)
  const visits = new WeakMap<Duplex, Visit>()
  const http1 = createHttp1Server((request, response) => {
    const visit = visits.get(request.socket)
    if (visit !== undefined) answer(visit, overHttp1(request, response))
  })
  return startTlsListener({
    ...options,
    limits: options.limits ?? DEFAULT_TLS_LIMITS,
    transport: 'HTTPS',
    alpn: ['h2', 'http/1.1'],
    isShared: options.isProxy,
    serve(connection, stream, peer) {
      const visit: Visit = { connection, peer, bodies: 0 }
      connection.touch()
      if (stream.alpnProtocol === 'h2') serveHttp2(stream, visit, answer)
      else {
        visits.set(stream, visit)
        connection.onDrain(() => stream.destroySoon())
        http1.emit('connection', stream)
      }
    },
  })
}

function serveHttp2(stream: TLSSocket, visit: Visit, answer: AnswerExchange): void {
  // A client that ends its side takes no more answers (unlike one of HTTP/1.1): its session is over.
  stream.allowHalfOpen = false
  const session = performServerHandshake(stream, HTTP2_LIMITS)
  visit.connection.onDrain(() => session.close())
  session.on('stream', (exchange: ServerHttp2Stream, headers) => {
    // A stream that was reset is over; 'close' follows.
    exchange.on('error', () => {})
    answer(visit, overHttp2(exchange, headers))
  })
  // What its client did wrong; the session has ended by itself.
  session.on('error', () => {})
  session.on('close', () => visit.connection.socket.destroySoon())
}

function createHttp1Server(onRequest: Parameters<typeof createHttp1>[1] & object): Server {
  // Connections are counted and timed by the listener, heads and bodies by it and by the exchange.
  const limits = { maxHeaderSize: MAX_HEAD, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }
  const server = createHttp1({ ...limits, requireHostHeader: false }, onRequest)
  const endWith = (socket: Duplex, status: string, text: string, allow = ''): void => {
    socket.on('error', () => {})
    const head = `HTTP/1.1 ${status}\r\ncontent-type: ${PLAIN_TEXT}\r\ncontent-length: ${text.length + 1}\r\n${allow}connection: close\r\n\r\n`
    if (socket.writable) socket.end(`${head}${text}\n`, () => socket.destroy())
    else socket.destroy()
  }
  server.on('clientError', (error: Error & { readonly code?: string }, socket) => {
    if (error.code === 'HPE_HEADER_OVERFLOW')
      endWith(
        socket,
        '431 Request Header Fields Too Large',
        `Request line and headers may have ${MAX_HEAD} octets together.`,
      )
    else endWith(socket, '400 Bad Request', 'This is not an HTTP/1.1 request (RFC 9112).')
  })
  // Without a listener Node closes the connection of a CONNECT without a word.
  server.on('connect', (_request, socket) =>
    endWith(socket, '405 Method Not Allowed', 'CONNECT asks for a proxy; this is none.', `allow: ${ALLOW}\r\n`),
  )
  return server
}
