import { createSocket, type Socket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type IpAddress, parseAddress } from '../../domain/address.ts'
import type { Schedule } from '../../ports/schedule.ts'
import type { NameServer } from '../name-servers.ts'
import { RCODE } from '../wire/codes.ts'
import { answersQuestion, parseResponse, type Response } from '../wire/response.ts'
import { composeQuery, type QueryParts } from './compose-query.ts'

/** `tls` is DNS over TLS (RFC 7858). */
export type AskTransport = 'udp' | 'tcp' | 'tls'

/** What came of one question to one server. */
export type Asked =
  | {
      readonly kind: 'answer'
      readonly response: Response
      /** Of the answer: TCP when the one over UDP was truncated. */
      readonly transport: AskTransport
      /** From the question to the answer; over TCP with the handshake. */
      readonly milliseconds: number
      /** The address that the question left from. */
      readonly local: IpAddress
    }
  /** `unreachable`: nobody is there, and asking again is of no use. */
  | {
      readonly kind: 'silence' | 'unreachable' | 'malformed'
      readonly message: string
      /** This machine could not begin to ask: it has no route, address, port or file descriptor for it. */
      readonly fault?: 'here'
    }

export interface AskOptions {
  readonly transport: AskTransport
  /** A clock of milliseconds with fractions. */
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Absent: 2 s. */
  readonly timeoutMs?: number
  /** Ends it before its time, as silence. */
  readonly signal?: AbortSignal
}

const TIMEOUT_MS = 2000
/** A datagram may be lost: it is sent once more, half-way. */
const RESEND_SHARE = 1 / 2

/** The cookies of one client with one server (RFC 7873): who has one of the server's is not rate limited. */
export interface CookieJar {
  /** Of the client, with the newest of the server's behind it. */
  current: Uint8Array
}

const CLIENT_COOKIE_LENGTH = 8

/** @param dice uniform unsigned 32-bit draws */
export const createCookieJar = (dice: () => number): CookieJar => ({
  current: Uint8Array.from({ length: CLIENT_COOKIE_LENGTH }, () => dice() & 0xff),
})

/** A question; its cookie comes out of the jar. */
export type Asking = Omit<QueryParts, 'cookie'>

/**
 * Asks one question, each from a port of its own; once more when the server wants its cookie (RFC 7873 §5.3), and over TCP after
 * a truncated answer. Never rejects. Datagrams that answer another question, or come from elsewhere, are passed over.
 */
export async function askServer(
  server: NameServer,
  asking: Asking,
  jar: CookieJar,
  options: AskOptions,
): Promise<Asked> {
  const asked = await askOnce(server, { ...asking, cookie: jar.current }, jar, options)
  if (asked.kind !== 'answer' || asked.response.rcode !== RCODE.BADCOOKIE) return asked
  return askOnce(server, { ...asking, cookie: jar.current }, jar, options)
}

async function askOnce(server: NameServer, parts: QueryParts, jar: CookieJar, options: AskOptions): Promise<Asked> {
  const query = composeQuery(parts)
  const overUdp = options.transport === 'udp' ? await askOverUdp(server, query, parts.id, options) : null
  const isFinal = overUdp !== null && !('octets' in overUdp && isTruncated(overUdp.octets))
  const raw = isFinal ? overUdp : await askOverStream(server, query, options)
  if (!('octets' in raw)) return raw
  const response = parseResponse(raw.octets)
  if ('malformed' in response) return { kind: 'malformed', message: `the answer cannot be read: ${response.malformed}` }
  // A malformed query is answered without its question; ours is not malformed, so that would be another's answer.
  if (!answersQuestion(response, parts.id, parts.name, parts.type)) {
    return { kind: 'malformed', message: 'the answer is to another question' }
  }
  keep(jar, response.edns?.cookie ?? null)
  const transport = isFinal ? 'udp' : options.transport === 'tls' ? 'tls' : 'tcp'
  return { kind: 'answer', response, transport, milliseconds: raw.milliseconds, local: raw.local }
}

/** RFC 7873 §5.3: what comes back with another client cookie is not for us. */
function keep(jar: CookieJar, cookie: Uint8Array | null): void {
  if (cookie === null || cookie.length <= CLIENT_COOKIE_LENGTH) return
  const isOurs = cookie.subarray(0, CLIENT_COOKIE_LENGTH).every((octet, index) => octet === jar.current[index])
  if (isOurs) jar.current = cookie
}

const isTruncated = (octets: Uint8Array): boolean => ((octets[2] ?? 0) & 0x02) !== 0

type Raw =
  | { readonly octets: Uint8Array; readonly milliseconds: number; readonly local: IpAddress }
  | { readonly kind: 'silence' | 'unreachable'; readonly message: string; readonly fault?: 'here' }

/** Calls `resolve` when the time is up, or the asker wants no more; returns the way to call it off. */
function giveUpInTime(
  { schedule, timeoutMs = TIMEOUT_MS, signal }: AskOptions,
  resolve: (raw: Raw) => void,
): () => void {
  const callOff = schedule(
    () => resolve({ kind: 'silence', message: `no answer within ${timeoutMs / 1000} s` }),
    timeoutMs,
  )
  const stop = (): void => resolve({ kind: 'silence', message: 'no answer before it was called off' })
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  return () => {
    callOff()
    signal?.removeEventListener('abort', stop)
  }
}

/** A refused connection is the system's word that no process listens there. */
function failure(error: NodeJS.ErrnoException, transport: 'datagram' | 'stream'): Raw {
  const isRefused = error.code === 'ECONNREFUSED'
  const message = isRefused ? 'nothing listens there' : error.message
  return failedHere(error, transport)
    ? { kind: 'unreachable', message, fault: 'here' }
    : { kind: 'unreachable', message }
}

/**
 * Whether connect(2) failed at once: of a datagram socket it asks nobody; of a stream, Node tells the local address where
 * it failed before anything was sent, and not where ICMP said so.
 */
const failedHere = ({ syscall, message }: NodeJS.ErrnoException, transport: 'datagram' | 'stream'): boolean =>
  transport === 'datagram' ? syscall === 'connect' || syscall === 'bind' : message.includes(' - Local (')

async function askOverUdp(
  { address, port }: NameServer,
  query: Uint8Array,
  id: number,
  options: AskOptions,
): Promise<Raw> {
  const { nowMs, schedule, timeoutMs = TIMEOUT_MS } = options
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const { promise, resolve } = Promise.withResolvers<Raw>()
  const callOff = [
    schedule(() => send(socket, query, resolve), timeoutMs * RESEND_SHARE),
    giveUpInTime(options, resolve),
  ]
  socket.on('error', (error) => resolve(failure(error, 'datagram')))
  socket.on('message', (octets) => {
    const isOurs = octets.length >= 2 && octets.readUInt16BE(0) === id
    if (isOurs) resolve({ octets, milliseconds: nowMs() - sentMs, local: localOf(socket.address().address) })
  })
  let sentMs = nowMs()
  // Connected, the system passes over datagrams from elsewhere, and tells when nobody listens.
  socket.on('connect', () => {
    sentMs = nowMs()
    send(socket, query, resolve)
  })
  socket.connect(port, address)
  const raw = await promise
  for (const cancel of callOff) cancel()
  socket.close()
  return raw
}

function send(socket: Socket, query: Uint8Array, resolve: (raw: Raw) => void): void {
  socket.send(query, (error) => {
    if (error !== null) resolve(failure(error, 'datagram'))
  })
}

/** Asked by its address, a server shows a certificate for a name that nobody has told us: who it is was not the question (RFC 7858 §4.1). */
const UNVERIFIED = { rejectUnauthorized: false, ALPNProtocols: ['dot'] }

async function askOverStream({ address, port }: NameServer, query: Uint8Array, options: AskOptions): Promise<Raw> {
  const { transport, nowMs } = options
  const { promise, resolve } = Promise.withResolvers<Raw>()
  const startedMs = nowMs()
  const to = { host: address, port }
  const socket = transport === 'tls' ? connectTls({ ...to, ...UNVERIFIED }) : connect(to)
  const callOff = giveUpInTime(options, resolve)
  let received = Buffer.alloc(0)
  socket.on('error', (error) => resolve(failure(error, 'stream')))
  socket.on('close', () => resolve({ kind: 'silence', message: 'the connection ended before the answer did' }))
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    const octets = received.subarray(2, 2 + received.readUInt16BE(0))
    resolve({ octets, milliseconds: nowMs() - startedMs, local: localOf(socket.localAddress ?? '') })
  })
  socket.write(Buffer.concat([Uint8Array.of(query.length >> 8, query.length & 0xff), query]))
  const raw = await promise
  callOff()
  socket.destroy()
  return raw
}

const localOf = (text: string): IpAddress =>
  parseAddress(text.split('%')[0] ?? '') ?? { family: 4, bytes: Uint8Array.of(127, 0, 0, 1) }
