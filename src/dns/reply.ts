import { type EdeCode, OPTION, RCODE, type Rcode, TYPE } from './wire/codes.ts'
import { HEADER_LENGTH, type ParsedQuery } from './wire/query.ts'
import type { OwnedRRset } from './wire/record-data.ts'
import { type MessageWriter, writeRRset, writerBehindQuestion } from './wire/writer.ts'

/** What is answered, before it is bytes. */
export interface Reply {
  rcode: Rcode
  authoritative: boolean
  readonly answer: OwnedRRset[]
  readonly authority: OwnedRRset[]
  /** Glue without which a referral is of no use (RFC 9471 §3.1). */
  readonly requiredGlue: OwnedRRset[]
  readonly additional: OwnedRRset[]
  /** Extended DNS Error (RFC 8914), sent if the query had EDNS. */
  error: { readonly code: EdeCode; readonly text: string } | null
  /** ECS SCOPE PREFIX-LENGTH. */
  scopePrefixLength: number
}

export const emptyReply = (): Reply => ({
  rcode: RCODE.NOERROR,
  authoritative: false,
  answer: [],
  authority: [],
  requiredGlue: [],
  additional: [],
  error: null,
  scopePrefixLength: 0,
})

/** RFC 9715 §3.1: 1232 octets pass every common path unfragmented. Also the size that our OPT record states. */
export const UDP_PAYLOAD_SIZE = 1232
const UDP_WITHOUT_EDNS = 512
const TCP_MAXIMUM = 65_535
const OPT_FIXED_LENGTH = 11

/** How large an answer may be. */
export function sizeLimit(query: ParsedQuery, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return TCP_MAXIMUM
  if (query.edns === null) return UDP_WITHOUT_EDNS
  // RFC 6891 §6.2.3: "Values lower than 512 MUST be treated as equal to 512."
  return Math.min(Math.max(query.edns.payloadSize, UDP_WITHOUT_EDNS), UDP_PAYLOAD_SIZE)
}

/**
 * Writes the reply to a query into `out` and returns its length. What does not fit goes in this order: additional
 * records, one RRset after the other; then, with TC set, everything but question and OPT.
 */
export function composeReply(
  out: Uint8Array,
  limit: number,
  message: Uint8Array,
  query: ParsedQuery,
  reply: Reply,
): number {
  const { question } = query
  const options = query.edns === null ? null : composeOptions(query, reply)
  const optLength = options === null ? 0 : OPT_FIXED_LENGTH + options.length
  const headEnd = question === null ? HEADER_LENGTH : question.end
  out.set(message.subarray(0, headEnd))
  const writer =
    question === null
      ? { out, limit, position: headEnd, offsets: new Map() }
      : writerBehindQuestion(out, limit - optLength, question.name, headEnd)

  const written = question === null ? NOTHING : writeSections(writer, question.class, reply, headEnd)
  if (options !== null) writeOpt(writer, query, reply.rcode, options)
  writeHeader(out, message, query, reply, written, options === null ? 0 : 1)
  return writer.position
}

interface Written {
  readonly answer: number
  readonly authority: number
  readonly additional: number
  readonly truncated: boolean
}
const NOTHING: Written = { answer: 0, authority: 0, additional: 0, truncated: false }

function writeSections(writer: MessageWriter, rrClass: number, reply: Reply, headEnd: number): Written {
  const { answer, authority, requiredGlue, additional } = reply
  const answered = countWritten(writer, rrClass, answer)
  const authorised = countWritten(writer, rrClass, authority)
  if (answered.left > 0 || authorised.left > 0) {
    // RFC 2181 §9: a client "should ignore that response" when TC is set, so there is no use in half of it.
    writer.position = headEnd
    return { ...NOTHING, truncated: true }
  }
  const glue = countWritten(writer, rrClass, requiredGlue)
  const rest = glue.left > 0 ? { records: 0 } : countWritten(writer, rrClass, additional)
  return {
    answer: answered.records,
    authority: authorised.records,
    additional: glue.records + rest.records,
    // RFC 9471 §3.1: all in-domain glue, "or MUST set TC=1 if constrained by message size".
    truncated: glue.left > 0,
  }
}

/** Writes whole RRsets; one that does not fit is left out, those behind it may still fit. */
function countWritten(
  writer: MessageWriter,
  rrClass: number,
  rrsets: readonly OwnedRRset[],
): { records: number; left: number } {
  let records = 0
  let left = 0
  for (const rrset of rrsets) {
    if (writeRRset(writer, rrClass, rrset)) records += rrset.data.length
    else left++
  }
  return { records, left }
}

/** ECS first, then the error. */
function composeOptions(query: ParsedQuery, reply: Reply): Uint8Array {
  const parts: Uint8Array[] = []
  const ecs = query.edns?.ecs ?? null
  if (ecs !== null) {
    // RFC 7871 §7.2.1: FAMILY, SOURCE PREFIX-LENGTH and ADDRESS "MUST match those in the query"; SCOPE is ours.
    const value = ecs.octets.slice()
    value[3] = reply.scopePrefixLength
    parts.push(optionHeader(OPTION.ECS, value.length), value)
  }
  if (reply.error !== null) {
    const text = Buffer.from(reply.error.text, 'utf8').subarray(0, 100)
    parts.push(optionHeader(OPTION.EDE, 2 + text.length), Uint8Array.of(0, reply.error.code), text)
  }
  return Buffer.concat(parts)
}

const optionHeader = (code: number, length: number): Uint8Array =>
  Uint8Array.of(code >> 8, code & 0xff, length >> 8, length & 0xff)

/** The room was reserved. */
function writeOpt(writer: MessageWriter, query: ParsedQuery, rcode: Rcode, options: Uint8Array): void {
  // RFC 6891 §6.1.4: the DO bit is the only flag that is known; it goes back as it came (RFC 3225 §3), the others as zero.
  const flags = query.edns?.dnssecOk ? 0x80 : 0
  const version = 0
  const size = UDP_PAYLOAD_SIZE
  const fixed = [0, 0, TYPE.OPT, size >> 8, size & 0xff, rcode >> 4, version, flags, 0]
  writer.out.set([...fixed, options.length >> 8, options.length & 0xff], writer.position)
  writer.out.set(options, writer.position + OPT_FIXED_LENGTH)
  writer.position += OPT_FIXED_LENGTH + options.length
}

/**
 * RFC 1035 §4.1.1: RD is copied; RA, Z and AD are never set. CD is not copied: RFC 4035 §3.1.6, "A security-aware name
 * server SHOULD clear the CD bit when composing an authoritative response".
 */
function writeHeader(
  out: Uint8Array,
  message: Uint8Array,
  query: ParsedQuery,
  reply: Reply,
  written: Written,
  optCount: 0 | 1,
): void {
  const recursionDesired = (message[2] ?? 0) & 0x01
  const authoritative = reply.authoritative ? 0x04 : 0
  const truncated = written.truncated ? 0x02 : 0
  out[2] = 0x80 | (query.opcode << 3) | authoritative | truncated | recursionDesired
  out[3] = reply.rcode & 0x0f
  const counts = [query.question === null ? 0 : 1, written.answer, written.authority, written.additional + optCount]
  counts.forEach((count, index) => {
    out[4 + index * 2] = count >> 8
    out[5 + index * 2] = count & 0xff
  })
}
