import { CLASS, OPTION, TYPE } from './codes.ts'
import { parseName, ROOT, type WireName } from './name.ts'

/** One record of a response, readable without the message around it. */
export interface ResponseRecord {
  readonly name: WireName
  readonly type: number
  readonly class: number
  readonly ttlSeconds: number
  /** RDATA with its names written out, in lower case: equal octets are equal data (RFC 4343). */
  readonly data: Uint8Array
}

export interface ResponseEdns {
  readonly payloadSize: number
  /** FAMILY, SOURCE and SCOPE of the Client Subnet option (RFC 7871 §6); null without one. */
  readonly ecs: {
    readonly family: number
    readonly sourcePrefixLength: number
    readonly scopePrefixLength: number
  } | null
  /** Client and server cookie (RFC 7873 §4.2); null without them. */
  readonly cookie: Uint8Array | null
  /** Extended DNS Errors (RFC 8914). */
  readonly errors: readonly { readonly code: number; readonly text: string }[]
}

/** What a name server answered. */
export interface Response {
  readonly id: number
  /** With the upper bits that OPT carries (RFC 6891 §6.1.3). */
  readonly rcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly question: { readonly name: WireName; readonly type: number; readonly class: number } | null
  readonly answer: readonly ResponseRecord[]
  readonly authority: readonly ResponseRecord[]
  /** Without OPT. */
  readonly additional: readonly ResponseRecord[]
  /** Null without OPT. */
  readonly edns: ResponseEdns | null
}

/** What is wrong with a message; half a sentence. */
export interface Malformed {
  readonly malformed: string
}

const HEADER_LENGTH = 12

/** Reads a response whole. Bounds-checked: a message of whatever octets gives a {@link Response} or {@link Malformed}. */
export function parseResponse(message: Uint8Array): Response | Malformed {
  if (message.length < HEADER_LENGTH) return { malformed: `${message.length} octets are no DNS message` }
  const flags = word(message, 2)
  if ((flags & 0x8000) === 0) return { malformed: 'it is a query, not a response' }
  const cursor: Cursor = { at: HEADER_LENGTH }
  if (word(message, 4) > 1) return { malformed: `it has ${word(message, 4)} questions` }
  const question = word(message, 4) === 0 ? null : readQuestion(message, cursor)
  if (question === undefined) return { malformed: 'its question cannot be read' }
  const sections: ResponseRecord[][] = []
  for (const countAt of [6, 8, 10]) {
    const records = readRecords(message, cursor, word(message, countAt))
    if (records === null) return { malformed: `a record at octet ${cursor.at} cannot be read` }
    sections.push(records)
  }
  if (cursor.at !== message.length) return { malformed: `it has ${message.length - cursor.at} octets behind its end` }
  const [answer = [], authority = [], additional = []] = sections
  const opts = additional.filter(({ type }) => type === TYPE.OPT)
  const edns = opts[0] === undefined ? null : readOpt(opts[0])
  if (opts.length > 1 || edns === undefined) return { malformed: 'its OPT record cannot be read' }
  return {
    id: word(message, 0),
    rcode: (flags & 0x0f) | ((opts[0] === undefined ? 0 : opts[0].ttlSeconds >>> 24) << 4),
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    question,
    answer,
    authority,
    additional: additional.filter(({ type }) => type !== TYPE.OPT),
    edns,
  }
}

interface Cursor {
  at: number
}

const word = (octets: Uint8Array, at: number): number => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)

function readQuestion(message: Uint8Array, cursor: Cursor): NonNullable<Response['question']> | undefined {
  const name = parseName(message, cursor.at, message.length)
  if (name === null || name.next + 4 > message.length) return undefined
  cursor.at = name.next + 4
  return { name: name.name, type: word(message, name.next), class: word(message, name.next + 2) }
}

/** Leaves the cursor at the record that cannot be read. */
function readRecords(message: Uint8Array, cursor: Cursor, count: number): ResponseRecord[] | null {
  const records: ResponseRecord[] = []
  for (let index = 0; index < count; index++) {
    const owner = parseName(message, cursor.at, message.length)
    if (owner === null || owner.next + 10 > message.length) return null
    const dataAt = owner.next + 10
    const dataEnd = dataAt + word(message, owner.next + 8)
    if (dataEnd > message.length) return null
    const type = word(message, owner.next)
    const data = expandData(message, type, dataAt, dataEnd)
    if (data === null || (type === TYPE.OPT && owner.name !== ROOT)) return null
    const ttlSeconds = word(message, owner.next + 4) * 0x10000 + word(message, owner.next + 6)
    records.push({ name: owner.name, type, class: word(message, owner.next + 2), ttlSeconds, data })
    cursor.at = dataEnd
  }
  return records
}

/** How many octets stand before each name of the RDATA, for the types whose names may be compressed (RFC 3597 §4), SRV, and SVCB. */
const NAMES_IN: Readonly<Record<number, readonly number[]>> = {
  [TYPE.NS]: [0],
  [TYPE.CNAME]: [0],
  [TYPE.PTR]: [0],
  [TYPE.SOA]: [0, 0],
  [TYPE.MX]: [2],
  [TYPE.SRV]: [6],
  [TYPE.SVCB]: [2],
  [TYPE.HTTPS]: [2],
}

function expandData(message: Uint8Array, type: number, start: number, end: number): Uint8Array | null {
  const parts: Uint8Array[] = []
  let at = start
  for (const before of NAMES_IN[type] ?? []) {
    const name = parseName(message, at + before, end)
    if (at + before >= end || name === null || name.next > end) return null
    parts.push(message.subarray(at, at + before), Buffer.from(name.name, 'latin1'))
    at = name.next
  }
  return Uint8Array.from(Buffer.concat([...parts, message.subarray(at, end)]))
}

/** Undefined when its options cannot be read. Those that are not known are passed over (RFC 6891 §6.1.2). */
function readOpt({ class: payloadSize, data }: ResponseRecord): ResponseEdns | undefined {
  let ecs: ResponseEdns['ecs'] = null
  let cookie: ResponseEdns['cookie'] = null
  const errors: { code: number; text: string }[] = []
  for (let at = 0; at < data.length; ) {
    const value = data.subarray(at + 4, at + 4 + word(data, at + 2))
    if (at + 4 > data.length || value.length !== word(data, at + 2)) return undefined
    const code = word(data, at)
    if (code === OPTION.ECS) {
      if (value.length < 4) return undefined
      ecs = { family: word(value, 0), sourcePrefixLength: value[2] ?? 0, scopePrefixLength: value[3] ?? 0 }
    }
    if (code === OPTION.COOKIE) cookie ??= value
    if (code === OPTION.EDE) {
      if (value.length < 2) return undefined
      errors.push({ code: word(value, 0), text: printable(value.subarray(2)) })
    }
    at += 4 + value.length
  }
  return { payloadSize, ecs, cookie, errors }
}

/** EXTRA-TEXT is UTF-8 (RFC 8914 §2) of whoever answered: nothing in it may steer a terminal. */
const printable = (octets: Uint8Array): string =>
  Buffer.from(octets)
    .toString('utf8')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')

/** Whether a response is about the question of this query: its ID, name, type and class (RFC 5452 §9.1). */
export const answersQuestion = (response: Response, id: number, name: WireName, type: number): boolean =>
  response.id === id &&
  response.question !== null &&
  response.question.name === name &&
  response.question.type === type &&
  response.question.class === CLASS.IN
