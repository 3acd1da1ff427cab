/** Signed proof that a client of one network was given certain endpoints: what reports and pinned clients show. */

import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { formatPrefix, type IpAddress, type IpPrefix, prefixOf } from '../domain/address.ts'

/** What a client was given. */
export interface Grant {
  readonly service: string
  /** Ids, the best first; those beyond `MAX_TOKEN_ENDPOINTS` are left out. */
  readonly endpoints: readonly string[]
  /** As seen by the transport. The token holds for its /24 or /48. */
  readonly address: IpAddress
}

export interface VerifiedToken {
  readonly service: string
  /** Never empty. */
  readonly endpoints: readonly string[]
  /** Names this token and no other. */
  readonly id: string
  readonly issuedAtMs: number
}

/** Why a token counts for nothing. `forged`: not signed with our key, or given to another network. */
export type TokenFault = 'malformed' | 'forged' | 'expired'

export interface DecisionTokens {
  /** Null when nothing was given that could be told about: an answer outside the list of endpoints. */
  issue(grant: Grant, nowMs: number): string | null
  /** @param longestAgeMs for which a token counts: `TOKEN_LIFE_MS`, or longer where that does no harm */
  verify(token: string, address: IpAddress, nowMs: number, longestAgeMs: number): VerifiedToken | TokenFault
}

/** latency.md E, poisoning: "HMAC, 5 min, single use". */
export const TOKEN_LIFE_MS = 300_000
/** Between the clocks of a fleet. */
const CLOCK_SKEW_MS = 60_000
export const MAX_TOKEN_ENDPOINTS = 8
/** In characters; eight endpoints and a service with the longest ids have 807. */
export const MAX_TOKEN_LENGTH = 1_024

export const KEY_OCTETS = 32
export const NODE_OCTETS = 4

/** Policies allow no longer ids. */
const MOST_ID_OCTETS = 63
const VERSION = 1
const NONCE_AT = 5
const NONCE_OCTETS = NODE_OCTETS + 4
const HEAD_OCTETS = NONCE_AT + NONCE_OCTETS
/** RFC 2104 §5: half of the hash's octets, and 80 bits at least. */
const MAC_OCTETS = 16

/**
 * A token is base64url of: version (1), seconds since 1970 (4), nonce (8), length and text of the service, then of each endpoint,
 * and the first half of an HMAC-SHA256 (16) over all of that and the client's network. The network is signed and not told: a
 * token that a shared cache hands to somebody else says nothing about whom it was made for.
 *
 * @param key the same on all nodes of a fleet, so that any may take a report about another's answer
 * @param node random octets: no two processes make the same nonce
 * @throws RangeError when either has another length than `KEY_OCTETS` and `NODE_OCTETS`
 */
export function createDecisionTokens(key: Uint8Array, node: Uint8Array): DecisionTokens {
  if (key.length !== KEY_OCTETS || node.length !== NODE_OCTETS) {
    throw new RangeError(
      `decision tokens: key of ${key.length} and node of ${node.length} octets, expected ${KEY_OCTETS} and ${NODE_OCTETS}`,
    )
  }
  const secret = createSecretKey(key)
  const sign = (body: Uint8Array, address: IpAddress): Uint8Array => {
    const { family, bytes } = tokenNetwork(address)
    const hmac = createHmac('sha256', secret).update(body).update(Uint8Array.of(family)).update(bytes)
    return hmac.digest().subarray(0, MAC_OCTETS)
  }
  let issued = 0
  return {
    issue({ service, endpoints, address }, nowMs) {
      const texts = [service, ...endpoints.slice(0, MAX_TOKEN_ENDPOINTS)].map((text) => Buffer.from(text))
      if (texts.length < 2 || texts.some(({ length }) => length === 0 || length > MOST_ID_OCTETS)) return null
      const length = texts.reduce((sum, text) => sum + 1 + text.length, HEAD_OCTETS)
      const token = Buffer.alloc(length + MAC_OCTETS)
      token.writeUInt8(VERSION, 0)
      token.writeUInt32BE(Math.floor(nowMs / 1000) >>> 0, 1)
      token.set(node, NONCE_AT)
      issued = (issued + 1) >>> 0
      token.writeUInt32BE(issued, NONCE_AT + NODE_OCTETS)
      let at = HEAD_OCTETS
      for (const text of texts) {
        at = token.writeUInt8(text.length, at)
        at += text.copy(token, at)
      }
      token.set(sign(token.subarray(0, length), address), length)
      return token.toString('base64url')
    },
    verify(token, address, nowMs, longestAgeMs) {
      if (token.length > MAX_TOKEN_LENGTH || !/^[\w-]+$/.test(token)) return 'malformed'
      const octets = Buffer.from(token, 'base64url')
      const length = octets.length - MAC_OCTETS
      const texts = textsOf(octets, length)
      if (texts === null) return 'malformed'
      if (!timingSafeEqual(sign(octets.subarray(0, length), address), octets.subarray(length))) return 'forged'
      const issuedAtMs = octets.readUInt32BE(1) * 1000
      if (nowMs - issuedAtMs > longestAgeMs || issuedAtMs - nowMs > CLOCK_SKEW_MS) return 'expired'
      const [service = '', ...endpoints] = texts
      return { service, endpoints, id: octets.toString('latin1', length), issuedAtMs }
    },
  }
}

/** The network for which a token holds and to which a report is kept: all of an address that is remembered (latency.md E). */
export const tokenNetwork = (address: IpAddress): IpPrefix => prefixOf(address, address.family === 4 ? 24 : 48)

/** As a key of tables. */
export const networkKey = (address: IpAddress): string => formatPrefix(tokenNetwork(address))

/** The texts of a body of `length` octets, a service and one endpoint at least; null when they do not fill it exactly. */
function textsOf(octets: Buffer, length: number): readonly string[] | null {
  if (length < HEAD_OCTETS || octets[0] !== VERSION) return null
  const texts: string[] = []
  for (let at = HEAD_OCTETS; at < length; ) {
    const from = at + 1
    at = from + (octets[at] ?? 0)
    if (at === from || at > length) return null
    texts.push(octets.toString('utf8', from, at))
  }
  return texts.length < 2 ? null : texts
}
