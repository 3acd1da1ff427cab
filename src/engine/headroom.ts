/**
 * What endpoints can still take, relative to one another: by it `spread: headroom` deals, and failover by headroom
 * (docs/decisions/0010). Two ways to it: from the loads of now, and damped from one time to the next.
 */

import type { Endpoint } from '../domain/endpoint.ts'
import type { EndpointFacts } from '../domain/facts.ts'

/** An unstated capacity is the mean of those stated in the policy; null when none is. */
export function capacitiesOf(endpoints: readonly Endpoint[]): readonly number[] | null {
  const stated = endpoints.flatMap(({ capacity }) => (capacity === null ? [] : [capacity]))
  if (stated.length === 0) return null
  const mean = stated.reduce((sum, capacity) => sum + capacity, 0) / stated.length
  return endpoints.map(({ capacity }) => capacity ?? mean)
}

/** Null when it does not report the metric. */
export const loadOf = ({ load }: Pick<EndpointFacts, 'load'>, metric: string): number | null =>
  Object.hasOwn(load, metric) ? (load[metric] ?? null) : null

/**
 * Weights by endpoint index, in the unit of capacity: their sum is that of the capacities, so that one that reports
 * nothing counts with its capacity as one of mean headroom. Null when no capacity is stated.
 */
export function headroomOf(
  endpoints: readonly Endpoint[],
  facts: readonly Pick<EndpointFacts, 'health' | 'load' | 'headroom'>[],
  metric: string,
): Float64Array | null {
  const capacities = capacitiesOf(endpoints)
  if (capacities === null) return null
  const weights = Float64Array.from(capacities)
  const damped = facts.some(({ headroom }) => Object.hasOwn(headroom, metric))
  if (damped) {
    facts.forEach(({ headroom }, i) => {
      if (Object.hasOwn(headroom, metric)) weights[i] = headroom[metric]!
    })
    return weights
  }
  const reporting = endpoints.flatMap((_, i) => {
    const load = facts[i]!.health === 'down' ? null : loadOf(facts[i]!, metric)
    return load === null ? [] : [{ i, capacity: capacities[i]!, load }]
  })
  spareOf(reporting).forEach((spare, k) => {
    weights[reporting[k]!.i] = spare
  })
  return weights
}

export interface Reporting {
  readonly capacity: number
  readonly load: number
}

/** Capacity less load, scaled to the sum of the capacities; where nobody has any left, the capacities. */
export function spareOf(reporting: readonly Reporting[]): readonly number[] {
  const free = reporting.map(({ capacity, load }) => Math.max(0, capacity - Math.max(0, load)))
  return scaledTo(sumOf(reporting.map(({ capacity }) => capacity)), free) ?? reporting.map(({ capacity }) => capacity)
}

/** What a step of damping starts from, beside the load. */
export interface Damped extends Reporting {
  readonly headroom: number
}

/**
 * Time constant of the damping, ms. Reports are late by their interval, clients by the TTL: a loop whose gain is at most 1
 * (below) does not overshoot while it is late by less than 1/e of this, 22 s, and is stable up to π/2 times it, 94 s.
 */
export const DAMPING_MS = 60_000

/** Of the capacity: what has less is full, and gets nobody. */
const FULL_SHARE = 1 / 64
/** Above it loads count less, or the loop would gain more than it is given. */
const MOST_UTILISATION = 0.99
/** How far one time constant may move a weight, as a factor. */
const FARTHEST_FACTOR = 2

/**
 * One step towards the fixed point at which headroom is in proportion to the capacity less the load that is not ours to move.
 *
 * The obvious `capacity − load` feeds back: whom the weights send clients has less of it at the next report. The loop gains
 * as load ÷ free capacity, 4 at 80%, and swings. So each endpoint is credited the part of all load that its weight
 * earns it, `load × weight ÷ weights`: what is dealt by the weights cancels, whatever its amount, and so does how much of it
 * is reported yet. What is left has a gain below 1, and the same fixed point.
 */
export function dampedHeadroom(members: readonly Damped[], elapsedMs: number): readonly number[] {
  const capacity = sumOf(members.map((each) => each.capacity))
  if (capacity === 0) return members.map(() => 0)
  const loads = members.map((each) => Math.max(0, each.load))
  // Endpoints may report what they like: two of them may add up to more than there is.
  const load = Math.min(Number.MAX_VALUE, sumOf(loads))
  const counts = Math.min(1, (MOST_UTILISATION * capacity) / Math.max(load, Number.MIN_VALUE))
  const before = scaledTo(
    capacity,
    members.map(({ headroom }) => headroom),
  )
  const pace = 1 - Math.exp(-elapsedMs / DAMPING_MS)
  return members.map((each, i) => {
    const now = before?.[i] ?? each.capacity
    const wanted = each.capacity - counts * loads[i]! + (counts * load * now) / capacity
    const within = Math.min(now * FARTHEST_FACTOR, Math.max(now / FARTHEST_FACTOR, wanted))
    return Math.max(each.capacity * FULL_SHARE, now + pace * (within - now))
  })
}

/** As plans read it: nothing for what is full. */
export const dealtHeadroom = (headroom: number, capacity: number): number =>
  headroom <= capacity * FULL_SHARE ? 0 : headroom

function scaledTo(sum: number, values: readonly number[]): readonly number[] | null {
  const total = sumOf(values)
  return total > 0 ? values.map((value) => (value * sum) / total) : null
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
