import { COOKIE, COOKIE_LENGTH, writeCookie } from '../cookies.ts'
import { UDP_PAYLOAD_SIZE } from '../opt-record.ts'
import { OPTION, RCODE, TYPE } from '../wire/codes.ts'
import { HEADER_LENGTH } from '../wire/query.ts'
import type { ClientAddress } from './steer.ts'
import { type FastTable, PUNT, TEMPLATE } from './table.ts'
import type { Desk, Work } from './work.ts'

const UDP_WITHOUT_EDNS = 512
const OPT_FIXED_LENGTH = 11
const OPTION_HEADER_LENGTH = 4
const ERROR_OPTION_LENGTH = 6
const COOKIE_OPTION_LENGTH = OPTION_HEADER_LENGTH + COOKIE_LENGTH
const NO_ERROR = -1

const AUTHORITATIVE = 0x04
const TRUNCATED = 0x02

/** How much of an answer fits. PUNT: without some of its additional records, and which those are the complete path knows. */
export const FIT = { whole: 0, nothing: 1 } as const

export function fit(table: FastTable, work: Work, templateAt: number, questionLength: number): number {
  const { words } = table
  const total =
    questionLength + words[templateAt + TEMPLATE.length]! + optLength(work, words[templateAt + TEMPLATE.error]!)
  if (total <= sizeLimit(work)) return FIT.whole
  return words[templateAt + TEMPLATE.additionals] === 0 ? FIT.nothing : PUNT
}

function sizeLimit(work: Work): number {
  if (work.hasEdns === 0) return UDP_WITHOUT_EDNS
  return Math.min(Math.max(work.payloadSize, UDP_WITHOUT_EDNS), UDP_PAYLOAD_SIZE)
}

const optLength = (work: Work, error: number): number =>
  work.hasEdns === 0 ? 0 : OPT_FIXED_LENGTH + optionsLength(work, error)

/** One that is malformed is not answered with another. */
const hasCookie = (work: Work): boolean => work.cookie >= COOKIE.client

const optionsLength = (work: Work, error: number): number =>
  (work.subnetAt === 0 ? 0 : OPTION_HEADER_LENGTH + work.subnetLength) +
  (error === NO_ERROR ? 0 : ERROR_OPTION_LENGTH) +
  (hasCookie(work) ? COOKIE_OPTION_LENGTH : 0)

/** The template's answer; with FIT.nothing the question with TC, as composeReply leaves it. */
export function writeAnswer(
  desk: Desk,
  table: FastTable,
  work: Work,
  templateAt: number,
  fitting: number,
  rx: Uint8Array,
  rxAt: number,
  client: ClientAddress,
  tx: Uint8Array,
  txAt: number,
): number {
  const { words } = table
  const flags = words[templateAt + TEMPLATE.flags]!
  const rcode = words[templateAt + TEMPLATE.rcode]!
  const error = words[templateAt + TEMPLATE.error]!
  if (fitting === FIT.nothing) {
    const at = writeHead(work, rx, rxAt, flags | TRUNCATED, rcode, tx, txAt)
    return writeOpt(desk, work, rx, client, rcode, error, tx, at) - txAt
  }
  const bodyAt = writeHead(work, rx, rxAt, flags, rcode, tx, txAt)
  putWord(tx, txAt + 6, words[templateAt + TEMPLATE.answers]!)
  putWord(tx, txAt + 8, words[templateAt + TEMPLATE.authorities]!)
  putWord(tx, txAt + 10, words[templateAt + TEMPLATE.additionals]! + work.hasEdns)
  const { octets } = table
  const length = words[templateAt + TEMPLATE.length]!
  const from = words[templateAt + TEMPLATE.at]!
  for (let i = 0; i < length; i++) tx[bodyAt + i] = octets[from + i]!
  if (words[templateAt + TEMPLATE.pointerCount] !== 0) movePointers(words, work, templateAt, tx, bodyAt)
  if (work.ttlCut >= 0) cutTtls(words, work, templateAt, tx, bodyAt)
  return writeOpt(desk, work, rx, client, rcode, error, tx, bodyAt + length) - txAt
}

/** What goes out instead of an answer that is limited, as limit-answer.ts has it: a fresh cookie for a client that knows them, else TC. */
export function writeSlip(
  desk: Desk,
  table: FastTable,
  work: Work,
  templateAt: number,
  rx: Uint8Array,
  rxAt: number,
  client: ClientAddress,
  tx: Uint8Array,
  txAt: number,
): number {
  const { words } = table
  work.scope = 0
  const isCookie = hasCookie(work)
  const rcode = isCookie ? RCODE.BADCOOKIE : words[templateAt + TEMPLATE.rcode]!
  const flags = isCookie ? 0 : (words[templateAt + TEMPLATE.flags]! & AUTHORITATIVE) | TRUNCATED
  const at = writeHead(work, rx, rxAt, flags, rcode, tx, txAt)
  return writeOpt(desk, work, rx, client, rcode, NO_ERROR, tx, at) - txAt
}

/** Header and question, with no record behind them but OPT. Returns the offset behind. */
function writeHead(
  work: Work,
  rx: Uint8Array,
  rxAt: number,
  flags: number,
  rcode: number,
  tx: Uint8Array,
  txAt: number,
): number {
  const length = work.questionEnd - rxAt
  tx[txAt] = rx[rxAt]!
  tx[txAt + 1] = rx[rxAt + 1]!
  tx[txAt + 2] = 0x80 | flags | (rx[rxAt + 2]! & 0x01)
  tx[txAt + 3] = rcode & 0x0f
  putWord(tx, txAt + 4, 1)
  putWord(tx, txAt + 6, 0)
  putWord(tx, txAt + 8, 0)
  putWord(tx, txAt + 10, work.hasEdns)
  for (let i = HEADER_LENGTH; i < length; i++) tx[txAt + i] = rx[rxAt + i]!
  return txAt + length
}

function putWord(tx: Uint8Array, at: number, value: number): void {
  tx[at] = value >> 8
  tx[at + 1] = value & 0xff
}

/** Everything behind the question has moved as far as the name is longer, and with it what pointers point at. */
function movePointers(words: Int32Array, work: Work, templateAt: number, tx: Uint8Array, bodyAt: number): void {
  const by = work.nameLength - words[templateAt + TEMPLATE.nameLength]!
  const pointersAt = words[templateAt + TEMPLATE.pointersAt]!
  for (let i = 0, count = words[templateAt + TEMPLATE.pointerCount]!; i < count; i++) {
    const at = bodyAt + words[pointersAt + i]!
    putWord(tx, at, ((tx[at]! << 8) | tx[at + 1]!) + by)
  }
}

/** TTLs fit 31 bits (RFC 2181 §8). */
function cutTtls(words: Int32Array, work: Work, templateAt: number, tx: Uint8Array, bodyAt: number): void {
  const ttlsAt = words[templateAt + TEMPLATE.ttlsAt]!
  for (let i = 0, count = words[templateAt + TEMPLATE.ttlCount]!; i < count; i++) {
    const at = bodyAt + words[ttlsAt + i]!
    const ttl = (tx[at]! << 24) | (tx[at + 1]! << 16) | (tx[at + 2]! << 8) | tx[at + 3]!
    if (ttl <= work.ttlCut) continue
    putWord(tx, at, work.ttlCut >>> 16)
    putWord(tx, at + 2, work.ttlCut & 0xffff)
  }
}

/** As reply.ts writes it: the client subnet, the error, the cookie. Returns the offset behind. */
function writeOpt(
  desk: Desk,
  work: Work,
  rx: Uint8Array,
  client: ClientAddress,
  rcode: number,
  error: number,
  tx: Uint8Array,
  optAt: number,
): number {
  if (work.hasEdns === 0) return optAt
  let at = optAt
  tx[at] = 0
  putWord(tx, at + 1, TYPE.OPT)
  putWord(tx, at + 3, UDP_PAYLOAD_SIZE)
  tx[at + 5] = rcode >> 4
  tx[at + 6] = 0
  putWord(tx, at + 7, work.dnssecOk << 8)
  putWord(tx, at + 9, optionsLength(work, error))
  at += OPT_FIXED_LENGTH
  if (work.subnetAt !== 0) {
    putWord(tx, at, OPTION.ECS)
    putWord(tx, at + 2, work.subnetLength)
    for (let i = 0; i < work.subnetLength; i++) tx[at + 4 + i] = rx[work.subnetAt + i]!
    tx[at + 7] = work.scope
    at += OPTION_HEADER_LENGTH + work.subnetLength
  }
  if (error !== NO_ERROR) {
    putWord(tx, at, OPTION.EDE)
    putWord(tx, at + 2, 2)
    putWord(tx, at + 4, error)
    at += ERROR_OPTION_LENGTH
  }
  if (!hasCookie(work)) return at
  putWord(tx, at, OPTION.COOKIE)
  putWord(tx, at + 2, COOKIE_LENGTH)
  putCookie(desk, work, rx, client, tx, at + OPTION_HEADER_LENGTH)
  return at + COOKIE_OPTION_LENGTH
}

/** One that is good and young goes back as it came. */
function putCookie(desk: Desk, work: Work, rx: Uint8Array, client: ClientAddress, tx: Uint8Array, at: number): void {
  if (work.cookie === COOKIE.good) {
    for (let i = 0; i < COOKIE_LENGTH; i++) tx[at + i] = rx[work.cookieAt + i]!
    return
  }
  const { octets, family } = client
  const length = family === 4 ? 4 : 16
  const nowSeconds = Math.floor(desk.nowMs / 1000)
  const jar = desk.cookies
  if (jar !== null) writeCookie(jar, rx, work.cookieAt, octets, client.at, length, nowSeconds, tx, at)
}
