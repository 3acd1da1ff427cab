/**
 * Binary prefix trees over both address families: from an address to a small number, and to the widest network around
 * it that has that number throughout. Pure; every tree made here is in its smallest form (no node has two equal leaves),
 * which is what makes the prefix lengths honest ECS scopes.
 */
import type { IpAddress, IpFamily, IpPrefix } from './address.ts'
import { bitsOf } from './address.ts'
import { createPrefixTreeBuilder, EMPTY_TREE, leafOf, type PrefixTree } from './prefix-tree-builder.ts'
import { atOnce, type Turns } from './turns.ts'

export {
  createPrefixTreeBuilder,
  EMPTY_TREE,
  leafOf,
  MAX_LEAF_VALUE,
  type PrefixTree,
  type PrefixTreeBuilder,
} from './prefix-tree-builder.ts'

export interface PrefixMatch {
  readonly value: number
  /** Of the widest network around the address that has this value throughout, in bits of its family. */
  readonly prefixLength: number
}

export const rootOf = (tree: PrefixTree, family: IpFamily): number => (family === 4 ? tree.root4 : tree.root6)

export function lookUpPrefix(tree: PrefixTree, address: IpAddress): PrefixMatch {
  return descend(tree.nodes, address.bytes, rootOf(tree, address.family), 0)
}

function descend(nodes: Int32Array, bytes: Uint8Array, from: number, depth: number): PrefixMatch {
  let child = from
  let prefixLength = depth
  while (child >= 0) {
    child = nodes[child * 2 + ((bytes[prefixLength >> 3]! >> (7 - (prefixLength & 7))) & 1)]!
    prefixLength++
  }
  return { value: ~child, prefixLength }
}

/** Of a tree with more nodes than fit a processor's cache a larger part is looked up at once. */
const LARGE_TREE_NODES = 1 << 20
const INDEX_BITS = 16
const LARGE_INDEX_BITS = 20

interface FamilyIndex {
  readonly children: Int32Array
  readonly depths: Uint8Array
}

/**
 * The same answers as {@link lookUpPrefix}, several times faster: the first 16 bits are looked up at once, of a large tree
 * 20. Costs 640 KB, 10 MB of a large tree.
 */
export function indexPrefixTree(tree: PrefixTree): (address: IpAddress) => PrefixMatch {
  const { nodes } = tree
  const bits = nodes.length / 2 > LARGE_TREE_NODES ? LARGE_INDEX_BITS : INDEX_BITS
  const index4 = indexFamily(nodes, tree.root4, bits)
  const index6 = indexFamily(nodes, tree.root6, bits)
  return ({ family, bytes }) => {
    const index = family === 4 ? index4 : index6
    const slot = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> (32 - bits)
    return descend(nodes, bytes, index.children[slot]!, index.depths[slot]!)
  }
}

function indexFamily(nodes: Int32Array, root: number, bits: number): FamilyIndex {
  const children = new Int32Array(1 << bits)
  const depths = new Uint8Array(1 << bits)
  const fill = (child: number, depth: number, start: number): void => {
    if (child < 0 || depth === bits) {
      const end = start + (1 << (bits - depth))
      children.fill(child, start, end)
      depths.fill(depth, start, end)
      return
    }
    fill(nodes[child * 2]!, depth + 1, start)
    fill(nodes[child * 2 + 1]!, depth + 1, start + (1 << (bits - depth - 1)))
  }
  fill(root, 0, 0)
  return { children, depths }
}

/**
 * Visits every leaf of one family in address order: the widest networks, each with its value. `bytes` is the network's
 * address and is overwritten by the next visit: copy it to keep it.
 */
export function walkPrefixes(
  tree: PrefixTree,
  family: IpFamily,
  visit: (bytes: Uint8Array, prefixLength: number, value: number) => void,
): void {
  const bytes = new Uint8Array(bitsOf(family) / 8)
  const walk = (child: number, depth: number): void => {
    if (child < 0) {
      visit(bytes, depth, ~child)
      return
    }
    walk(tree.nodes[child * 2]!, depth + 1)
    const octet = depth >> 3
    const bit = 0x80 >> (depth & 7)
    bytes[octet] = bytes[octet]! | bit
    walk(tree.nodes[child * 2 + 1]!, depth + 1)
    bytes[octet] = bytes[octet]! & ~bit
  }
  walk(rootOf(tree, family), 0)
}

export interface PrefixRow {
  readonly prefix: IpPrefix
  /** 0–{@link MAX_LEAF_VALUE}. */
  readonly value: number
}

/** The longest prefix wins, whatever the order; of two equal ones, the later. Addresses in none have the value 0. */
export const buildPrefixTree = (rows: readonly PrefixRow[]): PrefixTree => compactTree(paintPrefixes(EMPTY_TREE, rows))

/** `tree` with the rows laid over it, as {@link buildPrefixTree} does. Costs a copy of its nodes. */
export function paintPrefixes(tree: PrefixTree, rows: readonly PrefixRow[]): PrefixTree {
  if (rows.length === 0) return tree
  const builder = createPrefixTreeBuilder(tree.nodes)
  let { root4, root6 } = tree
  for (const { prefix, value } of [...rows].sort((a, b) => a.prefix.length - b.prefix.length)) {
    if (prefix.family === 4) root4 = builder.paint(root4, prefix, value)
    else root6 = builder.paint(root6, prefix, value)
  }
  return builder.finish(root4, root6)
}

/** Every value replaced by another; networks that become equal are merged into wider ones. `toValue` must be pure. */
export const mapTree = (tree: PrefixTree, toValue: (value: number) => number): PrefixTree =>
  zipTrees(tree, EMPTY_TREE, toValue)

/** A value of the second tree that fills a network as wide as this is worth the first tree mapped as a whole for it. */
const WIDE_PREFIX_LENGTH = 4

/**
 * One tree of what two say together about each address. `combine` must be pure: it is asked at least once per pair of
 * overlapping networks. Fastest when the larger tree is the first and has its equal parts shared ({@link compactTree}).
 */
export const zipTrees = (a: PrefixTree, b: PrefixTree, combine: (a: number, b: number) => number): PrefixTree =>
  atOnce(zipSteps(a, b, combine))

/** Nodes from one pause to the next: about a millisecond. */
const NODES_PER_TURN = 1 << 14

/** Parts of the address space up to this wide have a pause behind them. */
const PAUSED_PREFIX_LENGTH = 12

/**
 * The same with pauses.
 * @param alone what `combine` gives for this value of the second tree, whatever the first one has there; null where that matters
 */
export function* zipSteps(
  a: PrefixTree,
  b: PrefixTree,
  combine: (a: number, b: number) => number,
  alone: (b: number) => number | null = () => null,
): Turns<PrefixTree> {
  const builder = createPrefixTreeBuilder()
  const wholes = new Map<number, Int32Array>()

  /** What every node of `a` becomes where `b` has this value: one pass in the order of the array, which memory likes best. */
  function* mapWhole(value: number): Turns<Int32Array> {
    const { nodes } = a
    const whole = new Int32Array(nodes.length / 2)
    for (let from = 0; from < whole.length; from += NODES_PER_TURN) {
      const to = Math.min(whole.length, from + NODES_PER_TURN)
      for (let i = from; i < to; i++) {
        const left = nodes[i * 2]!
        const right = nodes[i * 2 + 1]!
        whole[i] = builder.join(
          left < 0 ? leafOf(combine(~left, value)) : whole[left]!,
          right < 0 ? leafOf(combine(~right, value)) : whole[right]!,
        )
      }
      yield
    }
    return whole
  }

  const mapPart = (x: number, value: number): number => {
    if (x < 0) return leafOf(combine(~x, value))
    const left = mapPart(a.nodes[x * 2]!, value)
    return builder.join(left, mapPart(a.nodes[x * 2 + 1]!, value))
  }

  const side = (tree: PrefixTree, child: number, bit: 0 | 1): number =>
    child < 0 ? child : tree.nodes[child * 2 + bit]!

  const zip = (x: number, y: number): number => {
    if (x < 0 && y < 0) return leafOf(combine(~x, ~y))
    if (y < 0) return filled(x, y) ?? mapPart(x, ~y)
    const left = zip(side(a, x, 0), side(b, y, 0))
    return builder.join(left, zip(side(a, x, 1), side(b, y, 1)))
  }

  /** What `x` becomes where `b` has one value, if that is known already; `y` is a leaf. */
  const filled = (x: number, y: number): number | null => {
    const value = alone(~y)
    return value === null ? (wholes.get(y)?.[x] ?? null) : leafOf(value)
  }

  /** The wide networks, each of them with a pause behind it. */
  function* zipWide(x: number, y: number, depth: number): Turns<number> {
    if (depth > PAUSED_PREFIX_LENGTH || y < 0) return zip(x, y)
    yield
    const left = yield* zipWide(side(a, x, 0), side(b, y, 0), depth + 1)
    return builder.join(left, yield* zipWide(side(a, x, 1), side(b, y, 1), depth + 1))
  }

  // Before all else: the narrow networks of a value profit, too.
  for (const y of wideLeaves(b)) if (alone(~y) === null) wholes.set(y, yield* mapWhole(~y))
  const root4 = yield* zipWide(a.root4, b.root4, 0)
  return trimmed(builder.finish(root4, yield* zipWide(a.root6, b.root6, 0)))
}

/** The leaves that fill networks at least as wide as WIDE_PREFIX_LENGTH. */
function wideLeaves({ nodes, root4, root6 }: PrefixTree): ReadonlySet<number> {
  const found = new Set<number>()
  const visit = (child: number, depth: number): void => {
    if (child < 0) found.add(child)
    else if (depth < WIDE_PREFIX_LENGTH) for (const bit of [0, 1]) visit(nodes[child * 2 + bit]!, depth + 1)
  }
  visit(root4, 0)
  visit(root6, 0)
  return found
}

/** No node can have this number: the nodes before it would fill 16 GB. XORed with it, the 0 of a new array means unknown. */
const UNKNOWN = 0x7fffffff

/** The same answers from the fewest nodes: none is left over, and equal parts of the tree are kept once and shared. */
export function compactTree(tree: PrefixTree): PrefixTree {
  const builder = createPrefixTreeBuilder()
  const memory = new Int32Array(tree.nodes.length / 2)
  const compact = (child: number): number => {
    if (child < 0) return child
    const known = memory[child]! ^ UNKNOWN
    if (known !== UNKNOWN) return known
    const left = compact(tree.nodes[child * 2]!)
    const made = builder.joinShared(left, compact(tree.nodes[child * 2 + 1]!))
    memory[child] = made ^ UNKNOWN
    return made
  }
  const root4 = compact(tree.root4)
  return trimmed(builder.finish(root4, compact(tree.root6)))
}

/** Lets go of the builder's spare room. */
const trimmed = (tree: PrefixTree): PrefixTree => ({ ...tree, nodes: tree.nodes.slice() })
