import type { CookieJar } from '../cookies.ts'
import type { RateLimiter } from '../rate-limit.ts'
import type { FastTable } from './table.ts'

/** What one thread answers from. The table and the clock change between two batches, never within one. */
export interface Desk {
  table: FastTable
  /** Class CH, and what is said whatever the name: about other classes, types that are no data, FORMERR, BADVERS. */
  readonly chaos: FastTable
  /** Null: COOKIE options are ignored. */
  readonly cookies: CookieJar | null
  /** Null: every answer is sent. */
  readonly limiter: RateLimiter | null
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Since the epoch. */
  nowMs: number
  /** Of a clock that does not jump, the same in all threads, as the limiter takes it. */
  micros: number
  second: number
}

/**
 * The registers of one packet path: what the steps of one packet tell each other without allocating. One a thread.
 * Everything is overwritten by the next packet.
 */
export interface Work {
  /** Behind the question, in the query's buffer. */
  questionEnd: number
  qtype: number
  qclass: number
  /** The name asked for, lower case, with the root's zero. */
  readonly name: Uint8Array
  nameLength: number
  labels: number
  /** Where each label starts in `name`; the root behind the last. */
  readonly starts: Uint8Array
  /** Hash of the name from each label on. */
  readonly hashes: Int32Array
  /** One of PROBLEM. */
  problem: number
  hasEdns: 0 | 1
  dnssecOk: number
  payloadSize: number
  /** Where the value of the client-subnet option starts in the query's buffer; 0 without one. */
  subnetAt: number
  subnetLength: number
  /** 0 when the option names no address. */
  sourceLength: number
  /** Where the value of the COOKIE option starts in the query's buffer; 0 without one. */
  cookieAt: number
  cookieLength: number
  /** One of COOKIE. */
  cookie: number
  /** The address that steers, as big-endian words; IPv4 in the first. */
  readonly address: Int32Array
  family: 4 | 6
  /** How much of it is known. */
  knownLength: number
  /** Depth of the last tree look-up. */
  depth: number
  scope: number
  /** Longest TTL that may be told; −1 when the template's stand. */
  ttlCut: number
  /** What the zone around the name is rate-limited as; 0 outside all zones. */
  zone: number
  /** One of VERDICT. */
  verdict: number
  /** 1: the answer comes from the table of class CH. */
  isElsewhere: 0 | 1
  /** What the last answer counts as, in the counters of its table. */
  counter: number
}

export const createWork = (): Work => ({
  questionEnd: 0,
  qtype: 0,
  qclass: 0,
  name: new Uint8Array(256),
  nameLength: 0,
  labels: 0,
  starts: new Uint8Array(129),
  hashes: new Int32Array(129),
  problem: 0,
  hasEdns: 0,
  dnssecOk: 0,
  payloadSize: 0,
  subnetAt: 0,
  subnetLength: 0,
  sourceLength: 0,
  cookieAt: 0,
  cookieLength: 0,
  cookie: 0,
  address: new Int32Array(4),
  family: 4,
  knownLength: 0,
  depth: 0,
  scope: 0,
  ttlCut: -1,
  zone: 0,
  verdict: 0,
  isElsewhere: 0,
  counter: 0,
})
