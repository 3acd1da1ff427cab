/** From the candidates that are left at the end of a branch to its ranked lists and slots. */

import type { Endpoint } from '../domain/endpoint.ts'
import { hashText } from '../domain/hash.ts'
import { createMaglev, tableSizeFor } from './maglev.ts'

/** What `spread` deals: the equals in front, and what follows them in every list. */
export interface Hand {
  /** Index of the `spread` step. */
  readonly step: number
  /** By endpoint index. */
  readonly weights: Float64Array
  /** All standbys, or none. */
  readonly front: readonly number[]
  readonly behind: readonly number[]
  readonly cut: number
}

export interface Dealt {
  readonly lists: readonly (readonly number[])[]
  /** Slot → index into `lists`. */
  readonly slots: Uint16Array
}

/** Orders in which the endpoints behind the first can follow it. */
const MOST_SEEDS = 16
/** Lists of one deal; with the limit on branches they stay within 16 bits. */
const MOST_LISTS = 1000

/** How many lists one deal of the policy can have. */
export const mostLists = (endpointCount: number): number => endpointCount * seedsFor(endpointCount)

const seedsFor = (endpointCount: number): number =>
  Math.max(1, Math.min(MOST_SEEDS, Math.floor(MOST_LISTS / Math.max(1, endpointCount))))

export type Dealer = (hand: Hand) => Dealt

/** Keeps the tables it has made: many hands share their front. */
export function createDealer(endpoints: readonly Endpoint[]): Dealer {
  const size = tableSizeFor(endpoints.length)
  const seeds = seedsFor(endpoints.length)
  const maglev = createMaglev(size)
  const tables = new Map<string, Uint16Array>()

  function tableFor(members: readonly number[], weights: readonly number[], key: string): Uint16Array {
    const known = tables.get(key)
    if (known !== undefined) return known
    const ids = members.map((endpoint) => endpoints[endpoint]!.id)
    const table = maglev(ids, weights)
    tables.set(key, table)
    return table
  }

  return ({ step, weights, front, behind, cut }) => {
    if (front.length === 1) return { lists: [[...front, ...behind].slice(0, cut)], slots: new Uint16Array(1) }
    // Route 53: where only standbys are left, all are equal.
    const shares = front.map((endpoint) => weights[endpoint] || 1)
    const table = tableFor(front, shares, `${step}:${front.join()}`)
    const followers = Array.from({ length: seeds }, (_, seed) => rendezvousOrder(front, shares, endpoints, seed))
    const lists: number[][] = []
    const indexOf = new Map<string, number>()
    const known = new Int32Array(front.length * seeds).fill(-1)
    const slots = new Uint16Array(size)
    for (let slot = 0; slot < size; slot++) {
      const first = table[slot]!
      const seed = slot % seeds
      const place = first * seeds + seed
      if (known[place] === -1) {
        const leader = front[first]!
        const list = [leader, ...followers[seed]!.filter((endpoint) => endpoint !== leader), ...behind].slice(0, cut)
        const key = list.join()
        const index = indexOf.get(key) ?? lists.push(list) - 1
        indexOf.set(key, index)
        known[place] = index
      }
      slots[slot] = known[place]!
    }
    return lists.length === 1 ? { lists, slots: new Uint16Array(1) } : { lists, slots }
  }
}

/** Weighted rendezvous hashing: over the seeds, heavier endpoints come earlier in proportion to their weights. */
function rendezvousOrder(
  members: readonly number[],
  weights: readonly number[],
  endpoints: readonly Endpoint[],
  seed: number,
): readonly number[] {
  return members
    .map((endpoint, i) => {
      const uniform = (hashText(endpoints[endpoint]!.id, seed) + 0.5) / 2 ** 32
      return { endpoint, score: -Math.log(uniform) / weights[i]! }
    })
    .sort((a, b) => a.score - b.score || a.endpoint - b.endpoint)
    .map(({ endpoint }) => endpoint)
}
