import { RCODE, TYPE } from './wire/codes.ts'
import { HEADER_LENGTH } from './wire/query.ts'

/**
 * For how many seconds an HTTP cache may keep an answer of ours (RFC 8484 §5.1): the least TTL of its answer and authority
 * sections, and no more than a denial's SOA says; 0 for errors and for what is cut short.
 */
export function freshnessSeconds(answer: Uint8Array): number {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  const flags = view.getUint16(2)
  const rcode = flags & 0x0f
  const isTruncated = (flags & 0x0200) !== 0
  if (isTruncated || (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN)) return 0
  let at = HEADER_LENGTH
  for (let question = 0; question < view.getUint16(4); question++) at = afterName(answer, at) + 4
  let least = Number.POSITIVE_INFINITY
  for (let record = view.getUint16(6) + view.getUint16(8); record > 0; record--) {
    const fixedAt = afterName(answer, at)
    const dataEnd = fixedAt + 10 + view.getUint16(fixedAt + 8)
    least = Math.min(least, view.getUint32(fixedAt + 4))
    // RFC 8484 §5.1: "the response freshness lifetime MUST NOT be greater than the MINIMUM field from that SOA record".
    if (view.getUint16(fixedAt) === TYPE.SOA) least = Math.min(least, view.getUint32(dataEnd - 4))
    at = dataEnd
  }
  return Number.isFinite(least) ? least : 0
}

function afterName(octets: Uint8Array, start: number): number {
  for (let at = start; ; ) {
    const length = octets[at] ?? 0
    if (length === 0) return at + 1
    // A pointer ends the name (RFC 1035 §4.1.4).
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
}
