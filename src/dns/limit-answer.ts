import { COOKIE } from './cookies.ts'
import type { Peer } from './peer.ts'
import { judge, microsOf, type RateLimiter, secondOf, VERDICT, zoneHash } from './rate-limit.ts'
import { composeReply, emptyReply, type Reply } from './reply.ts'
import { RCODE } from './wire/codes.ts'
import type { ParsedQuery } from './wire/query.ts'
import { findZone, type ZoneTables } from './zone-table.ts'

/** The limiter of the node, with the clock that all of its threads share. */
export interface AnswerLimit {
  readonly limiter: RateLimiter
  /** Of a clock that does not jump. */
  readonly steadyMs: () => number
}

/**
 * What becomes of an answer. Over UDP alone, because only there can an address be a lie; and not when a cookie of ours shows
 * that it is none (RFC 7873 §5.2.5).
 * @param zones those that were asked; null when the query did not get there
 */
export function judgeAnswer(
  { limiter, steadyMs }: AnswerLimit,
  { question }: ParsedQuery,
  { address: { bytes, family }, transport }: Peer,
  cookie: number,
  zones: ZoneTables | null,
  rcode: number,
): number {
  if (transport !== 'udp' || cookie >= COOKIE.good) return VERDICT.pass
  const zone = zones === null || question === null ? null : findZone(zones, question.name)
  const nowMs = steadyMs()
  return judge(
    limiter,
    bytes,
    0,
    family,
    zone === null ? 0 : zoneHash(zone.apex),
    rcode,
    microsOf(nowMs),
    secondOf(nowMs),
  )
}

/**
 * Writes what goes out instead of an answer that is limited: for a client that uses cookies BADCOOKIE with a fresh one (RFC 7873 §5.2.3),
 * so that it can ask again; for others TC and nothing else, so that it asks over TCP. Neither is of use against a victim:
 * it is no longer than the query, but for the 16 octets of a server cookie.
 */
export function composeSlip(
  out: Uint8Array,
  limit: number,
  message: Uint8Array,
  query: ParsedQuery,
  { rcode, authoritative, options }: Reply,
): number {
  const unsigned = { ...query, tsig: null }
  const { cookie } = options
  const base = emptyReply()
  if (cookie !== null) {
    const options = { ...base.options, cookie }
    return composeReply(out, limit, message, unsigned, { ...base, rcode: RCODE.BADCOOKIE, options })
  }
  const length = composeReply(out, limit, message, unsigned, { ...base, rcode, authoritative })
  out[2] = (out[2] ?? 0) | 0x02
  return length
}
