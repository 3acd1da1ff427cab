import { CLASS, OPTION, TYPE } from '../wire/codes.ts'
import { HEADER_LENGTH } from '../wire/query.ts'
import { HASH_SEED, hashOctet, PUNT } from './table.ts'
import type { Work } from './work.ts'

/** What {@link readQuery} found. */
export const READ = { silence: 0, ordinary: 1 } as const

const MAX_LABEL = 63
const MAX_NAME = 255
const OPT_FIXED_LENGTH = 11

/**
 * Reads a query of the ordinary form into the registers: one question in class IN, nothing behind it but an OPT record
 * with no other option than a client subnet. What is not of this form, or malformed, is PUNT; silence as parseQuery has it.
 */
export function readQuery(work: Work, rx: Uint8Array, start: number, length: number): number {
  if (length < HEADER_LENGTH || (rx[start + 2]! & 0x80) !== 0) return READ.silence
  const additional = rx[start + 11]!
  const isOrdinary =
    (rx[start + 2]! & 0x78) === 0 &&
    rx[start + 4] === 0 &&
    rx[start + 5] === 1 &&
    (rx[start + 6]! | rx[start + 7]! | rx[start + 8]! | rx[start + 9]! | rx[start + 10]!) === 0 &&
    additional <= 1
  if (!isOrdinary) return PUNT
  const end = start + length
  const at = readName(work, rx, start + HEADER_LENGTH, end)
  if (at < 0 || at + 4 > end) return PUNT
  work.typeAt = at
  work.qtype = (rx[at]! << 8) | rx[at + 1]!
  work.questionEnd = at + 4
  if (rx[at + 2] !== 0 || rx[at + 3] !== CLASS.IN || !isDataType(work.qtype)) return PUNT
  work.hasEdns = 0
  work.subnetAt = 0
  work.sourceLength = 0
  if (additional === 0) return at + 4 === end ? READ.ordinary : PUNT
  return readOpt(work, rx, at + 4, end)
}

/** Neither the Q and meta types of RFC 6895 §3.1 nor 0 and OPT. */
const isDataType = (type: number): boolean => type !== 0 && type !== TYPE.OPT && (type < 128 || type > 255)

/** Returns the offset behind the name, or PUNT. */
function readName(work: Work, rx: Uint8Array, from: number, end: number): number {
  const { name, starts } = work
  let at = from
  let length = 0
  let labels = 0
  for (;;) {
    if (at >= end) return PUNT
    const octets = rx[at]!
    starts[labels] = length
    name[length++] = octets
    at++
    if (octets === 0) break
    if (octets > MAX_LABEL || at + octets > end || length + octets >= MAX_NAME) return PUNT
    labels++
    for (const labelEnd = at + octets; at < labelEnd; at++) {
      const octet = rx[at]!
      name[length++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
    }
  }
  work.nameLength = length
  work.labels = labels
  hashLabels(work)
  return at
}

/** From the root to the left, so that one pass gives the hash of every ancestor. */
function hashLabels(work: Work): void {
  const { name, starts, hashes } = work
  let hash: number = HASH_SEED
  hashes[work.labels] = hash
  for (let label = work.labels - 1; label >= 0; label--) {
    for (let i = starts[label]!, end = starts[label + 1]!; i < end; i++) hash = hashOctet(hash, name[i]!)
    hashes[label] = hash
  }
}

function readOpt(work: Work, rx: Uint8Array, at: number, end: number): number {
  if (at + OPT_FIXED_LENGTH > end || rx[at] !== 0 || rx[at + 1] !== 0 || rx[at + 2] !== TYPE.OPT) return PUNT
  // VERSION: another one is for BADVERS.
  if (rx[at + 6] !== 0) return PUNT
  const dataAt = at + OPT_FIXED_LENGTH
  if (dataAt + ((rx[at + 9]! << 8) | rx[at + 10]!) !== end) return PUNT
  work.hasEdns = 1
  work.payloadSize = (rx[at + 3]! << 8) | rx[at + 4]!
  work.dnssecOk = rx[at + 7]! & 0x80
  return dataAt === end ? READ.ordinary : readClientSubnet(work, rx, dataAt, end)
}

/** RFC 7871 §6: the only option, and well formed. */
function readClientSubnet(work: Work, rx: Uint8Array, at: number, end: number): number {
  const valueAt = at + 4
  const octets = end - valueAt - 4
  if (octets < 0 || rx[at] !== 0 || rx[at + 1] !== OPTION.ECS) return PUNT
  if (((rx[at + 2]! << 8) | rx[at + 3]!) !== octets + 4) return PUNT
  const family = rx[valueAt + 1]!
  const source = rx[valueAt + 2]!
  if (rx[valueAt] !== 0 || (family !== 1 && family !== 2) || rx[valueAt + 3] !== 0) return PUNT
  if (source > (family === 1 ? 32 : 128) || octets !== (source + 7) >> 3) return PUNT
  if (octets > 0 && (rx[end - 1]! & ((1 << (octets * 8 - source)) - 1)) !== 0) return PUNT
  work.subnetAt = valueAt
  work.subnetLength = octets + 4
  work.sourceLength = source
  return READ.ordinary
}
