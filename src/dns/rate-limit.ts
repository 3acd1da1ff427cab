/**
 * Response rate limiting: what a spoofed victim gets of us stays below a bound, whatever is asked and by how many
 * threads it is answered. State has a fixed size and lives in shared memory: the bound is the node's, not a thread's.
 */
import type { IpPrefix } from '../domain/address.ts'
import { hashText, mix32 } from '../domain/hash.ts'
import { buildPrefixTree, type PrefixTree } from '../domain/prefix-tree.ts'
import { RCODE } from './wire/codes.ts'

/** What is to become of an answer. `slip`: one with TC, or a fresh cookie, that costs a spoofed victim no more than the query cost. */
export const VERDICT = { pass: 0, slip: 1, drop: 2 } as const

/** Answers that are counted apart. `everything` is the bound around the others. */
export const ANSWER_CLASS = { data: 0, nxDomain: 1, error: 2, everything: 3 } as const
const CLASS_WORDS = ['answers', 'NXDOMAIN answers', 'errors', 'answers of all kinds'] as const

export interface RateLimitSettings {
  /** Answers a second to one network (IPv4 /24, IPv6 /56) from one zone. NXDOMAIN and errors get a tenth, all together twice as many. */
  readonly perSecond: number
  /** Of n limited answers one goes out as a slip: 1 is all, 0 none. */
  readonly slip: number
  /** Networks that are never limited. */
  readonly exempt: readonly IpPrefix[]
}

/** Plain data over shared memory: it can be handed to a thread as it is. */
export interface RateLimiter {
  readonly words: Int32Array
  /** Microseconds that one answer costs, by class. */
  readonly costs: Int32Array
  /** Microseconds that may be owed, by class: what a second's worth of answers costs. */
  readonly bursts: Int32Array
  readonly slip: number
  readonly exempt: ExemptIndex
}

/** A prefix tree with its first octet looked up at once: most addresses are decided by it. */
interface ExemptIndex {
  readonly nodes: Int32Array
  /** By first octet, of IPv4 and behind them of IPv6; a leaf is its value, inverted. */
  readonly children: Int32Array
}

/** A network whose answers began to be limited. */
export interface LimitNotice {
  readonly prefix: IpPrefix
  readonly limited: (typeof CLASS_WORDS)[number]
  readonly perSecond: number
  /** Others that began to be limited since the last notice, by network, zone and class, and that have none of their own. */
  readonly others: number
}

/**
 * One bucket: GCRA's theoretical arrival time in microseconds, which wrap, with the second in which it was last moved so that
 * one from before the wrap is known; and how many answers it has limited since it was last empty.
 */
const BUCKET = { tag: 0, arrival: 1, second: 2, limited: 3, size: 4 } as const
/** Four buckets are one cache line, and all buckets of a network are in one: a second line would cost more than the rest together. */
const WAYS = 4
const SETS = 1 << 14
const HEADER = { seeds: 0, notice: 4, missed: 5, family: 6, high: 7, low: 8, class: 9, size: 16 } as const
const NOTICE = { free: 0, written: 1, ready: 2 } as const

const SECOND_MICROS = 1_000_000
const OCTET_BITS = 8
const OCTETS = 1 << OCTET_BITS
/** A bucket that was not moved for so long is empty, whatever its wrapped clock says. */
const FORGOTTEN_SECONDS = 60
const FEWER_FOR_DENIALS = 10
const MORE_FOR_EVERYTHING = 2

/** @param dice uniform unsigned 32-bit draws: who knows what a network is hashed with can aim at the buckets of another */
export function createRateLimiter({ perSecond, slip, exempt }: RateLimitSettings, dice: () => number): RateLimiter {
  const words = new Int32Array(new SharedArrayBuffer((HEADER.size + SETS * WAYS * BUCKET.size) * 4))
  for (let i = 0; i < HEADER.notice; i++) words[HEADER.seeds + i] = dice() | 0
  const denials = Math.max(1, Math.floor(perSecond / FEWER_FOR_DENIALS))
  const rates = [perSecond, denials, denials, perSecond * MORE_FOR_EVERYTHING]
  // Rounded up: never more than the rate.
  const costOf = (rate: number): number => Math.ceil(SECOND_MICROS / rate)
  return {
    words,
    costs: Int32Array.from(rates, costOf),
    bursts: Int32Array.from(rates, (rate) => rate * costOf(rate)),
    slip,
    exempt: indexExempt(buildPrefixTree(exempt.map((prefix) => ({ prefix, value: 1 })))),
  }
}

/** What a zone is counted as; 0 stands for no zone. */
export const zoneHash = (apex: string): number => hashText(apex) | 0

/** Which class an answer is of. */
export function answerClassOf(rcode: number): number {
  if (rcode === RCODE.NOERROR) return ANSWER_CLASS.data
  return rcode === RCODE.NXDOMAIN ? ANSWER_CLASS.nxDomain : ANSWER_CLASS.error
}

/** The clock of {@link judge}, both parts in 31 bits and a sign: numbers that are handed on without an allocation. */
export const microsOf = (nowMs: number): number => (nowMs * 1000) | 0
export const secondOf = (nowMs: number): number => (nowMs / 1000) | 0

/**
 * The verdict about one answer over UDP to the address at `at`; it counts as sent when it passes. Allocates nothing.
 * @param zone {@link zoneHash} of the zone around the name asked for; errors are counted without it
 * @param micros {@link microsOf} a clock that all threads share and that does not jump
 * @param second {@link secondOf} the same
 */
export function judge(
  limiter: RateLimiter,
  octets: Uint8Array,
  at: number,
  family: number,
  zone: number,
  rcode: number,
  micros: number,
  second: number,
): number {
  const { words, costs, bursts } = limiter
  // IPv4 inside IPv6 (RFC 4291 §2.5.5.2) is the same client.
  const isV4 = family === 4 || isMapped(octets, at)
  const from = family !== 4 && isV4 ? at + 12 : at
  if (isExempt(limiter.exempt, octets, from, isV4)) return VERDICT.pass
  const high = isV4 ? wordAt(octets, from) & ~0xff : wordAt(octets, from)
  const low = isV4 ? 0 : wordAt(octets, from + 4) & ~0xff
  const first = mix32(high ^ words[HEADER.seeds]!)
  const network = mix32(first ^ low ^ words[HEADER.seeds + 1]!) ^ (isV4 ? 0 : words[HEADER.seeds + 2]!)

  const answerClass = answerClassOf(rcode)
  const counted = answerClass === ANSWER_CLASS.error ? 0 : zone
  const setAt = HEADER.size + (network & (SETS - 1)) * WAYS * BUCKET.size
  const tag = mix32(network ^ mix32(counted ^ words[HEADER.seeds + 3]!) ^ (answerClass + 1)) | 0
  let limiting: number = answerClass
  let bucket = charge(words, setAt, tag, costs[answerClass]!, bursts[answerClass]!, micros, second)
  if (bucket >= 0) {
    limiting = ANSWER_CLASS.everything
    bucket = charge(words, setAt, mix32(network) | 0, costs[limiting]!, bursts[limiting]!, micros, second)
    if (bucket >= 0) return VERDICT.pass
  }
  const before = Atomics.add(words, ~bucket + BUCKET.limited, 1)
  if (before === 0) notify(words, isV4, high, low, limiting)
  return limiter.slip > 0 && (before >>> 0) % limiter.slip === 0 ? VERDICT.slip : VERDICT.drop
}

/** The networks that began to be limited since the last call, the first of them by name. Call it once a second at most. */
export function takeNotice({ words, costs, bursts }: RateLimiter): LimitNotice | null {
  if (Atomics.load(words, HEADER.notice) !== NOTICE.ready) return null
  const family = words[HEADER.family] === 4 ? 4 : 6
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, words[HEADER.high]!)
  if (family === 6) view.setInt32(4, words[HEADER.low]!)
  const limited = words[HEADER.class]!
  const others = Atomics.exchange(words, HEADER.missed, 0)
  Atomics.store(words, HEADER.notice, NOTICE.free)
  return {
    prefix: { family, bytes, length: family === 4 ? 24 : 56 },
    limited: CLASS_WORDS[limited]!,
    perSecond: bursts[limited]! / costs[limited]!,
    others,
  }
}

/**
 * Takes `cost` from the bucket of this tag. Its offset, or, inverted, that of a bucket that is overdrawn: then nothing was
 * taken. Words are read and written as any others, because Atomics are calls; only what must not be lost is exchanged. A failed exchange means that another thread moved the bucket on, which it does at most once for each answer sent.
 */
function charge(
  words: Int32Array,
  setAt: number,
  tag: number,
  cost: number,
  burst: number,
  micros: number,
  second: number,
): number {
  const at = findBucket(words, setAt, tag, micros, second)
  for (;;) {
    const arrival = words[at + BUCKET.arrival]!
    const debt = debtOf(words, at, arrival, micros, second)
    if (debt + cost > burst) return ~at
    if (debt === 0 && words[at + BUCKET.limited] !== 0) words[at + BUCKET.limited] = 0
    if (words[at + BUCKET.second] !== second) words[at + BUCKET.second] = second
    const next = (micros + debt + cost) | 0
    if (Atomics.compareExchange(words, at + BUCKET.arrival, arrival, next) === arrival) return at
  }
}

/** Microseconds until the bucket is empty. */
function debtOf(words: Int32Array, at: number, arrival: number, micros: number, second: number): number {
  const age = (second - words[at + BUCKET.second]!) | 0
  // A clock behind by more than that is another one: the machine slept, or it was set.
  if (age > FORGOTTEN_SECONDS || age < -FORGOTTEN_SECONDS) return 0
  return Math.max(0, (arrival - micros) | 0)
}

/**
 * The bucket of this tag; if it has none, the emptiest of its set is taken over with what is owed in it. So no arrival time of a
 * set ever goes back, and a network whose bucket was taken finds at least its own debt again: however many networks are
 * invented, none gets more than its rate.
 */
function findBucket(words: Int32Array, setAt: number, tag: number, micros: number, second: number): number {
  for (;;) {
    let emptiest = setAt
    let emptiestTag = 0
    let least = Number.MAX_SAFE_INTEGER
    for (let at = setAt; at < setAt + WAYS * BUCKET.size; at += BUCKET.size) {
      const found = words[at + BUCKET.tag]!
      if (found === tag) return at
      const debt = debtOf(words, at, words[at + BUCKET.arrival]!, micros, second)
      if (debt >= least) continue
      least = debt
      emptiest = at
      emptiestTag = found
    }
    if (Atomics.compareExchange(words, emptiest + BUCKET.tag, emptiestTag, tag) !== emptiestTag) continue
    words[emptiest + BUCKET.limited] = 0
    return emptiest
  }
}

/** The first one is told by name; those until it was read are counted. */
function notify(words: Int32Array, isV4: boolean, high: number, low: number, limited: number): void {
  if (Atomics.compareExchange(words, HEADER.notice, NOTICE.free, NOTICE.written) !== NOTICE.free) {
    Atomics.add(words, HEADER.missed, 1)
    return
  }
  words[HEADER.family] = isV4 ? 4 : 6
  words[HEADER.high] = high
  words[HEADER.low] = low
  words[HEADER.class] = limited
  Atomics.store(words, HEADER.notice, NOTICE.ready)
}

function indexExempt({ nodes, root4, root6 }: PrefixTree): ExemptIndex {
  const childOf = (root: number, octet: number): number => {
    let child = root
    for (let bit = OCTET_BITS - 1; bit >= 0 && child >= 0; bit--) child = nodes[child * 2 + ((octet >> bit) & 1)]!
    return child
  }
  const children = Int32Array.from({ length: 2 * OCTETS }, (_, index) =>
    index < OCTETS ? childOf(root4, index) : childOf(root6, index - OCTETS),
  )
  return { nodes, children }
}

/** Before anything is counted: who is exempt takes nothing from the neighbours in the same network. */
function isExempt({ nodes, children }: ExemptIndex, octets: Uint8Array, at: number, isV4: boolean): boolean {
  let child = children[isV4 ? octets[at]! : OCTETS + octets[at]!]!
  for (let depth = OCTET_BITS; child >= 0; depth++) {
    child = nodes[child * 2 + ((octets[at + (depth >> 3)]! >> (7 - (depth & 7))) & 1)]!
  }
  return child !== -1
}

const wordAt = (octets: Uint8Array, at: number): number =>
  (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!

const isMapped = (octets: Uint8Array, at: number): boolean =>
  wordAt(octets, at) === 0 && wordAt(octets, at + 4) === 0 && wordAt(octets, at + 8) === 0xffff
