import { type IpPrefix, SPECIAL_PURPOSE } from '../../domain/address.ts'
import {
  buildPrefixTree,
  createPrefixTreeBuilder,
  EMPTY_TREE,
  leafOf,
  type PrefixTree,
} from '../../domain/prefix-tree.ts'
import type { GeoLocator } from '../../ports/geo-locator.ts'
import { ECS_TREE, TREE, TREE_DEPTH_BITS } from './table.ts'

/** Of a tree with more nodes than fit a processor's cache a larger part is looked up at once. */
const LARGE_TREE_NODES = 1 << 20
const INDEX_BITS = 16
const LARGE_INDEX_BITS = 20
/** A small tree is in the cache anyway. */
const SMALL_TREE_NODES = 1 << 12
const SMALL_INDEX_BITS = 8

/** A prefix tree in memory that threads share, with its first bits as a direct index. */
export function shareTree({ nodes, root4, root6 }: PrefixTree): SharedArrayBuffer {
  const nodeCount = nodes.length / 2
  const bits =
    nodeCount > LARGE_TREE_NODES ? LARGE_INDEX_BITS : nodeCount > SMALL_TREE_NODES ? INDEX_BITS : SMALL_INDEX_BITS
  const index4At = TREE.size
  const index6At = index4At + (1 << bits)
  const nodesAt = index6At + (1 << bits)
  const buffer = new SharedArrayBuffer((nodesAt + nodes.length) * 4)
  const words = new Int32Array(buffer)
  words[TREE.root4] = root4
  words[TREE.root6] = root6
  words[TREE.indexBits] = bits
  words[TREE.index4At] = index4At
  words[TREE.index6At] = index6At
  words[TREE.nodesAt] = nodesAt
  words.set(nodes, nodesAt)
  const fill = (at: number, child: number, depth: number): void => {
    if (child < 0 || depth === bits) {
      const value = child < 0 ? ~((~child << TREE_DEPTH_BITS) | depth) : child
      words.fill(value, at, at + (1 << (bits - depth)))
      return
    }
    fill(at, nodes[child * 2] as number, depth + 1)
    fill(at + (1 << (bits - depth - 1)), nodes[child * 2 + 1] as number, depth + 1)
  }
  fill(index4At, root4, 0)
  fill(index6At, root6, 0)
  return buffer
}

/**
 * What a client subnet is before it is a place: `ordinary`, in a special-purpose network that nothing places, or
 * `placed` in one by the operator. The depth of an ordinary leaf is the length from which on no special-purpose network is around.
 */
export function clientSubnetTree(geo: GeoLocator): PrefixTree {
  const special = buildPrefixTree(
    SPECIAL_PURPOSE.map(({ prefix }, index) => ({ prefix, value: ECS_TREE.firstSpecial + index })),
  )
  const builder = createPrefixTreeBuilder()
  const zip = (network: number, place: number): number => {
    if (network === leafOf(ECS_TREE.ordinary)) return network
    if (network < 0 && place < 0) return place === leafOf(0) ? network : leafOf(ECS_TREE.placed)
    const side = (bit: 0 | 1): number =>
      zip(
        network < 0 ? network : (special.nodes[network * 2 + bit] as number),
        place < 0 ? place : (geo.tree.nodes[place * 2 + bit] as number),
      )
    const left = side(0)
    return builder.join(left, side(1))
  }
  const root4 = zip(special.root4, geo.tree.root4)
  return builder.finish(root4, zip(special.root6, geo.tree.root6))
}

/** Networks whose clients are not for the fast path. */
export const clientTree = (networks: readonly IpPrefix[]): PrefixTree =>
  buildPrefixTree(networks.map((prefix) => ({ prefix, value: 1 })))

/** The trees that every table has, without a network in them. */
export const emptyTrees = (): readonly SharedArrayBuffer[] => {
  const tree = shareTree(EMPTY_TREE)
  return [tree, tree]
}
