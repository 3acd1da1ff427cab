import { OPTION, TYPE } from '../wire/codes.ts'
import { HEADER_LENGTH } from '../wire/query.ts'
import { HASH_SEED, hashOctet, PUNT } from './table.ts'
import type { Work } from './work.ts'

/** What is wrong with a query that is answered all the same. */
export const PROBLEM = { none: 0, formErr: 1, badVers: 2 } as const

/** What {@link readQuery} found. */
export const READ = { silence: 0, ordinary: 1 } as const

const MAX_LABEL = 63
const MAX_NAME = 255
const OPT_FIXED_LENGTH = 11

/**
 * Reads a query of the ordinary form into the registers: one question, nothing behind it but an OPT record.
 * What is not of this form is PUNT; silence as parseQuery has it.
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
  work.qtype = wordAt(rx, at)
  work.qclass = wordAt(rx, at + 2)
  work.questionEnd = at + 4
  work.problem = PROBLEM.none
  work.hasEdns = 0
  work.subnetAt = 0
  work.sourceLength = 0
  work.cookieAt = 0
  if (additional === 1) return readOpt(work, rx, at + 4, end)
  if (at + 4 !== end) work.problem = PROBLEM.formErr
  return READ.ordinary
}

const wordAt = (rx: Uint8Array, at: number): number => (rx[at]! << 8) | rx[at + 1]!

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

/** What is behind the question: an OPT record, or what is to be one and is broken. Another record, or another owner, is PUNT. */
function readOpt(work: Work, rx: Uint8Array, at: number, end: number): number {
  if (at < end && rx[at] !== 0) return PUNT
  const dataAt = at + OPT_FIXED_LENGTH
  const isWhole = dataAt <= end && dataAt + wordAt(rx, at + 9) <= end
  if (dataAt <= end && wordAt(rx, at + 1) !== TYPE.OPT) return PUNT
  if (!isWhole) {
    work.problem = PROBLEM.formErr
    return READ.ordinary
  }
  const dataEnd = dataAt + wordAt(rx, at + 9)
  work.hasEdns = 1
  work.payloadSize = wordAt(rx, at + 3)
  work.dnssecOk = rx[at + 7]! & 0x80
  // RFC 6891 §6.1.3; what the options of another version look like nobody knows.
  if (rx[at + 6] !== 0) work.problem = PROBLEM.badVers
  else if (readOptions(work, rx, dataAt, dataEnd) === PUNT) return PUNT
  if (dataEnd !== end) work.problem = PROBLEM.formErr
  return READ.ordinary
}

/** RFC 6891 §6.1.2: options that are not known "MUST be ignored"; so are those that mean nothing over UDP. */
function readOptions(work: Work, rx: Uint8Array, from: number, end: number): number {
  let subnets = 0
  for (let at = from; at < end; ) {
    const valueAt = at + 4
    const length = valueAt > end ? 0 : wordAt(rx, at + 2)
    if (valueAt + length > end) {
      work.problem = PROBLEM.formErr
      return READ.ordinary
    }
    const code = wordAt(rx, at)
    at = valueAt + length
    if (code === OPTION.ECS) {
      subnets++
      if (subnets === 1 && isClientSubnet(rx, valueAt, length)) takeClientSubnet(work, rx, valueAt, length)
      else refuseClientSubnet(work)
    } else if (code === OPTION.COOKIE) {
      // RFC 7873 §5.2: of several "only the first … is considered".
      if (work.cookieAt !== 0) continue
      work.cookieAt = valueAt
      work.cookieLength = length
    } else if (code === OPTION.NSID) {
      return PUNT
    }
  }
  return READ.ordinary
}

/** RFC 7871 §6. A family without addresses is fine as long as none is given. */
function isClientSubnet(rx: Uint8Array, at: number, length: number): boolean {
  const octets = length - 4
  if (octets < 0) return false
  const family = wordAt(rx, at)
  const source = rx[at + 2]!
  if (rx[at + 3] !== 0 || octets !== (source + 7) >> 3) return false
  if (source > (family === 1 ? 32 : family === 2 ? 128 : 0)) return false
  return octets === 0 || (rx[at + length - 1]! & ((1 << (octets * 8 - source)) - 1)) === 0
}

function takeClientSubnet(work: Work, rx: Uint8Array, at: number, length: number): void {
  work.subnetAt = at
  work.subnetLength = length
  work.sourceLength = rx[at + 2]!
}

/** One that is malformed, or a second one, is not echoed. */
function refuseClientSubnet(work: Work): void {
  work.subnetAt = 0
  work.sourceLength = 0
  work.problem = PROBLEM.formErr
}
