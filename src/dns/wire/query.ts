import { type ClientSubnet, parseClientSubnet } from './client-subnet.ts'
import { OPCODE, OPTION, TYPE } from './codes.ts'
import { parseName, ROOT, type WireName } from './name.ts'

export const HEADER_LENGTH = 12

export interface Question {
  readonly name: WireName
  readonly type: number
  readonly class: number
  /** Offset of the octet after the question, which starts behind the header. */
  readonly end: number
}

export interface Edns {
  /** The requestor's UDP payload size as it came. */
  readonly payloadSize: number
  readonly dnssecOk: boolean
  readonly ecs: ClientSubnet | null
}

/** What could be read of a query, and what is wrong with it. */
export interface ParsedQuery {
  readonly opcode: number
  /** Null when none could be read: then none is echoed. */
  readonly question: Question | null
  /** Null without an OPT record that could be read. */
  readonly edns: Edns | null
  readonly problem: 'none' | 'formErr' | 'notImp' | 'badVers'
}

/** Reads a query of `length` octets; null when nothing may be answered: too short for a header, or itself a response. */
export function parseQuery(message: Uint8Array, length: number): ParsedQuery | null {
  if (length < HEADER_LENGTH) return null
  const flags = message[2] ?? 0
  if ((flags & 0x80) !== 0) return null
  const opcode = (flags >> 3) & 0xf
  const question = parseQuestion(message, length)
  const body = question === null ? BROKEN_BODY : parseRecords(message, question.end, length)
  // A header alone is a whole message under the opcodes that are not ours to know (RFC 8906 §8.1.4).
  if (opcode !== OPCODE.QUERY) return { opcode, question: null, edns: body.edns, problem: 'notImp' }
  return { opcode, question, ...body }
}

const word = (message: Uint8Array, at: number): number => ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0)

/** RFC 9619 §4: with QDCOUNT > 1 a query "MUST be treated as an incorrectly formatted message"; 0 is left to cookies (RFC 7873 §5.4). */
function parseQuestion(message: Uint8Array, length: number): Question | null {
  if (word(message, 4) !== 1) return null
  const name = parseName(message, HEADER_LENGTH, length)
  if (name === null || name.next + 4 > length) return null
  return { name: name.name, type: word(message, name.next), class: word(message, name.next + 2), end: name.next + 4 }
}

type Body = Pick<ParsedQuery, 'edns' | 'problem'>
const BROKEN_BODY: Body = { edns: null, problem: 'formErr' }

/** Everything behind the question. Records other than OPT are ignored if they are well formed; octets behind the last one are not. */
function parseRecords(message: Uint8Array, start: number, length: number): Body {
  const beforeAdditional = word(message, 6) + word(message, 8)
  const count = beforeAdditional + word(message, 10)
  let at = start
  let body: Body = { edns: null, problem: 'none' }
  let seenOpt: 'none' | 'once' = 'none'
  for (let index = 0; index < count; index++) {
    const owner = parseName(message, at, length)
    if (owner === null || owner.next + 10 > length) return { ...body, problem: 'formErr' }
    const dataStart = owner.next + 10
    const dataEnd = dataStart + word(message, owner.next + 8)
    if (dataEnd > length) return { ...body, problem: 'formErr' }
    if (word(message, owner.next) === TYPE.OPT) {
      // RFC 6891 §6.1.1: "If a query message with more than one OPT RR is received, a FORMERR (RCODE=1) MUST be returned";
      // it belongs into the additional section, and "MUST be 0 (root domain)" is said of its owner in §6.1.2.
      const misplaced = seenOpt === 'once' || index < beforeAdditional || owner.name !== ROOT
      if (misplaced) return { ...body, problem: 'formErr' }
      seenOpt = 'once'
      body = parseOpt(message, owner.next, dataStart, dataEnd)
    }
    at = dataEnd
  }
  return at === length ? body : { ...body, problem: 'formErr' }
}

function parseOpt(message: Uint8Array, fixedPart: number, dataStart: number, dataEnd: number): Body {
  const plain: Edns = {
    payloadSize: word(message, fixedPart + 2),
    dnssecOk: ((message[fixedPart + 6] ?? 0) & 0x80) !== 0,
    ecs: null,
  }
  // RFC 6891 §6.1.3: a responder that "does not implement the VERSION level of the request" MUST respond with BADVERS;
  // what the options of that version look like it cannot know.
  if ((message[fixedPart + 5] ?? 0) > 0) return { edns: plain, problem: 'badVers' }
  let ecs: ClientSubnet | null = null
  for (let at = dataStart; at < dataEnd; ) {
    const valueStart = at + 4
    const valueEnd = valueStart + word(message, at + 2)
    if (valueStart > dataEnd || valueEnd > dataEnd) return { edns: plain, problem: 'formErr' }
    // Options we do not know are ignored (RFC 6891 §6.1.2: "MUST be ignored").
    if (word(message, at) === OPTION.ECS) {
      const parsed: ClientSubnet | null =
        ecs === null ? parseClientSubnet(message.subarray(valueStart, valueEnd)) : null
      if (parsed === null) return { edns: plain, problem: 'formErr' }
      ecs = parsed
    }
    at = valueEnd
  }
  return { edns: { ...plain, ecs }, problem: 'none' }
}
