/** From the candidates that are left at the end of a branch to its ranked lists and slots. */

import type { Endpoint } from '../domain/endpoint.ts'
import { hashText } from '../domain/hash.ts'
import { createMaglev, type Maglev, tableSizeFor } from './maglev.ts'

/** What `spread` deals: the equals in front, and what follows them in every list. */
export interface Hand {
  /** Index of the `spread` step; −1: none, then nobody is dealt but orphans. */
  readonly step: number
  /** By endpoint index. */
  readonly weights: Float64Array
  /** All standbys, or none. The gone stand among them if they leave orphans. */
  readonly front: readonly number[]
  /** Best first; may name some of the front again. */
  readonly behind: readonly number[]
  readonly cut: number
  readonly orphans: Heirs | null
}

/** Who takes the clients of those in front who are gone. */
export interface Heirs {
  /** Index of the `up` step. */
  readonly step: number
  /** By endpoint index; who has none takes nobody, unless none has any. */
  readonly headroom: Float64Array
  readonly survivors: readonly number[]
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
/** A prime, for orphans without a `spread`: there may be as many such tables as orders of endpoints. */
const ORPHAN_SLOTS = 1021

/** How many lists one deal of the policy can have. */
export const mostLists = (endpointCount: number): number => endpointCount * seedsFor(endpointCount)

const seedsFor = (endpointCount: number): number =>
  Math.max(1, Math.min(MOST_SEEDS, Math.floor(MOST_LISTS / Math.max(1, endpointCount))))

export type Dealer = (hand: Hand) => Dealt

/** Keeps the tables it has made: many hands share their front. */
export function createDealer(endpoints: readonly Endpoint[]): Dealer {
  const seeds = seedsFor(endpoints.length)
  const spreadMaglev = sizedMaglev(tableSizeFor(endpoints.length))
  const orphanMaglev = sizedMaglev(ORPHAN_SLOTS)
  const tables = new Map<string, Uint16Array>()

  /** Slot → endpoint. */
  function leadersOf({ step, front, orphans }: Hand, shares: readonly number[]): Uint16Array {
    const { maglev, size } = step < 0 ? orphanMaglev : spreadMaglev
    const heirs = orphans === null ? '' : `${orphans.step}:${orphans.survivors}`
    const key = `${step}:${front}:${heirs}`
    const known = tables.get(key)
    if (known !== undefined) return known
    const deal = (members: readonly number[], weights: readonly number[], free?: Uint8Array) => {
      const ids = members.map((endpoint) => endpoints[endpoint]!.id)
      return maglev(ids, weights, free).map((position) => members[position]!)
    }
    const table = front.length === 1 ? new Uint16Array(size).fill(front[0]!) : deal(front, shares)
    if (orphans !== null) {
      const survivors = new Set(orphans.survivors)
      const free = Uint8Array.from(table, (endpoint) => (survivors.has(endpoint) ? 0 : 1))
      const able = orphans.survivors.filter((endpoint) => orphans.headroom[endpoint]! > 0)
      const heirs = able.length > 0 ? able : orphans.survivors
      const inherited = deal(
        heirs,
        heirs.map((endpoint) => orphans.headroom[endpoint] || 1),
        free,
      )
      for (let slot = 0; slot < size; slot++) if (free[slot] === 1) table[slot] = inherited[slot]!
    }
    tables.set(key, table)
    return table
  }

  return (hand) => {
    const { front, behind, weights, orphans, cut } = hand
    const takers = orphans?.survivors ?? front
    if (takers.length === 1) {
      return { lists: [[...new Set([...takers, ...behind])].slice(0, cut)], slots: new Uint16Array(1) }
    }
    // Route 53: where only standbys are left, all are equal.
    const shares = front.map((endpoint) => weights[endpoint] || 1)
    const leaders = leadersOf(hand, shares)
    const present = front.flatMap((endpoint, i) =>
      orphans === null || orphans.survivors.includes(endpoint) ? [{ endpoint, weight: shares[i]! }] : [],
    )
    const followers = Array.from({ length: seeds }, (_, seed) => rendezvousOrder(present, endpoints, seed))
    const lists: (readonly number[])[] = []
    const indexOf = new Map<string, number>()
    const known = new Int32Array(endpoints.length * seeds).fill(-1)
    const slots = leaders.map((leader, slot) => {
      const seed = slot % seeds
      const place = leader * seeds + seed
      if (known[place] === -1) {
        const list = [...new Set([leader, ...followers[seed]!, ...behind])].slice(0, cut)
        const key = list.join()
        const index = indexOf.get(key) ?? lists.push(list) - 1
        indexOf.set(key, index)
        known[place] = index
      }
      return known[place]!
    })
    return lists.length === 1 ? { lists, slots: new Uint16Array(1) } : { lists, slots }
  }
}

const sizedMaglev = (size: number): { readonly size: number; readonly maglev: Maglev } => ({
  size,
  maglev: createMaglev(size),
})

/** Weighted rendezvous hashing: over the seeds, heavier endpoints come earlier in proportion to their weights. */
function rendezvousOrder(
  members: readonly { readonly endpoint: number; readonly weight: number }[],
  endpoints: readonly Endpoint[],
  seed: number,
): readonly number[] {
  return members
    .map(({ endpoint, weight }) => {
      const uniform = (hashText(endpoints[endpoint]!.id, seed) + 0.5) / 2 ** 32
      return { endpoint, score: -Math.log(uniform) / weight }
    })
    .sort((a, b) => a.score - b.score || a.endpoint - b.endpoint)
    .map(({ endpoint }) => endpoint)
}
