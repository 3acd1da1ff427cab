/**
 * The candidates of one branch of the chain: ordered tiers of ordered groups of equals, as two flat arrays. Steps
 * change them through the functions below; every one of them is stable.
 */

import type { Exclusion } from '../domain/plan.ts'

/** How a position is parted from the one before it. The first position always begins a tier. */
export const SAME = 0
export const GROUP = 1
export const TIER = 2
/** Set where a group begins that `spread` has dealt: no later step orders it any more. */
const DEALT = 4
const LEVEL = 3

/** No `take` has cut the dealt lists. */
export const NO_CUT = 0xffff

interface Scratch {
  readonly order: Uint16Array
  readonly marks: Uint8Array
  readonly tierAt: Uint16Array
  readonly groupAt: Uint16Array
  readonly headOf: Uint8Array
}

export interface Candidates {
  /** Endpoint indices, best first. */
  readonly order: Uint16Array
  readonly marks: Uint8Array
  count: number
  /** Index of the `spread` step that deals; −1: none so far. */
  spreadStep: number
  /** Cut for every dealt list, and the `take` step that set it. */
  cut: number
  cutStep: number
  /** By axis, two numbers each: the draws [from, below) of this branch; null: all draws. */
  bands: Int32Array | null
  /** How many leaves the branch may still end in. */
  budget: number
  /** Why each endpoint was dropped, by index; null when tracing is off. */
  gone: (Exclusion | null)[] | null
  /** Places that are kept for those who take no clients (vacancies.ts); null: none. Never changed, only replaced. */
  vacant: Vacancies | null
  readonly scratch: Scratch
}

export interface Vacancies {
  /** Index of the `up` step. */
  readonly step: number
  /** By endpoint index. */
  readonly states: Uint8Array
  /** Whom a `take` has cut, in their order, though they may take the clients of a vacant place. */
  readonly reserve: readonly number[]
}

export function createCandidates(endpointCount: number): Candidates {
  return {
    order: new Uint16Array(endpointCount),
    marks: new Uint8Array(endpointCount),
    count: 0,
    spreadStep: -1,
    cut: NO_CUT,
    cutStep: -1,
    bands: null,
    budget: 1,
    gone: null,
    vacant: null,
    scratch: {
      order: new Uint16Array(endpointCount),
      marks: new Uint8Array(endpointCount),
      tierAt: new Uint16Array(endpointCount),
      groupAt: new Uint16Array(endpointCount),
      headOf: new Uint8Array(endpointCount),
    },
  }
}

/** Every endpoint again, in the policy's order, all equal. */
export function reset(c: Candidates): void {
  const count = c.order.length
  for (let i = 0; i < count; i++) c.order[i] = i
  c.marks.fill(SAME)
  if (count > 0) c.marks[0] = TIER
  c.count = count
  c.spreadStep = -1
  c.cut = NO_CUT
  c.cutStep = -1
  c.bands = null
  c.gone = null
  c.vacant = null
}

export function copyOf(c: Candidates): Candidates {
  return {
    ...c,
    order: c.order.slice(),
    marks: c.marks.slice(),
    bands: c.bands?.slice() ?? null,
    gone: c.gone?.slice() ?? null,
  }
}

export const levelAt = (c: Candidates, position: number): number => (c.marks[position] ?? 0) & LEVEL

/** The position behind the tier or group (by `level`) that begins at `from`. */
export function endOf(c: Candidates, from: number, level: typeof GROUP | typeof TIER): number {
  let p = from + 1
  while (p < c.count && levelAt(c, p) < level) p++
  return p
}

/** Drops the endpoints for which `drop` says so. */
export function removeWhere(c: Candidates, drop: (endpoint: number) => boolean): void {
  let kept = 0
  // What the next survivor inherits from the heads that are gone: the greatest parting, and the flag of its own group.
  let level = SAME
  let flag = 0
  for (let p = 0; p < c.count; p++) {
    const mark = c.marks[p]!
    if (mark !== SAME) {
      level = Math.max(level, mark & LEVEL)
      flag = mark & DEALT
    }
    const endpoint = c.order[p]!
    if (drop(endpoint)) continue
    c.order[kept] = endpoint
    c.marks[kept] = level === SAME ? SAME : level | flag
    kept++
    level = SAME
  }
  c.count = kept
  keepReserve(c, (endpoint) => !drop(endpoint))
}

/** A step that drops, or moves back, does it to the reserve, too. */
function keepReserve(c: Candidates, keep: (endpoint: number) => boolean): void {
  if (c.vacant === null || c.vacant.reserve.length === 0) return
  c.vacant = { ...c.vacant, reserve: c.vacant.reserve.filter(keep) }
}

/** Splits every tier by class, lower classes first. `secondFirst` puts the second class present before the first (trickle). */
export function splitTiers(
  c: Candidates,
  classOf: Uint16Array,
  classCount: number,
  sequence: 'asNumbered' | 'secondFirst',
): void {
  for (let from = 0; from < c.count; ) {
    const to = endOf(c, from, TIER)
    if (isMixed(c, from, to, classOf)) partition(c, from, to, classOf, classCount, sequence)
    from = to
  }
  if (c.count > 0) keepReserve(c, (endpoint) => classOf[endpoint] === classOf[c.order[0]!])
}

/** Whether the positions hold endpoints of more than one class. */
export function isMixed(c: Candidates, from: number, to: number, classOf: Uint16Array): boolean {
  const first = classOf[c.order[from]!]
  for (let p = from + 1; p < to; p++) if (classOf[c.order[p]!] !== first) return true
  return false
}

/** Puts the endpoints of higher classes behind all of lower ones, as lower tiers. */
export function demote(c: Candidates, classOf: Uint16Array, classCount: number): void {
  if (c.count > 0 && isMixed(c, 0, c.count, classOf)) partition(c, 0, c.count, classOf, classCount, 'asNumbered')
  if (c.count > 0) keepReserve(c, (endpoint) => classOf[endpoint] === classOf[c.order[0]!])
}

function partition(
  c: Candidates,
  from: number,
  to: number,
  classOf: Uint16Array,
  classCount: number,
  sequence: 'asNumbered' | 'secondFirst',
): void {
  const { order, marks, tierAt, groupAt, headOf } = c.scratch
  let tier = 0
  let group = 0
  for (let p = from; p < to; p++) {
    const mark = c.marks[p]!
    if (p > from && (mark & LEVEL) === TIER) tier++
    if (p > from && mark !== SAME) group++
    if (mark !== SAME) headOf[group] = mark & DEALT
    tierAt[p] = tier
    groupAt[p] = group
  }
  let written = from
  const [first, second] = sequence === 'secondFirst' ? lowestTwo(c, from, to, classOf) : [0, 0]
  for (let k = 0; k < classCount; k++) {
    const wanted = k === first ? second : k === second ? first : k
    let lastTier = -1
    let lastGroup = -1
    for (let p = from; p < to; p++) {
      if (classOf[c.order[p]!] !== wanted) continue
      const level = tierAt[p] !== lastTier ? TIER : groupAt[p] !== lastGroup ? GROUP : SAME
      order[written] = c.order[p]!
      marks[written] = level === SAME ? SAME : level | headOf[groupAt[p]!]!
      lastTier = tierAt[p]!
      lastGroup = groupAt[p]!
      written++
    }
  }
  for (let p = from; p < to; p++) {
    c.order[p] = order[p]!
    c.marks[p] = marks[p]!
  }
}

function lowestTwo(c: Candidates, from: number, to: number, classOf: Uint16Array): readonly [number, number] {
  let first = 0xffff
  let second = 0xffff
  for (let p = from; p < to; p++) {
    const k = classOf[c.order[p]!]!
    if (k < first) {
      second = first
      first = k
    } else if (k > first && k < second) second = k
  }
  return [first, second]
}

/** Whether `spread` has dealt the group that begins there. */
export const isDealt = (c: Candidates, position: number): boolean => ((c.marks[position] ?? 0) & DEALT) !== 0

/** Whether some group still has an order to be given: more than one member, and not dealt yet. */
export function hasEquals(c: Candidates): boolean {
  let dealt = false
  for (let p = 0; p < c.count; p++) {
    const mark = c.marks[p]!
    if (mark !== SAME) dealt = (mark & DEALT) !== 0
    else if (!dealt) return true
  }
  return false
}

/**
 * Orders every group of equals by value, lowest first. A member no greater than `limit(value of the best)` is its
 * equal; the first one beyond opens the next group, and so on. Infinity is unknown: last, and equal among themselves.
 */
export function refine(c: Candidates, values: Float64Array, limit: (best: number) => number): void {
  for (let from = 0; from < c.count; ) {
    const to = endOf(c, from, GROUP)
    const head = c.marks[from]!
    if (to - from > 1 && (head & DEALT) === 0) {
      sortByValue(c.order, from, to, values)
      let reach = limit(values[c.order[from]!]!)
      for (let p = from + 1; p < to; p++) {
        const value = values[c.order[p]!]!
        if (value > reach) {
          c.marks[p] = GROUP
          reach = limit(value)
        }
      }
    }
    from = to
  }
}

const INSERTION_SORT_UP_TO = 24

function sortByValue(order: Uint16Array, from: number, to: number, values: Float64Array): void {
  if (to - from > INSERTION_SORT_UP_TO) {
    order.subarray(from, to).sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0))
    return
  }
  for (let p = from + 1; p < to; p++) {
    const endpoint = order[p]!
    const value = values[endpoint]!
    let q = p
    for (; q > from && values[order[q - 1]!]! > value; q--) order[q] = order[q - 1]!
    order[q] = endpoint
  }
}

/** Cuts to the first `n`, across tiers. Those of a tier that are taken are equals for the steps behind. */
export function takeFirst(c: Candidates, n: number): void {
  c.count = Math.min(c.count, n)
  for (let p = 0; p < c.count; p++) if (levelAt(c, p) === GROUP) c.marks[p] = SAME
}

/** Closes the group in front of every tier: `spread` deals it, no later step orders it. */
export function closeFronts(c: Candidates): void {
  for (let p = 0; p < c.count; p++) if (levelAt(c, p) === TIER) c.marks[p] = TIER | DEALT
}
