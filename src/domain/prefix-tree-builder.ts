import type { IpPrefix } from './address.ts'
import { bitAt } from './address.ts'
import { mix32 } from './hash.ts'

/**
 * Node i has its two children at `nodes[2i]` and `nodes[2i+1]`. A child is another node when non-negative, else a leaf
 * with the value `~child`. A node stands after its children. Nodes that nothing points at may be left over.
 */
export interface PrefixTree {
  readonly nodes: Int32Array
  /** Root children may themselves be leaves: a root is written as a child is. */
  readonly root4: number
  readonly root6: number
}

/** The greatest value that a leaf can hold. */
export const MAX_LEAF_VALUE = 0x7fffffff

/** A child that is a leaf. */
export const leafOf = (value: number): number => ~value

const NOTHING = leafOf(0)

const EMPTY = -1

export const EMPTY_TREE: PrefixTree = Object.freeze({ nodes: new Int32Array(0), root4: NOTHING, root6: NOTHING })

/** Makes trees. Nodes are kept in one growing array; children are passed around as numbers, as a tree stores them. */
export interface PrefixTreeBuilder {
  /** A node with these two children; the leaf itself when both are the same leaf. */
  join(left: number, right: number): number
  /**
   * The same, but equal children always give the same node (hash consing): what is made so is a graph without cycles that
   * reads as a tree. Nodes made so must not be painted over by this builder, which would change all places that share them.
   */
  joinShared(left: number, right: number): number
  /** What `child` becomes when the whole network is painted with `value`, over whatever was there. */
  paint(child: number, prefix: IpPrefix, value: number): number
  /**
   * The same for all addresses from `first` to `last`, both included and of one family. Made for hundreds of thousands of
   * ranges: nodes of this builder are changed in place, so that only `compactTree` puts them in order again.
   */
  paintRange(child: number, first: Uint8Array, last: Uint8Array, value: number): number
  /** Exactly the nodes made so far, nothing beyond. The builder must not be used afterwards. */
  finish(root4: number, root6: number): PrefixTree
}

/** Starts with the nodes of `base` (they are never changed), so that its children may be used. */
export function createPrefixTreeBuilder(base: Int32Array = EMPTY_TREE.nodes): PrefixTreeBuilder {
  let nodes = new Int32Array(Math.max(1024, base.length + 1024))
  nodes.set(base)
  let used = base.length

  function join(left: number, right: number): number {
    if (left === right && left < 0) return left
    if (used === nodes.length) {
      const larger = new Int32Array(nodes.length * 2)
      larger.set(nodes)
      nodes = larger
    }
    nodes[used] = left
    nodes[used + 1] = right
    used += 2
    return (used - 2) / 2
  }

  // Open addressing, nodes by their children; at most half full.
  let table = new Int32Array(1024).fill(EMPTY)
  let entries = 0

  function slotOf(left: number, right: number): number {
    const mask = table.length - 1
    let slot = mix32(Math.imul(left, 0x9e3779b1) ^ right) & mask
    for (let node = table[slot]!; node !== EMPTY; node = table[slot]!) {
      if (nodes[node * 2] === left && nodes[node * 2 + 1] === right) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  function joinShared(left: number, right: number): number {
    if (left === right && left < 0) return left
    if (entries * 2 === table.length) {
      const old = table
      table = new Int32Array(old.length * 2).fill(EMPTY)
      for (const node of old) if (node !== EMPTY) table[slotOf(nodes[node * 2]!, nodes[node * 2 + 1]!)] = node
    }
    const slot = slotOf(left, right)
    if (table[slot] === EMPTY) {
      table[slot] = join(left, right)
      entries++
    }
    return table[slot]!
  }

  function replace(node: number, left: number, right: number): number {
    if (node * 2 < base.length || (left === right && left < 0)) return join(left, right)
    nodes[node * 2] = left
    nodes[node * 2 + 1] = right
    return node
  }

  /** Bits of `low` from `lowLength` on are 0 and bits of `high` from `highLength` on are 1: no edge runs there any more. */
  function paintBetween(
    root: number,
    low: Uint8Array,
    lowLength: number,
    high: Uint8Array,
    highLength: number,
    value: number,
    rejoin: (node: number, left: number, right: number) => number,
  ) {
    const leaf = leafOf(value)
    const go = (child: number, depth: number, onLow: boolean, onHigh: boolean): number => {
      const atLow = onLow && depth < lowLength
      const atHigh = onHigh && depth < highLength
      if (!atLow && !atHigh) return leaf
      const lowBit = atLow ? bitAt(low, depth) : 0
      const highBit = atHigh ? bitAt(high, depth) : 1
      let left = child < 0 ? child : nodes[child * 2]!
      let right = child < 0 ? child : nodes[child * 2 + 1]!
      if (lowBit === 0) left = go(left, depth + 1, atLow, atHigh && highBit === 0)
      if (highBit === 1) right = go(right, depth + 1, atLow && lowBit === 1, atHigh)
      return child < 0 ? join(left, right) : rejoin(child, left, right)
    }
    return go(root, 0, true, true)
  }

  return {
    join,
    joinShared,
    paint: (child, { bytes, length }, value) =>
      paintBetween(child, bytes, length, bytes, length, value, (_node, left, right) => join(left, right)),
    paintRange: (child, first, last, value) =>
      paintBetween(child, first, lengthWithout(first, 0), last, lengthWithout(last, 1), value, replace),
    finish: (root4, root6) => ({ nodes: nodes.subarray(0, used), root4, root6 }),
  }
}

/** Bits up to the last one that differs from `bit`. */
function lengthWithout(bytes: Uint8Array, bit: 0 | 1): number {
  let length = bytes.length * 8
  while (length > 0 && bitAt(bytes, length - 1) === bit) length--
  return length
}
