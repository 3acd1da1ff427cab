import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  formatPrefix,
  type IpAddress,
  type IpFamily,
  parseAddress,
  parsePrefix,
  prefixCovers,
  prefixOf,
} from '../../../src/domain/address.ts'
import type { PrefixRow, PrefixTree } from '../../../src/domain/prefix-tree.ts'
import {
  buildPrefixTree,
  compactTree,
  createPrefixTreeBuilder,
  EMPTY_TREE,
  indexPrefixTree,
  leafOf,
  lookUpPrefix,
  mapTree,
  paintPrefixes,
  walkPrefixes,
  zipTrees,
} from '../../../src/domain/prefix-tree.ts'

const address = (text: string): IpAddress => parseAddress(text) ?? assert.fail(text)
const row = (cidr: string, value: number): PrefixRow => {
  const parsed = parsePrefix(cidr)
  return parsed.ok ? { prefix: parsed.prefix, value } : assert.fail(cidr)
}

/** Few bits, so that prefixes meet; both families. */
const prefixes = fc
  .tuple(fc.constantFrom<IpFamily>(4, 6), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 10 }))
  .map(([family, octet, length]) =>
    prefixOf(
      { family, bytes: Uint8Array.from({ length: family === 4 ? 4 : 16 }, (_, i) => (i === 0 ? octet : octet ^ 0x55)) },
      length,
    ),
  )
const rowLists = fc.array(fc.record({ prefix: prefixes, value: fc.integer({ min: 0, max: 3 }) }), { maxLength: 12 })
const addresses = fc
  .tuple(fc.constantFrom<IpFamily>(4, 6), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(([family, bytes]): IpAddress => ({ family, bytes: bytes.slice(0, family === 4 ? 4 : 16) }))

/** The longest row around the address, the later of equals: what the tree must say. */
const naive = (rows: readonly PrefixRow[], at: IpAddress): number =>
  rows.reduce<PrefixRow | null>(
    (best, next) => (prefixCovers(next.prefix, at) && next.prefix.length >= (best?.prefix.length ?? 0) ? next : best),
    null,
  )?.value ?? 0

const leavesOf = (tree: PrefixTree, family: IpFamily): string[] => {
  const leaves: string[] = []
  walkPrefixes(tree, family, (bytes, length, value) =>
    leaves.push(`${formatPrefix({ family, bytes, length })}=${value}`),
  )
  return leaves
}

describe('look-up', () => {
  const tree = buildPrefixTree([
    row('8.0.0.0/8', 1),
    row('8.8.8.0/24', 2),
    row('8.8.8.8', 3),
    row('2001:db8::/32', 4),
    row('::/0', 5),
  ])
  const cases: readonly (readonly [address: string, value: number, prefixLength: number])[] = [
    ['8.8.8.8', 3, 32],
    ['8.8.8.9', 2, 32],
    ['8.8.8.10', 2, 31],
    ['8.8.8.128', 2, 25],
    ['8.8.9.1', 1, 24],
    ['8.128.0.0', 1, 9],
    ['9.0.0.0', 0, 8],
    ['255.255.255.255', 0, 1],
    ['2001:db8::1', 4, 32],
    ['2001:db9::1', 5, 32],
    ['ffff::', 5, 1],
  ]
  for (const [text, value, prefixLength] of cases) {
    test(`${text} is ${value}/${prefixLength}`, () => {
      assert.deepEqual(lookUpPrefix(tree, address(text)), { value, prefixLength })
      assert.deepEqual(indexPrefixTree(tree)(address(text)), { value, prefixLength })
    })
  }
  test('an empty tree knows nobody, in one network', () => {
    assert.deepEqual(lookUpPrefix(EMPTY_TREE, address('8.8.8.8')), { value: 0, prefixLength: 0 })
    assert.deepEqual(indexPrefixTree(EMPTY_TREE)(address('::1')), { value: 0, prefixLength: 0 })
  })
})

test('a tree too large for a small index', () => {
  const depth = 21
  const builder = createPrefixTreeBuilder()
  const full = (length: number, first: number): number =>
    length === depth ? leafOf(first) : builder.join(full(length + 1, first * 2), full(length + 1, first * 2 + 1))
  // Beside it a network wider than the index has bits, and one narrower.
  const tree = paintPrefixes(builder.finish(full(0, 0), leafOf(5)), [row('10.0.0.0/8', 6), row('11.0.0.1', 7)])
  const find = indexPrefixTree(tree)
  for (const text of [
    '0.0.0.0',
    '8.8.8.8',
    '10.1.2.3',
    '11.0.0.1',
    '11.0.0.0',
    '200.1.2.3',
    '255.255.255.255',
    '::',
    '2001:db8::1',
  ]) {
    assert.deepEqual(find(address(text)), lookUpPrefix(tree, address(text)), text)
  }
  assert.deepEqual(find(address('255.255.255.255')), { value: 2 ** depth - 1, prefixLength: depth })
})

test('any rows: the value of the longest prefix, in the widest network that has it throughout', () => {
  fc.assert(
    fc.property(rowLists, addresses, fc.uint8Array({ minLength: 16, maxLength: 16 }), (rows, at, noise) => {
      const tree = buildPrefixTree(rows)
      const found = lookUpPrefix(tree, at)
      assert.equal(found.value, naive(rows, at))
      assert.deepEqual(indexPrefixTree(tree)(at), found)
      // Any other address of the network has the same value…
      const inside = at.bytes.map((octet, i) => {
        const mask = (0xff << (8 - Math.min(8, Math.max(0, found.prefixLength - i * 8)))) & 0xff
        return (octet & mask) | ((noise[i] ?? 0) & ~mask & 0xff)
      })
      assert.equal(naive(rows, { family: at.family, bytes: inside }), found.value)
      // …and the network next to it is not all of that value: else the wider one would have been found.
      if (found.prefixLength === 0) return
      const sibling = prefixOf(at, found.prefixLength)
      const bit = found.prefixLength - 1
      sibling.bytes[bit >> 3] = (sibling.bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
      const beside = lookUpPrefix(tree, { family: at.family, bytes: sibling.bytes })
      assert.ok(beside.value !== found.value || beside.prefixLength > found.prefixLength)
    }),
  )
})

test('map, zip, compact and paint say what the rows say', () => {
  fc.assert(
    fc.property(rowLists, rowLists, addresses, (a, b, at) => {
      const [treeA, treeB] = [buildPrefixTree(a), buildPrefixTree(b)]
      assert.equal(
        lookUpPrefix(
          mapTree(treeA, (value) => value >> 1),
          at,
        ).value,
        naive(a, at) >> 1,
      )
      assert.equal(
        lookUpPrefix(
          zipTrees(treeA, treeB, (x, y) => x * 4 + y),
          at,
        ).value,
        naive(a, at) * 4 + naive(b, at),
      )
      const painted = paintPrefixes(treeA, b)
      const expected = b.some(({ prefix }) => prefixCovers(prefix, at)) ? naive(b, at) : naive(a, at)
      assert.equal(lookUpPrefix(painted, at).value, expected)
      for (const family of [4, 6] as const)
        assert.deepEqual(leavesOf(compactTree(painted), family), leavesOf(painted, family))
      assert.equal(
        lookUpPrefix(
          zipTrees(painted, treeB, (x, y) => x * 4 + y),
          at,
        ).value,
        expected * 4 + naive(b, at),
      )
    }),
  )
})

test('painting leaves the tree below as it was', () => {
  const below = buildPrefixTree([row('8.0.0.0/8', 1)])
  const before = leavesOf(below, 4)
  paintPrefixes(below, [row('8.8.8.0/24', 2), row('0.0.0.0/0', 3)])
  assert.deepEqual(leavesOf(below, 4), before)
})

test('networks that become equal are merged', () => {
  const tree = buildPrefixTree([row('8.0.0.0/9', 1), row('8.128.0.0/9', 2)])
  assert.deepEqual(
    leavesOf(
      mapTree(tree, (value) => (value === 0 ? 0 : 7)),
      4,
    ),
    leavesOf(buildPrefixTree([row('8.0.0.0/8', 7)]), 4),
  )
  assert.deepEqual(
    leavesOf(paintPrefixes(tree, [row('8.0.0.0/9', 2)]), 4),
    leavesOf(buildPrefixTree([row('8.0.0.0/8', 2)]), 4),
  )
})

test('compact keeps equal parts once', () => {
  const half = (first: number) => [row(`${first}.0.0.0/24`, 1), row(`${first}.0.2.0/24`, 2)]
  const once = compactTree(buildPrefixTree(half(1)))
  const twice = compactTree(buildPrefixTree([...half(1), ...half(129)]))
  // One more node on the way to the second: the root's other side is the same node.
  assert.equal(twice.nodes.length, once.nodes.length)
})

describe('ranges', () => {
  const cases: readonly (readonly [first: string, last: string, leaves: readonly string[]])[] = [
    ['0.0.0.0', '255.255.255.255', ['0.0.0.0/0=7']],
    ['10.0.0.0', '10.0.0.255', ['10.0.0.0/24=7']],
    ['10.0.0.1', '10.0.0.2', ['10.0.0.1/32=7', '10.0.0.2/32=7']],
    ['10.0.0.255', '10.0.1.1', ['10.0.0.255/32=7', '10.0.1.0/31=7']],
    ['255.255.255.255', '255.255.255.255', ['255.255.255.255/32=7']],
    ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', ['2001::/32=7']],
  ]
  for (const [first, last, leaves] of cases) {
    test(`${first}–${last}`, () => {
      const { family, bytes } = address(first)
      const builder = createPrefixTreeBuilder()
      const root = builder.paintRange(leafOf(0), bytes, address(last).bytes, 7)
      const tree = compactTree(family === 4 ? builder.finish(root, leafOf(0)) : builder.finish(leafOf(0), root))
      assert.deepEqual(
        leavesOf(tree, family).filter((leaf) => leaf.endsWith('=7')),
        leaves,
      )
    })
  }
})
