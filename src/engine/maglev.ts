/**
 * Maglev hashing (Eisenbud et al., NSDI 2016, §3.4) with exact quotas: a table from slot to member that holds the
 * weights to one slot and moves few slots when a member comes or goes.
 */

import { hashText } from '../domain/hash.ts'

/**
 * The paper asks for 100; at 400 the removal of one of ten members moves at most some 2% of the slots beyond its own
 * (at 100 up to 4%).
 */
const SLOTS_PER_ENDPOINT = 400
const SMALLEST_TABLE = 251
/** The greatest prime of 16 bits. */
const LARGEST_TABLE = 65_521

const OFFSET_SEED = 0x6f666673
const SKIP_SEED = 0x736b6970
const SHIFT_SEED = 0x73686966

/** A prime of at least 400 slots for every endpoint. By the policy, not by the survivors: so stickiness outlives a failure. */
export function tableSizeFor(endpointCount: number): number {
  let size = Math.min(LARGEST_TABLE, Math.max(SMALLEST_TABLE, endpointCount * SLOTS_PER_ENDPOINT))
  while (!isPrime(size)) size++
  return size
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
}

/**
 * Makes tables of one size, a prime: slot → position in `ids`. With `free` only the slots at 1 are filled, to the same exact
 * quotas, each near to where it would stand in a whole table.
 */
export type Maglev = (ids: readonly string[], weights: readonly number[], free?: Uint8Array) => Uint16Array

/**
 * Weights are greater than 0, ids distinct; their order does not matter. Each member walks the slots in an order of its
 * own, `offset + skip × (j + shift)⁻¹` modulo the size. The paper's `offset + skip × j` lets two members of like skips run
 * after each other; the inverse breaks that up.
 */
export function createMaglev(size: number): Maglev {
  const inverses = inversesModulo(size)
  return (ids, weights, free) => {
    const taken = free?.map((isFree) => 1 - isFree) ?? new Uint8Array(size)
    const toFill = size - taken.reduce((sum, each) => sum + each, 0)
    const quotas = quotasOf(ids, weights, toFill)
    const largest = Math.max(...quotas)
    const offsets = ids.map((id) => hashText(id, OFFSET_SEED) % size)
    const skips = ids.map((id) => (hashText(id, SKIP_SEED) % (size - 1)) + 1)
    const cursors = ids.map((id) => hashText(id, SHIFT_SEED) % size)
    const turns = ids.map((_, i) => i).sort((a, b) => compareText(ids[a]!, ids[b]!))
    const credit = new Float64Array(ids.length)
    const left = quotas.slice()
    const table = new Uint16Array(size)
    const nextSlot = (member: number) => {
      const slot = (offsets[member]! + skips[member]! * inverses[cursors[member]!]!) % size
      cursors[member] = (cursors[member]! + 1) % size
      return slot
    }
    for (let filled = 0; filled < toFill; ) {
      for (const member of turns) {
        if (left[member] === 0) continue
        // Turns in proportion to the quotas, so that heavy members choose as early as light ones.
        credit[member]! += quotas[member]!
        if (credit[member]! < largest) continue
        credit[member]! -= largest
        let slot = nextSlot(member)
        while (taken[slot] === 1) slot = nextSlot(member)
        taken[slot] = 1
        table[slot] = member
        left[member]!--
        filled++
      }
    }
    return table
  }
}

/** i⁻¹ modulo a prime for every i; 0 for 0. */
function inversesModulo(prime: number): Uint16Array {
  const inverses = new Uint16Array(prime)
  inverses[1] = 1
  for (let i = 2; i < prime; i++) inverses[i] = ((prime - Math.floor(prime / i)) * inverses[prime % i]!) % prime
  return inverses
}

/** Whole slots in proportion to the weights, by largest remainder (Hamilton). */
function quotasOf(ids: readonly string[], weights: readonly number[], size: number): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const exact = weights.map((weight) => (weight / sum) * size)
  const quotas = exact.map(Math.floor)
  const missing = size - quotas.reduce((total, quota) => total + quota, 0)
  ids
    .map((id, i) => ({ id, i, remainder: exact[i]! - quotas[i]! }))
    .sort((a, b) => b.remainder - a.remainder || compareText(a.id, b.id))
    .slice(0, missing)
    .forEach(({ i }) => {
      quotas[i]!++
    })
  return quotas
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
