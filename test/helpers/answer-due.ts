/** What a packet has a right to, read from its octets alone: whether it must be answered, and how large the answer may be over UDP. */

const HEADER = 12
const OPT = 41
const WITHOUT_EDNS = 512
/** Our cap (RFC 9715). */
export const MOST_OVER_UDP = 1232

/** RFC 1035 §4.1.1 and RFC 8906: all that is a query is answered, with an error at least. Responses and less than a header are not. */
export const isAnswerDue = (packet: Uint8Array, length: number): boolean =>
  length >= HEADER && ((packet[2] as number) & 0x80) === 0

/** The most octets that this packet may get back over UDP. What is malformed gets an error, and those are short. */
export function mostOctetsOverUdp(packet: Uint8Array, length: number): number {
  const size = readPayloadSize(packet, length)
  return size === null ? WITHOUT_EDNS : Math.min(Math.max(size, WITHOUT_EDNS), MOST_OVER_UDP)
}

const word = (packet: Uint8Array, at: number): number => ((packet[at] as number) << 8) | (packet[at + 1] as number)

/** The requestor's payload size; null without EDNS, or when the packet is malformed. */
function readPayloadSize(packet: Uint8Array, length: number): number | null {
  if (length < HEADER) return null
  let at = HEADER
  for (let left = word(packet, 4); left > 0; left--) {
    at = skipName(packet, at, length) + 4
    if (at > length) return null
  }
  let size: number | null = null
  const records = word(packet, 6) + word(packet, 8) + word(packet, 10)
  for (let i = 0; i < records; i++) {
    const fixedAt = skipName(packet, at, length)
    if (fixedAt + 10 > length) return null
    if (word(packet, fixedAt) === OPT) size = word(packet, fixedAt + 2)
    at = fixedAt + 10 + word(packet, fixedAt + 8)
  }
  return at === length ? size : null
}

/** The offset behind a name; far behind the end when there is none. */
function skipName(packet: Uint8Array, from: number, length: number): number {
  for (let at = from; at < length; at += 1 + (packet[at] as number)) {
    const octet = packet[at] as number
    if (octet === 0) return at + 1
    if (octet >= 0xc0) return at + 2
    if (octet > 63) break
  }
  return Infinity
}
