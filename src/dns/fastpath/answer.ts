import { UDP_PAYLOAD_SIZE } from '../reply.ts'
import { OPTION, TYPE } from '../wire/codes.ts'
import { HEADER_LENGTH } from '../wire/query.ts'
import { READ, readQuery } from './read-query.ts'
import { type ClientAddress, descend, steer, takeResolver } from './steer.ts'
import { ENTRY, type FastTable, hashSlot, NAME, PUNT, TEMPLATE, TREE, TREE_NUMBER } from './table.ts'
import type { Work } from './work.ts'

const UDP_WITHOUT_EDNS = 512
const OPT_FIXED_LENGTH = 11
const ERROR_OPTION_LENGTH = 6

/**
 * Answers one datagram: the octets written to `tx`, 0 for silence, PUNT (−1) for what the complete path answers. It
 * allocates nothing, and writes nothing but the answer. An answer is the same as the complete path's, octet for octet.
 */
export function answer(
  table: FastTable,
  work: Work,
  rx: Uint8Array,
  rxAt: number,
  length: number,
  client: ClientAddress,
  tx: Uint8Array,
  txAt: number,
  nowMs: number,
  dice: () => number,
): number {
  const read = readQuery(work, rx, rxAt, length)
  if (read !== READ.ordinary) return read
  if (isDebugged(table, work, client)) return PUNT
  work.scope = 0
  work.ttlCut = -1
  const template = findTemplate(table, work, rx, client, nowMs, dice)
  if (template === PUNT) return PUNT
  return write(table, work, table.templatesAt + template * TEMPLATE.size, rx, rxAt, tx, txAt)
}

function isDebugged(table: FastTable, work: Work, client: ClientAddress): boolean {
  const tree = table.trees[TREE_NUMBER.debug]!
  // Roots that are the leaf 0: nobody is.
  if (tree[TREE.root4] === -1 && tree[TREE.root6] === -1) return false
  takeResolver(work, client)
  return descend(tree, work) !== 0
}

/** RFC 1034 §4.3.2 step 3: the closest name that is there, then its wildcard. */
function findTemplate(
  table: FastTable,
  work: Work,
  rx: Uint8Array,
  client: ClientAddress,
  nowMs: number,
  dice: () => number,
): number {
  const { words } = table
  for (let label = 0; label <= work.labels; label++) {
    const found = findName(table, work, label)
    if (found < 0) continue
    if (label === 0) return templateAt(table, work, rx, client, found, nowMs, dice)
    const wildcard = words[found + NAME.wildcard]!
    if (wildcard < 0) return words[found + NAME.below]!
    return templateAt(table, work, rx, client, table.namesAt + wildcard * NAME.size, nowMs, dice)
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
  table: FastTable,
  work: Work,
  rx: Uint8Array,
  client: ClientAddress,
  nameAt: number,
  nowMs: number,
  dice: () => number,
): number {
  const { words } = table
  const count = words[nameAt + NAME.typeCount]!
  let at = words[nameAt + NAME.typesAt]!
  for (const end = at + count * ENTRY.size; at < end; at += ENTRY.size) {
    if (words[at + ENTRY.type] !== work.qtype) continue
    const steerAt = words[at + ENTRY.steer]!
    if (steerAt === PUNT) return words[at + ENTRY.template]!
    return steer(table, work, rx, client, steerAt, nowMs, dice)
  }
  return words[nameAt + NAME.other]!
}

function write(
  table: FastTable,
  work: Work,
  templateAt: number,
  rx: Uint8Array,
  rxAt: number,
  tx: Uint8Array,
  txAt: number,
): number {
  const { words, octets } = table
  const length = words[templateAt + TEMPLATE.length]!
  const error = words[templateAt + TEMPLATE.error]!
  const questionLength = work.questionEnd - rxAt
  const subnetLength = work.subnetAt === 0 ? 0 : 4 + work.subnetLength
  const optionsLength = subnetLength + (error < 0 ? 0 : ERROR_OPTION_LENGTH)
  const total = questionLength + length + (work.hasEdns === 0 ? 0 : OPT_FIXED_LENGTH + optionsLength)
  if (total > sizeLimit(work)) return PUNT

  tx[txAt] = rx[rxAt]!
  tx[txAt + 1] = rx[rxAt + 1]!
  tx[txAt + 2] = 0x80 | words[templateAt + TEMPLATE.flags]! | (rx[rxAt + 2]! & 0x01)
  tx[txAt + 3] = words[templateAt + TEMPLATE.rcode]!
  tx[txAt + 4] = 0
  tx[txAt + 5] = 1
  putWord(tx, txAt + 6, words[templateAt + TEMPLATE.answers]!)
  putWord(tx, txAt + 8, words[templateAt + TEMPLATE.authorities]!)
  putWord(tx, txAt + 10, words[templateAt + TEMPLATE.additionals]! + work.hasEdns)
  for (let i = HEADER_LENGTH; i < questionLength; i++) tx[txAt + i] = rx[rxAt + i]!

  const bodyAt = txAt + questionLength
  const from = words[templateAt + TEMPLATE.at]!
  for (let i = 0; i < length; i++) tx[bodyAt + i] = octets[from + i]!
  if (words[templateAt + TEMPLATE.pointerCount] !== 0) movePointers(words, work, templateAt, tx, bodyAt)
  if (work.ttlCut >= 0) cutTtls(words, work, templateAt, tx, bodyAt)
  if (work.hasEdns !== 0) writeOpt(work, rx, tx, bodyAt + length, optionsLength, error)
  work.counter = words[templateAt + TEMPLATE.counter]!
  return total
}

const sizeLimit = (work: Work): number => {
  if (work.hasEdns === 0) return UDP_WITHOUT_EDNS
  return Math.min(Math.max(work.payloadSize, UDP_WITHOUT_EDNS), UDP_PAYLOAD_SIZE)
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

/** As reply.ts writes it: the client subnet first, then the error. */
function writeOpt(
  work: Work,
  rx: Uint8Array,
  tx: Uint8Array,
  optAt: number,
  optionsLength: number,
  error: number,
): void {
  let at = optAt
  tx[at] = 0
  putWord(tx, at + 1, TYPE.OPT)
  putWord(tx, at + 3, UDP_PAYLOAD_SIZE)
  putWord(tx, at + 5, 0)
  putWord(tx, at + 7, work.dnssecOk << 8)
  putWord(tx, at + 9, optionsLength)
  at += OPT_FIXED_LENGTH
  if (work.subnetAt !== 0) {
    putWord(tx, at, OPTION.ECS)
    putWord(tx, at + 2, work.subnetLength)
    for (let i = 0; i < work.subnetLength; i++) tx[at + 4 + i] = rx[work.subnetAt + i]!
    tx[at + 7] = work.scope
    at += 4 + work.subnetLength
  }
  if (error < 0) return
  putWord(tx, at, OPTION.EDE)
  putWord(tx, at + 2, 2)
  putWord(tx, at + 4, error)
}
