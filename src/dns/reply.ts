import {
  appendOption,
  composeOpt,
  composePadding,
  noOptions,
  type OptContents,
  type OptionValues,
  UDP_PAYLOAD_SIZE,
} from './opt-record.ts'
import type { Transport } from './peer.ts'
import { RCODE, type Rcode } from './wire/codes.ts'
import { HEADER_LENGTH, type ParsedQuery } from './wire/query.ts'
import type { OwnedRRset } from './wire/record-data.ts'
import { composeBadKey } from './wire/tsig.ts'
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
  error: OptContents['error']
  /** ECS SCOPE PREFIX-LENGTH. */
  scopePrefixLength: number
  options: OptionValues
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
  options: noOptions(),
})

const UDP_WITHOUT_EDNS = 512
const STREAM_MAXIMUM = 65_535

/** How large an answer may be. */
export function sizeLimit(query: ParsedQuery, transport: Transport): number {
  if (transport !== 'udp') return STREAM_MAXIMUM
  if (query.edns === null) return UDP_WITHOUT_EDNS
  // RFC 6891 §6.2.3: "Values lower than 512 MUST be treated as equal to 512."
  return Math.min(Math.max(query.edns.payloadSize, UDP_WITHOUT_EDNS), UDP_PAYLOAD_SIZE)
}

/**
 * Writes the reply to a query into `out` and returns its length. What does not fit goes in this order: additional
 * records, one RRset after the other; then, with TC set, everything but question, OPT and TSIG.
 */
export function composeReply(
  out: Uint8Array,
  limit: number,
  message: Uint8Array,
  query: ParsedQuery,
  reply: Reply,
): number {
  const { question, edns, tsig } = query
  const headEnd = question === null ? HEADER_LENGTH : question.end
  out.set(message.subarray(0, headEnd))
  const opt = edns === null ? NO_RECORD : composeOpt(edns, reply, limit - headEnd)
  const badKey = tsig === null ? NO_RECORD : composeBadKey(tsig)
  // Names of keys and algorithms may be as long as those of questions: more than 512 octets hold.
  const signature = headEnd + opt.length + badKey.length <= limit ? badKey : NO_RECORD
  const room = limit - opt.length - signature.length
  const writer =
    question === null
      ? { out, limit: room, position: headEnd, offsets: new Map() }
      : writerBehindQuestion(out, room, question.name, headEnd)

  const written = question === null ? NOTHING : writeSections(writer, question.class, reply, headEnd)
  const end = writeTail(out, writer.position, limit, { opt, signature, paddingBlock: reply.options.paddingBlock })
  const isTruncated = written.truncated || signature.length < badKey.length
  const tailRecords = Number(opt.length > 0) + Number(signature.length > 0)
  writeHeader(out, message, query, reply, {
    ...written,
    additional: written.additional + tailRecords,
    truncated: isTruncated,
  })
  return end
}

const NO_RECORD = new Uint8Array(0)

interface Tail {
  readonly opt: Uint8Array
  /** RFC 8945 §5.1: TSIG is the last record of all. */
  readonly signature: Uint8Array
  readonly paddingBlock: number | null
}

/** Writes what there is room for by reservation, and the padding; returns where the message ends. */
function writeTail(out: Uint8Array, at: number, limit: number, { opt, signature, paddingBlock }: Tail): number {
  const length = at + opt.length + signature.length
  out.set(opt, at)
  const padding = opt.length === 0 || paddingBlock === null ? NO_RECORD : composePadding(length, paddingBlock, limit)
  if (padding.length > 0) appendOption(out, at, opt.length, padding)
  out.set(signature, at + opt.length + padding.length)
  return length + padding.length
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

/**
 * RFC 1035 §4.1.1: RD is copied; RA, Z and AD are never set. CD is not copied: RFC 4035 §3.1.6, "A security-aware name
 * server SHOULD clear the CD bit when composing an authoritative response".
 */
function writeHeader(out: Uint8Array, message: Uint8Array, query: ParsedQuery, reply: Reply, written: Written): void {
  const recursionDesired = (message[2] ?? 0) & 0x01
  const authoritative = reply.authoritative ? 0x04 : 0
  const truncated = written.truncated ? 0x02 : 0
  out[2] = 0x80 | (query.opcode << 3) | authoritative | truncated | recursionDesired
  out[3] = reply.rcode & 0x0f
  const counts = [query.question === null ? 0 : 1, written.answer, written.authority, written.additional]
  counts.forEach((count, index) => {
    out[4 + index * 2] = count >> 8
    out[5 + index * 2] = count & 0xff
  })
}
