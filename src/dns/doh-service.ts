import type { IncomingHttpHeaders } from 'node:http2'
import type { IpAddress } from '../domain/address.ts'
import type { Schedule } from '../ports/schedule.ts'
import type { Connection } from './connections.ts'
import type { Exchange } from './doh-exchange.ts'
import {
  ALLOW,
  checkMessage,
  DNS_MESSAGE,
  type DohError,
  type DohRequest,
  dohError,
  MAX_MESSAGE,
  readDohHead,
  TOO_LARGE,
} from './doh-request.ts'
import { freshnessSeconds } from './freshness.ts'
import type { Respond } from './respond.ts'

export interface DohServiceOptions {
  readonly respond: Respond
  /** Whom a request comes from: the peer, or the client that a trusted proxy names. */
  readonly clientOf: (peer: IpAddress, headers: IncomingHttpHeaders) => IpAddress
  readonly schedule: Schedule
}

/** One connection, with what all of its requests share. */
export interface Visit {
  readonly connection: Connection
  readonly peer: IpAddress
  /** Octets of bodies that are under way. */
  bodies: number
}

/** A request that is not complete, or an answer that is not taken, after so long is given up. */
const EXCHANGE_SECONDS = 10
/** Octets of bodies that one connection may have under way, in all its streams. */
const MAX_BODIES = 2 * (MAX_MESSAGE + 1)

export const PLAIN_TEXT = 'text/plain; charset=utf-8'

export type AnswerExchange = (visit: Visit, exchange: Exchange) => void

/** Answers requests, once each, whatever becomes of them (RFC 8484 §4). */
export function createDohService({ respond, clientOf, schedule }: DohServiceOptions): AnswerExchange {
  const out = new Uint8Array(MAX_MESSAGE)

  return (visit, exchange) => {
    let state: 'asked' | 'answered' = 'asked'
    const reply: Exchange['reply'] = (status, headers, body) => {
      if (state === 'answered') return
      state = 'answered'
      visit.connection.touch()
      exchange.reply(status, headers, body)
    }
    const refuse = ({ status, text }: DohError): void => {
      const allow = status === 405 ? { allow: ALLOW } : {}
      const body = Buffer.from(`${text}\n`)
      reply(status, { ...REFUSAL_HEADERS, ...allow, 'content-length': body.length }, body)
    }
    const answer = (query: Buffer): void => {
      const address = clientOf(visit.peer, exchange.headers)
      const length = respond(query, query.length, { address, transport: 'https' }, out)
      const message = Buffer.from(out.subarray(0, length))
      // Over UDP it would be silence.
      if (length === 0) refuse(dohError(400, 'The message is no DNS query.'))
      else reply(200, answerHeaders(message), message)
    }

    const giveUp = (): void => {
      cancel = schedule(exchange.abort, EXCHANGE_SECONDS * 1000)
      if (state === 'answered') exchange.abort()
      else refuse(dohError(408, `The request was not complete after ${EXCHANGE_SECONDS} seconds.`))
    }
    let cancel = schedule(giveUp, EXCHANGE_SECONDS * 1000)
    exchange.onClose(() => cancel())

    const take = (request: DohRequest): void => {
      if (request.kind === 'query') answer(request.query)
      else if (request.kind === 'error') refuse(request)
      else collectBody(visit, exchange, take)
    }
    take(readDohHead(exchange.head))
  }
}

const REFUSAL_HEADERS = { 'content-type': PLAIN_TEXT, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

const answerHeaders = (message: Buffer): Record<string, string | number> => ({
  'content-type': DNS_MESSAGE,
  'content-length': message.length,
  // Another client may be steered elsewhere: a cache that many share must not keep it.
  'cache-control': `max-age=${freshnessSeconds(message)}, private`,
})

/** Reads a body that is no larger than a message, and no more of all bodies of a connection than is good for us. */
function collectBody(visit: Visit, { body, onClose }: Exchange, onRead: (read: DohRequest) => void): void {
  let octets = Buffer.alloc(0)
  let held = 0
  let state: 'reading' | 'settled' = 'reading'
  const settle = (read: DohRequest | null): void => {
    if (state === 'settled') return
    state = 'settled'
    visit.bodies -= held
    if (read !== null) onRead(read)
  }
  body.on('data', (chunk: Buffer) => {
    // What is left of a body that was refused is dropped.
    if (state === 'settled') return
    const end = held + chunk.length
    visit.bodies += chunk.length
    held = end
    if (end > MAX_MESSAGE) settle(TOO_LARGE)
    else if (visit.bodies > MAX_BODIES) settle(TOO_MANY)
    else {
      // Copied: a chunk of one octet may keep alive all that came with it.
      if (end > octets.length) octets = Buffer.concat([octets], Math.min(2 * end, MAX_MESSAGE))
      octets.set(chunk, end - chunk.length)
    }
  })
  body.on('end', () => settle(checkMessage(octets.subarray(0, held))))
  onClose(() => settle(null))
}

const TOO_MANY = dohError(503, 'Too many requests with a body at once on this connection.')
