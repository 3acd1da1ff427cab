import { formatPrefix, prefixCovers } from '../../domain/address.ts'
import type { FrontEnd } from '../../domain/client.ts'
import { COUNTRIES } from '../../domain/countries.ts'
import { type Condition, type Selector, type TimeWindow, WEEKDAYS } from '../../domain/policy.ts'

/** What is fixed about the clients in question. A missing key: any. */
export interface Given {
  /** Null: a client that nobody can place. */
  readonly country?: string | null
  readonly frontEnd?: FrontEnd
  /** What that front end cannot see. */
  readonly hidden?: ReadonlySet<Condition['kind']>
}

export type Truth = 'always' | 'never' | 'sometimes'

export type Leaf = Exclude<Condition, { readonly kind: 'all' | 'any' | 'not' }>

/** Beyond so many open leaves a condition is not worked out: it counts as `sometimes`. */
const MOST_OPEN_LEAVES = 8

/**
 * Whether a condition holds for all, none or some of the clients in question, over all combinations of what is left open.
 * Leaves that exclude or imply one another (two countries, 5% and 10%) are never combined against their meaning.
 * @param assume the outcome where what decides it is hidden.
 */
export function truthOf(condition: Condition, given: Given, assume: boolean): Truth {
  const known = KNOWN_TRUTHS.get(condition) ?? new Map<string, Truth>()
  KNOWN_TRUTHS.set(condition, known)
  // All that the outcome hangs on: most countries have it in common.
  const key = `${assume} ${leavesOf(condition).map((leaf) => (given.hidden?.has(leaf.kind) ? 'hidden' : fixedValue(leaf, given)))}`
  const truth = known.get(key) ?? truthInWorlds(worldsOf(condition, given), condition, assume)
  known.set(key, truth)
  return truth
}

/** Conditions never change, so what was worked out once stays true. */
const KNOWN_TRUTHS = new WeakMap<Condition, Map<string, Truth>>()

const truthInWorlds = (worlds: readonly World[] | null, condition: Condition, assume: boolean): Truth =>
  worlds === null ? 'sometimes' : merge(worlds.map((world) => outcomeIn(world, condition) ?? assume))

const merge = (outcomes: readonly boolean[]): Truth =>
  !outcomes.includes(false) ? 'always' : outcomes.includes(true) ? 'sometimes' : 'never'

/** The hidden leaves of a condition, if its outcome may hang on them; empty when it can be honoured without. */
export function decisiveHidden(condition: Condition, given: Given): readonly Leaf[] {
  const hidden = leavesOf(condition).filter((leaf) => given.hidden?.has(leaf.kind))
  if (hidden.length === 0) return []
  const worlds = worldsOf(condition, given)
  return worlds?.every((world) => outcomeIn(world, condition) !== null) ? [] : hidden
}

/** One text for all clients whom the condition's leaves cannot tell apart by country. */
export const countrySignature = (condition: Condition, country: string | null): string =>
  leavesOf(condition)
    .map((leaf) => fixedValue(leaf, { country }))
    .join()

export function leavesOf(condition: Condition): readonly Leaf[] {
  if (isLeaf(condition)) return [condition]
  return condition.kind === 'not' ? leavesOf(condition.of) : condition.of.flatMap(leavesOf)
}

const isLeaf = (condition: Condition): condition is Leaf =>
  condition.kind !== 'all' && condition.kind !== 'any' && condition.kind !== 'not'

/** A value for each leaf; one that is missing is unknown. */
type World = ReadonlyMap<string, boolean>

/** Kleene's three values: null is unknown. */
function outcomeIn(world: World, condition: Condition): boolean | null {
  if (isLeaf(condition)) return world.get(keyOf(condition)) ?? null
  if (condition.kind === 'not') {
    const value = outcomeIn(world, condition.of)
    return value === null ? null : !value
  }
  const decisive = condition.kind === 'any'
  const values = condition.of.map((part) => outcomeIn(world, part))
  if (values.includes(decisive)) return decisive
  return values.includes(null) ? null : !decisive
}

/** One text per meaning: equal conditions and selectors have equal keys. */
export function keyOf(said: Condition | Selector): string {
  const known = KNOWN_KEYS.get(said)
  if (known !== undefined) return known
  const key = JSON.stringify(said, (_name, value) =>
    value !== null && typeof value === 'object' && 'bytes' in value ? formatPrefix(value) : value,
  )
  KNOWN_KEYS.set(said, key)
  return key
}

const KNOWN_KEYS = new WeakMap<Condition | Selector, string>()

/** Every possible assignment of the leaves, or null when there are too many. */
function worldsOf(condition: Condition, given: Given): readonly World[] | null {
  const fixed = new Map<string, boolean>()
  const open = new Map<string, Leaf>()
  for (const leaf of leavesOf(condition)) {
    const value = fixedValue(leaf, given)
    if (given.hidden?.has(leaf.kind)) continue
    if (value === null) open.set(keyOf(leaf), leaf)
    else fixed.set(keyOf(leaf), value)
  }
  if (open.size > MOST_OPEN_LEAVES) return null
  const entries = [...open]
  const rules = entries.flatMap(([, a], i) => entries.flatMap(([, b], j) => (i === j ? [] : relationOf(a, b, i, j))))
  const worlds: World[] = []
  for (let bits = 0; bits < 1 << entries.length; bits++) {
    const holds = (index: number) => ((bits >> index) & 1) === 1
    if (!rules.every((rule) => rule(holds))) continue
    worlds.push(new Map([...fixed, ...entries.map(([key], index) => [key, holds(index)] as const)]))
  }
  return worlds
}

type WorldRule = (holds: (index: number) => boolean) => boolean

function relationOf(a: Leaf, b: Leaf, i: number, j: number): WorldRule[] {
  const rules: WorldRule[] = []
  if (excludes(a, b)) rules.push((holds) => !(holds(i) && holds(j)))
  if (implies(a, b)) rules.push((holds) => !holds(i) || holds(j))
  return rules
}

function fixedValue(leaf: Leaf, { country, frontEnd }: Given): boolean | null {
  switch (leaf.kind) {
    case 'country':
      return country === undefined ? null : country !== null && leaf.in.includes(country)
    case 'continent': {
      const continent = country === undefined || country === null ? null : COUNTRIES.get(country)?.continent
      return country === undefined ? null : continent !== null && continent !== undefined && leaf.in.includes(continent)
    }
    case 'subdivision':
      if (country === undefined) return null
      return country !== null && leaf.in.some((code) => code.startsWith(`${country}-`)) ? null : false
    case 'located':
      return country === undefined ? null : leaf.is === (country !== null)
    case 'frontEnd':
      return frontEnd === undefined ? null : leaf.in.includes(frontEnd)
    case 'percent':
      return leaf.percent <= 0 ? false : leaf.percent >= 100 ? true : null
    case 'tenant':
    case 'header':
    case 'cookie':
    case 'path':
    case 'host':
    case 'asn':
    case 'cidr':
    case 'time':
      return null
  }
}

/** Values that one client has one of, as comparable texts; null where leaves do not speak of the same thing or hold globs. */
function valuesOf(leaf: Leaf): { readonly subject: string; readonly values: readonly string[] } | null {
  switch (leaf.kind) {
    case 'country':
    case 'continent':
    case 'subdivision':
    case 'frontEnd':
    case 'host':
      return withoutGlobs(leaf.kind, leaf.in)
    case 'asn':
      return { subject: leaf.kind, values: leaf.in.map(String) }
    case 'located':
      return { subject: leaf.kind, values: [String(leaf.is)] }
    case 'tenant':
      return withoutGlobs(`tenant.${leaf.attribute}`, leaf.in)
    case 'header':
    case 'cookie':
      return withoutGlobs(`${leaf.kind} ${leaf.name}`, leaf.in)
    case 'cidr':
    case 'path':
    case 'percent':
    case 'time':
      return null
  }
}

const withoutGlobs = (subject: string, values: readonly string[]) =>
  values.some((value) => value.includes('*')) ? null : { subject, values }

/** Whether no client can match both. */
function excludes(a: Leaf, b: Leaf): boolean {
  if (a.kind === 'time' && b.kind === 'time') return a.timeZone === b.timeZone && !minutesMeet(a, b)
  if (a.kind === 'cidr' && b.kind === 'cidr') {
    return !a.in.some((one) => b.in.some((other) => prefixCovers(one, other) || prefixCovers(other, one)))
  }
  const [one, other] = [valuesOf(a), valuesOf(b)]
  if (one === null || other === null || one.subject !== other.subject) return false
  return !one.values.some((value) => other.values.includes(value))
}

/** Whether whoever matches `a` also matches `b`. */
function implies(a: Leaf, b: Leaf): boolean {
  if (a.kind === 'percent' && b.kind === 'percent') return a.percent <= b.percent
  if (a.kind === 'cidr' && b.kind === 'cidr') {
    return a.in.every((one) => b.in.some((other) => prefixCovers(other, one)))
  }
  const [one, other] = [valuesOf(a), valuesOf(b)]
  if (one === null || other === null || one.subject !== other.subject) return false
  return one.values.every((value) => other.values.includes(value))
}

const MINUTES_A_DAY = 1440

function minutesMeet(a: TimeWindow, b: TimeWindow): boolean {
  const minutes = minutesOf(a)
  return [...minutesOf(b)].some((minute) => minutes.has(minute))
}

/** Minutes of the week; a window that runs over midnight belongs to the day it began. */
function minutesOf(window: TimeWindow): ReadonlySet<number> {
  const length = (window.toMinute - window.fromMinute + MINUTES_A_DAY) % MINUTES_A_DAY || MINUTES_A_DAY
  const minutes = new Set<number>()
  for (const day of window.days) {
    const start = WEEKDAYS.indexOf(day) * MINUTES_A_DAY + window.fromMinute
    for (let i = 0; i < length; i++) minutes.add((start + i) % (MINUTES_A_DAY * WEEKDAYS.length))
  }
  return minutes
}
