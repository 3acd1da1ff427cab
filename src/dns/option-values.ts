import { COOKIE, COOKIE_LENGTH, type CookieJar, judgeCookie, writeCookie } from './cookies.ts'
import { noOptions, type OptionValues } from './opt-record.ts'
import type { Peer } from './peer.ts'
import type { ParsedQuery } from './wire/query.ts'

export interface OptionSettings {
  /** Null: cookies are off, the option is like any that is not known. */
  readonly cookies: CookieJar | null
  /** Told to who asks for it (RFC 5001, RFC 4892); null tells nobody. */
  readonly nodeId: string | null
}

/** What the options of a query say about who asks. */
export interface ReadOptions {
  /** One of `COOKIE`; `none` too where cookies are off. */
  readonly cookie: number
  readonly problem: 'none' | 'formErr'
  readonly values: OptionValues
}

/** RFC 8467 §4.1: "If a server receives a query that includes the EDNS(0) Padding option, it MUST pad the response to a multiple of 468 octets". */
const PADDING_BLOCK = 468

export function readOptions(query: ParsedQuery, peer: Peer, settings: OptionSettings, nowMs: number): ReadOptions {
  const values = noOptions()
  const { edns } = query
  if (edns === null) return { cookie: COOKIE.none, problem: 'none', values }
  if (edns.nsid && settings.nodeId !== null) values.nsid = Buffer.from(settings.nodeId)
  if (peer.transport === 'tls' || peer.transport === 'https') {
    // RFC 7830 §6: padding is of no use where the message can be read anyway.
    if (edns.padding) values.paddingBlock = PADDING_BLOCK
  }
  const cookie = readCookie(edns.cookie, peer, settings.cookies, nowMs, values)
  const keepalive = readKeepalive(edns.keepaliveLength, peer, values)
  return { cookie, problem: cookie === COOKIE.malformed ? 'formErr' : keepalive, values }
}

function readCookie(
  sent: Uint8Array | null,
  { address: { bytes } }: Peer,
  jar: CookieJar | null,
  nowMs: number,
  values: OptionValues,
): number {
  if (sent === null || jar === null) return COOKIE.none
  const nowSeconds = Math.floor(nowMs / 1000)
  const cookie = judgeCookie(jar, sent, 0, sent.length, bytes, 0, bytes.length, nowSeconds)
  if (cookie === COOKIE.good) values.cookie = sent
  else if (cookie !== COOKIE.malformed) {
    values.cookie = new Uint8Array(COOKIE_LENGTH)
    writeCookie(jar, sent, 0, bytes, 0, bytes.length, nowSeconds, values.cookie, 0)
  }
  return cookie
}

function readKeepalive(length: number | null, peer: Peer, values: OptionValues): ReadOptions['problem'] {
  // RFC 7828 §3.3.1: over UDP a server "MUST ignore the option". Over HTTPS it is HTTP that keeps connections.
  if (length === null || (peer.transport !== 'tcp' && peer.transport !== 'tls')) return 'none'
  // §3.2.1: "Clients MUST specify an OPTION-LENGTH of 0 and omit the TIMEOUT value."
  if (length > 0) return 'formErr'
  values.keepaliveSeconds = peer.idleSeconds ?? null
  return 'none'
}
