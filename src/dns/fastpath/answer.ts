import { COOKIE, judgeCookie } from '../cookies.ts'
import { judge, VERDICT } from '../rate-limit.ts'
import { CLASS, TYPE } from '../wire/codes.ts'
import { PROBLEM, READ, readQuery } from './read-query.ts'
import { type ClientAddress, descend, steer, takeResolver } from './steer.ts'
import {
  ENTRY,
  type FastTable,
  hashSlot,
  NAME,
  OTHER_TYPE,
  PROBLEM_TYPE,
  PUNT,
  TEMPLATE,
  TREE,
  TREE_NUMBER,
} from './table.ts'
import type { Desk, Work } from './work.ts'
import { fit, writeAnswer, writeSlip } from './write-answer.ts'

/**
 * Answers one datagram: the octets written to `tx`, 0 for silence, PUNT (−1) for what the complete path answers. It
 * allocates nothing, and writes nothing but the answer. An answer is the same as the complete path's, octet for octet.
 */
export function answer(
  desk: Desk,
  work: Work,
  rx: Uint8Array,
  rxAt: number,
  length: number,
  client: ClientAddress,
  tx: Uint8Array,
  txAt: number,
): number {
  work.verdict = VERDICT.pass
  const read = readQuery(work, rx, rxAt, length)
  if (read !== READ.ordinary) return read
  if (isDebugged(desk.table, work, client)) return PUNT
  work.cookie = cookieOf(desk, work, rx, client)
  if (work.cookie === COOKIE.malformed && work.problem === PROBLEM.none) work.problem = PROBLEM.formErr
  work.scope = 0
  work.ttlCut = -1
  work.zone = 0
  // Looked for at the root of that table, whatever the name.
  if (work.problem !== PROBLEM.none) work.qtype = PROBLEM_TYPE + work.problem
  work.isElsewhere = work.problem === PROBLEM.none && work.qclass === CLASS.IN && isData(work.qtype) ? 0 : 1
  const table = work.isElsewhere === 0 ? desk.table : desk.chaos
  const template = findTemplate(desk, table, work, rx, client)
  if (template === PUNT) return PUNT
  const templateAt = table.templatesAt + template * TEMPLATE.size
  const fitting = fit(table, work, templateAt, work.questionEnd - rxAt)
  // From here on it is this thread's to judge, once.
  if (fitting === PUNT) return PUNT
  work.counter = table.words[templateAt + TEMPLATE.counter]!
  work.verdict = judged(desk, work, client, table.words[templateAt + TEMPLATE.rcode]!)
  if (work.verdict === VERDICT.drop) return 0
  if (work.verdict === VERDICT.slip) return writeSlip(desk, table, work, templateAt, rx, rxAt, client, tx, txAt)
  return writeAnswer(desk, table, work, templateAt, fitting, rx, rxAt, client, tx, txAt)
}

/** ANY, and what is neither a Q or meta type of RFC 6895 §3.1 nor 0 or OPT, nor stands for a problem. */
const isData = (type: number): boolean =>
  type !== 0 && type !== TYPE.OPT && (type < 128 || type >= TYPE.ANY) && type < OTHER_TYPE

function isDebugged(table: FastTable, work: Work, client: ClientAddress): boolean {
  const tree = table.trees[TREE_NUMBER.debug]!
  // Roots that are the leaf 0: nobody is.
  if (tree[TREE.root4] === -1 && tree[TREE.root6] === -1) return false
  takeResolver(work, client)
  return descend(tree, work) !== 0
}

function cookieOf(desk: Desk, work: Work, rx: Uint8Array, { octets, at, family }: ClientAddress): number {
  if (work.cookieAt === 0 || desk.cookies === null) return COOKIE.none
  const nowSeconds = Math.floor(desk.nowMs / 1000)
  return judgeCookie(desk.cookies, rx, work.cookieAt, work.cookieLength, octets, at, family === 4 ? 4 : 16, nowSeconds)
}

/** Who shows a good cookie is where he says he is. */
function judged(
  { limiter, micros, second }: Desk,
  work: Work,
  { octets, at, family }: ClientAddress,
  rcode: number,
): number {
  if (limiter === null || work.cookie >= COOKIE.good) return VERDICT.pass
  return judge(limiter, octets, at, family, work.zone, rcode, micros, second)
}

/** RFC 1034 §4.3.2 step 3: the closest name that is there, then its wildcard. */
function findTemplate(desk: Desk, table: FastTable, work: Work, rx: Uint8Array, client: ClientAddress): number {
  const isRefused = work.qclass !== CLASS.IN && work.qclass !== CLASS.CH
  if (isRefused && work.problem === PROBLEM.none) return table.refused
  if (!isData(work.qtype)) return templateAt(desk, table, work, rx, client, findName(table, work, work.labels))
  const { words } = table
  for (let label = 0; label <= work.labels; label++) {
    const found = findName(table, work, label)
    if (found < 0) continue
    work.zone = words[found + NAME.zone]!
    if (label === 0) return templateAt(desk, table, work, rx, client, found)
    const wildcard = words[found + NAME.wildcard]!
    if (wildcard < 0) return words[found + NAME.below]!
    return templateAt(desk, table, work, rx, client, table.namesAt + wildcard * NAME.size)
  }
  return table.refused
}

function findName(table: FastTable, work: Work, label: number): number {
  const { words, octets } = table
  const hash = work.hashes[label]!
  const start = work.starts[label]!
  const length = work.nameLength - start
  for (let slot = hashSlot(hash, table.hashMask); ; slot = (slot + 1) & table.hashMask) {
    const number = words[table.hashAt + slot]!
    if (number < 0) return -1
    const at = table.namesAt + number * NAME.size
    if (words[at + NAME.hash] !== hash || words[at + NAME.length] !== length) continue
    const storedAt = words[at + NAME.at]!
    let i = 0
    while (i < length && octets[storedAt + i] === work.name[start + i]) i++
    if (i === length) return at
  }
}

function templateAt(
  desk: Desk,
  table: FastTable,
  work: Work,
  rx: Uint8Array,
  client: ClientAddress,
  nameAt: number,
): number {
  const { words } = table
  const count = words[nameAt + NAME.typeCount]!
  let at = words[nameAt + NAME.typesAt]!
  for (const end = at + count * ENTRY.size; at < end; at += ENTRY.size) {
    const type = words[at + ENTRY.type]!
    // The last one may be for all others.
    if (type !== work.qtype && type !== OTHER_TYPE) continue
    const steerAt = words[at + ENTRY.steer]!
    if (steerAt === PUNT) return words[at + ENTRY.template]!
    return steer(desk, table, work, rx, client, steerAt)
  }
  // What ANY is answered with is of no use to it when a name says nothing about ANY.
  return work.qtype === TYPE.ANY ? PUNT : words[nameAt + NAME.other]!
}
