import { OPCODE, TYPE } from './codes.ts'
import { parseName, ROOT, type WireName } from './name.ts'
import { type Edns, parseOpt } from './opt.ts'
import { parseTsig, type Tsig } from './tsig.ts'

export const HEADER_LENGTH = 12

export interface Question {
  readonly name: WireName
  readonly type: number
  readonly class: number
  /** Offset of the octet after the question, which starts behind the header. */
  readonly end: number
}

/** What could be read of a query, and what is wrong with it. */
export interface ParsedQuery {
  readonly opcode: number
  /** Null when none could be read: then none is echoed. Without a problem it is null in a query for a cookie (RFC 7873 §5.4) only. */
  readonly question: Question | null
  /** Null without an OPT record that could be read. */
  readonly edns: Edns | null
  /** The signature, if there is one and nothing else is wrong: then the problem is `badKey`, because no key is known here. */
  readonly tsig: Tsig | null
  readonly problem: 'none' | 'formErr' | 'notImp' | 'badVers' | 'badKey'
}

/** Opcodes whose messages look like queries (RFC 1996 §3.6, RFC 2136 §2), so that a signature can be told in them. */
const SIGNED_OPCODES: readonly number[] = [OPCODE.QUERY, OPCODE.NOTIFY, OPCODE.UPDATE]

/** Reads a query of `length` octets; null when nothing may be answered: too short for a header, or itself a response. */
export function parseQuery(message: Uint8Array, length: number): ParsedQuery | null {
  if (length < HEADER_LENGTH) return null
  const flags = message[2] ?? 0
  if ((flags & 0x80) !== 0) return null
  const opcode = (flags >> 3) & 0xf
  const question = parseQuestion(message, length)
  const body = parseBody(message, question, length)
  if (opcode === OPCODE.QUERY) return { opcode, question, ...body }
  // BADVERS is about every request (RFC 6891 §6.1.3), a key about every request that can be signed. A header alone is
  // a whole message under the opcodes that are not ours to know (RFC 8906 §8.1.4).
  const isSigned = body.problem === 'badKey' && SIGNED_OPCODES.includes(opcode)
  const problem = body.problem === 'badVers' || isSigned ? body.problem : 'notImp'
  return { opcode, question: null, edns: body.edns, tsig: isSigned ? body.tsig : null, problem }
}

const word = (message: Uint8Array, at: number): number => ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0)

/** RFC 9619 §4: with QDCOUNT > 1 a query "MUST be treated as an incorrectly formatted message". */
function parseQuestion(message: Uint8Array, length: number): Question | null {
  if (word(message, 4) !== 1) return null
  const name = parseName(message, HEADER_LENGTH, length)
  if (name === null || name.next + 4 > length) return null
  return { name: name.name, type: word(message, name.next), class: word(message, name.next + 2), end: name.next + 4 }
}

type Body = Pick<ParsedQuery, 'edns' | 'tsig' | 'problem'>
const BROKEN_BODY: Body = { edns: null, tsig: null, problem: 'formErr' }

function parseBody(message: Uint8Array, question: Question | null, length: number): Body {
  if (question !== null) return parseRecords(message, question.end, length)
  if (word(message, 4) !== 0) return BROKEN_BODY
  const body = parseRecords(message, HEADER_LENGTH, length)
  // RFC 7873 §5.4: QDCOUNT 0 is supported "provided that an OPT record is present with a COOKIE option".
  const asksForCookie = body.edns !== null && body.edns.cookie !== null
  return body.problem === 'none' && !asksForCookie ? { ...body, problem: 'formErr' } : body
}

/** Everything behind the question. Records other than OPT are ignored if they are well formed; octets behind the last one are not. */
function parseRecords(message: Uint8Array, start: number, length: number): Body {
  const beforeAdditional = word(message, 6) + word(message, 8)
  const count = beforeAdditional + word(message, 10)
  let at = start
  let body: Body = { edns: null, tsig: null, problem: 'none' }
  for (let index = 0; index < count; index++) {
    const owner = parseName(message, at, length)
    if (owner === null || owner.next + 10 > length) return formErr(body)
    const fixedPart = owner.next
    const dataStart = fixedPart + 10
    const dataEnd = dataStart + word(message, fixedPart + 8)
    if (dataEnd > length) return formErr(body)
    const type = word(message, fixedPart)
    if (type === TYPE.OPT) {
      // RFC 6891 §6.1.1: "If a query message with more than one OPT RR is received, a FORMERR (RCODE=1) MUST be returned";
      // it belongs into the additional section, and "MUST be 0 (root domain)" is said of its owner in §6.1.2.
      const misplaced = body.edns !== null || index < beforeAdditional || owner.name !== ROOT
      if (misplaced) return formErr(body)
      body = { ...parseOpt(message, fixedPart, dataStart, dataEnd), tsig: null }
    } else if (type === TYPE.TSIG) {
      // RFC 8945 §5.1: more than one, or one "in any other position" than the last of the additional section, is FORMERR.
      const misplaced = index < beforeAdditional || index < count - 1
      const tsig = misplaced ? null : parseTsig(message, owner.name, fixedPart, dataStart, dataEnd)
      if (tsig === null) return formErr(body)
      if (body.problem === 'none') body = { ...body, tsig, problem: 'badKey' }
    }
    at = dataEnd
  }
  return at === length ? body : formErr(body)
}

const formErr = ({ edns }: Body): Body => ({ edns, tsig: null, problem: 'formErr' })
