/**
 * Failover by headroom (docs/decisions/0010). Who is down keeps its place through the chain, so that it shows whose clients
 * are without an endpoint: only those are dealt anew, over all survivors, and nobody else moves. At the end of a
 * branch the vacant places are closed.
 */

import { type Candidates, endOf, GROUP, removeWhere, TIER, takeFirst } from './candidates.ts'

/** By endpoint, in `Vacancies.states`. */
export const PRESENT = 0
/** As good as gone, as long as anybody else is there: degraded, or back but not yet for these clients. */
export const BEHIND = 1
/** Gone. */
export const VACANT = 2

/** Marks places of candidates as vacant; the first `up` step that does so deals them. */
export function vacate(c: Candidates, step: number, states: Uint8Array): void {
  if (c.order.subarray(0, c.count).every((endpoint) => states[endpoint] === PRESENT)) return
  const merged = c.vacant === null ? states : states.map((state, i) => Math.max(state, c.vacant!.states[i]!))
  c.vacant = { step: c.vacant?.step ?? step, states: merged, reserve: c.vacant?.reserve ?? [] }
}

/** What has become of the endpoint's place. */
export const stateOf = (c: Candidates, endpoint: number): number => c.vacant?.states[endpoint] ?? PRESENT

/** The positions [from, to) of the first tier that holds an endpoint in this state; null: none does. */
function firstTierWith(c: Candidates, state: number): readonly [from: number, to: number] | null {
  for (let from = 0; from < c.count; ) {
    const to = endOf(c, from, TIER)
    for (let p = from; p < to; p++) if (stateOf(c, c.order[p]!) === state) return [from, to]
    from = to
  }
  return null
}

/**
 * `take`, where places are vacant: they count, as if all were there, and the rest of the tier that answers in their stead
 * becomes the reserve.
 */
export function takePlaces(c: Candidates, n: number): void {
  const { vacant } = c
  if (vacant === null) {
    takeFirst(c, n)
    return
  }
  const state = firstTierWith(c, PRESENT) === null ? BEHIND : PRESENT
  const [from, to] = firstTierWith(c, state) ?? [c.count, c.count]
  const rest = [...c.order.subarray(Math.max(from, n), Math.max(to, n))].filter((each) => stateOf(c, each) === state)
  takeFirst(c, n)
  c.vacant = { ...vacant, reserve: [...vacant.reserve, ...rest] }
}

/** Clients whose first choice is gone. */
export interface Orphans {
  /** Index of the `up` step, whose headroom it is dealt by. */
  readonly step: number
  /** Who would be in front if all were there, by index: the gone and the survivors among them. */
  readonly front: readonly number[]
  /** Those who take their clients, by index: the first tier that has one, and its reserve. */
  readonly survivors: readonly number[]
}

/** Removes the vacant places and lets the reserve in. Null where nobody's first choice was vacant. */
export function closeVacancies(c: Candidates): Orphans | null {
  const { vacant } = c
  if (vacant === null) return null
  const { states } = vacant
  const anybody = [...c.order.subarray(0, c.count), ...vacant.reserve].some((each) => states[each] === PRESENT)
  const isGone = (endpoint: number) => states[endpoint] === VACANT || (anybody && states[endpoint] === BEHIND)
  const front = [...c.order.subarray(0, c.spreadStep >= 0 ? endOf(c, 0, GROUP) : Math.min(1, c.count))].sort(ascending)
  removeWhere(c, isGone)
  const reserve = c.vacant?.reserve ?? []
  const tier = c.count > 0 ? endOf(c, 0, TIER) : 0
  insertBehind(c, tier, reserve)
  c.vacant = null
  if (c.count === 0 || !front.some(isGone)) return null
  return { step: vacant.step, front, survivors: [...c.order.subarray(0, tier + reserve.length)].sort(ascending) }
}

const ascending = (a: number, b: number): number => a - b

/** Each a group of its own behind the first tier, which ends at `tier`. */
function insertBehind(c: Candidates, tier: number, endpoints: readonly number[]): void {
  c.order.copyWithin(tier + endpoints.length, tier, c.count)
  c.marks.copyWithin(tier + endpoints.length, tier, c.count)
  endpoints.forEach((endpoint, i) => {
    c.order[tier + i] = endpoint
    c.marks[tier + i] = tier + i === 0 ? TIER : GROUP
  })
  c.count += endpoints.length
}
