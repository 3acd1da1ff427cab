import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mix32 } from '../../../src/domain/hash.ts'
import type { Plan, PlanNode, Slot } from '../../../src/domain/plan.ts'
import type { Sticky } from '../../../src/domain/policy.ts'
import { createMaglev, tableSizeFor } from '../../../src/engine/maglev.ts'
import { listShares, shares } from '../../../src/engine/shares.ts'
import { axisDraw, listFor, slotFor, stickyPrefixLength } from '../../../src/engine/slots.ts'
import { type CompactClient, makeClient } from '../../helpers/engine.ts'

const planWith = (root: PlanNode, lists: Plan['lists'], sticky: Sticky = { by: 'none' }): Plan => ({
  outcome: 'steered',
  lists,
  root,
  sticky,
  canary: false,
  target: null,
  ttlSeconds: 30,
  validUntilMs: Number.POSITIVE_INFINITY,
  dependsOn: 0,
  headers: [],
  exclusions: [],
  trace: [],
})

const slots = (...numbers: number[]): PlanNode => ({ kind: 'slots', slots: Uint16Array.from(numbers) })
const fork = (axis: 'canary' | `step${number}`, ...bands: [edge: number, below: PlanNode][]): PlanNode => ({
  kind: 'fork',
  axis,
  edges: bands.map(([edge]) => edge),
  below: bands.map(([, below]) => below),
})

const sticky = (by: Sticky): Plan => planWith(slots(0), [[0]], by)
const DICE = () => 0xdeadbeef

describe('stickyPrefixLength', () => {
  for (const [family, known, expected] of [
    [4, 32, 24],
    [4, 24, 24],
    [4, 20, 20],
    [4, 0, 0],
    [6, 128, 56],
    [6, 56, 56],
    [6, 48, 48],
    [6, 0, 0],
  ] as const) {
    it(`IPv${family} of ${known} known bits: ${expected}`, () =>
      assert.equal(stickyPrefixLength(family, known), expected))
  }
})

describe('slotFor', () => {
  const network = { by: 'network' } as const
  const same: readonly [name: string, sticky: Sticky, a: CompactClient, b: CompactClient, isSame: boolean][] = [
    ['one /24', network, { network: '198.51.100.1' }, { network: '198.51.100.254' }, true],
    ['an address and its /24', network, { network: '198.51.100.1' }, { network: '198.51.100.0/24' }, true],
    ['two /24', network, { network: '198.51.100.1' }, { network: '198.51.101.1' }, false],
    ['one /56', network, { network: '2001:db8:0:42::1' }, { network: '2001:db8:0:ff::1' }, true],
    ['two /56', network, { network: '2001:db8:0:42::1' }, { network: '2001:db8:0:142::1' }, false],
    ['only 16 bits are known', network, { network: '198.51.0.0/16' }, { network: '198.51.0.0/16' }, true],
    [
      'a v4-mapped address is its v4 address',
      network,
      { network: '::ffff:198.51.100.1' },
      { network: '198.51.100.9' },
      true,
    ],
    ['no network', network, {}, {}, true],
    [
      'one tenant, two networks',
      { by: 'tenant' },
      tenant('acme', '198.51.100.0/24'),
      tenant('acme', '203.0.113.0/24'),
      true,
    ],
    [
      'two tenants, one network',
      { by: 'tenant' },
      tenant('acme', '198.51.100.0/24'),
      tenant('umbrella', '198.51.100.0/24'),
      false,
    ],
    [
      'no tenant: the network',
      { by: 'tenant' },
      { network: '198.51.100.1' },
      { network: '198.51.100.2', request: {} },
      true,
    ],
    [
      'one header value',
      { by: 'header', name: 'x-u' },
      header('7', '198.51.100.0/24'),
      header('7', '203.0.113.0/24'),
      true,
    ],
    [
      'two header values',
      { by: 'header', name: 'x-u' },
      header('7', '198.51.100.0/24'),
      header('8', '198.51.100.0/24'),
      false,
    ],
    [
      'an empty header value is a value',
      { by: 'header', name: 'x-u' },
      header('', '198.51.100.0/24'),
      header('', '203.0.113.0/24'),
      true,
    ],
    [
      'no header: the network',
      { by: 'header', name: 'x-u' },
      { network: '198.51.100.1' },
      { network: '198.51.100.2' },
      true,
    ],
    [
      'no header, two networks',
      { by: 'header', name: 'x-u' },
      { network: '198.51.100.1' },
      { network: '203.0.113.1' },
      false,
    ],
    ['no tenant, two networks', { by: 'tenant' }, { network: '198.51.100.1' }, { network: '203.0.113.1' }, false],
    ['one path', { by: 'path' }, { request: { path: '/a' } }, { request: { path: '/a' }, network: '192.0.2.1' }, true],
    ['two paths', { by: 'path' }, { request: { path: '/a' } }, { request: { path: '/b' } }, false],
  ]
  for (const [name, by, a, b, isSame] of same) {
    it(`${name}: ${isSame ? 'one draw' : 'two draws'}`, () => {
      const one = slotFor(sticky(by), 'api', makeClient(a), DICE)
      const two = slotFor(sticky(by), 'api', makeClient(b), DICE)
      assert.equal(one.spread === two.spread, isSame)
    })
  }

  function tenant(id: string, of: string): CompactClient {
    return { network: of, request: { tenant: { id } } }
  }
  function header(value: string, of: string): CompactClient {
    return { network: of, request: { headers: { 'x-u': value } } }
  }

  it('not sticky: thrown anew, while the canary stays', () => {
    let thrown = 0
    const draw = () => slotFor(sticky({ by: 'none' }), 'api', makeClient({ network: '198.51.100.1' }), () => thrown++)
    const [one, two] = [draw(), draw()]
    assert.notEqual(one.spread, two.spread)
    assert.equal(one.canary, two.canary)
    assert.equal(thrown, 2, 'one throw each')
  })

  it('sticky clients with a network throw no dice', () => {
    const noDice = () => assert.fail('no dice here')
    slotFor(sticky({ by: 'network' }), 'api', makeClient({ network: '198.51.100.1' }), noDice)
  })

  it('services are dealt apart, and the canary apart from the spread', () => {
    const client = makeClient({ network: '198.51.100.1' })
    const api = slotFor(sticky({ by: 'network' }), 'api', client, DICE)
    const web = slotFor(sticky({ by: 'network' }), 'web', client, DICE)
    assert.equal(new Set([api.canary, api.spread, web.canary, web.spread]).size, 4)
  })

  it('neighbouring networks fall evenly: canary and spread, each alone and both together', () => {
    const counts = new Uint32Array(16)
    const total = 256 * 40
    for (let i = 0; i < total; i++) {
      const client = makeClient({ network: `198.${i >> 8}.${i & 255}.0/24` })
      const { canary, spread } = slotFor(sticky({ by: 'network' }), 'api', client, DICE)
      counts[Math.floor(canary / 2 ** 30) * 4 + Math.floor(spread / 2 ** 30)]!++
    }
    // Chi-squared with 15 degrees of freedom: 37.7 at one in a thousand.
    const expected = total / 16
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    assert.ok(chi < 37.7, `${chi}: ${counts.join(' ')}`)
  })
})

describe('listFor and shares', () => {
  const lists = [[0, 1], [1, 0], [2], []]
  const at = (canary: number, spread: number): Slot => ({ canary, spread })

  it('a slot table is cut evenly', () => {
    const made = planWith(slots(0, 1, 2, 3), lists)
    assert.deepEqual(listFor(made, at(0, 0)), [0, 1])
    assert.deepEqual(listFor(made, at(0, 2 ** 30 - 1)), [0, 1])
    assert.deepEqual(listFor(made, at(0, 2 ** 30)), [1, 0])
    assert.deepEqual(listFor(made, at(0, 2 ** 32 - 1)), [])
    assert.deepEqual([...shares(made, 3)], [0.25, 0.25, 0.25])
    assert.deepEqual([...listShares(made.root, 4)], [0.25, 0.25, 0.25, 0.25])
  })

  const trees: readonly [name: string, root: PlanNode, expected: readonly number[]][] = [
    ['one list', slots(1), [0, 1, 0]],
    ['a quarter', fork('canary', [16384, slots(0)], [65536, slots(1)]), [0.25, 0.75, 0]],
    [
      'two axes multiply',
      fork('canary', [32768, slots(0)], [65536, fork('step1', [16384, slots(1)], [65536, slots(2)])]),
      [0.5, 0.125, 0.375],
    ],
    [
      'one axis twice: what is left of it',
      fork('canary', [32768, fork('canary', [16384, slots(0)], [65536, slots(1)])], [65536, slots(2)]),
      [0.25, 0.25, 0.5],
    ],
    [
      'one axis twice with another between',
      fork(
        'canary',
        [32768, fork('step3', [32768, fork('canary', [8192, slots(0)], [65536, slots(1)])], [65536, slots(1)])],
        [65536, slots(2)],
      ),
      [0.0625, 0.4375, 0.5],
    ],
    [
      'an edge outside what is left parts nothing',
      fork('canary', [16384, slots(0)], [65536, fork('canary', [8192, slots(1)], [65536, slots(2)])]),
      [0.25, 0, 0.75],
    ],
    ['some get nothing', fork('canary', [16384, slots(3)], [65536, slots(0, 0, 1)]), [0.5, 0.25, 0]],
  ]
  for (const [name, root, expected] of trees) {
    it(`${name}: exact, and as drawn`, () => {
      const made = planWith(root, lists)
      assert.deepEqual([...shares(made, 3)], expected)
      const counted = [0, 0, 0]
      const draws = 40_000
      for (let i = 0; i < draws; i++) {
        const first = listFor(made, at(mix32(i), mix32(i ^ 0x5bd1e995)))[0]
        if (first !== undefined) counted[first]! += 1 / draws
      }
      for (const [i, share] of expected.entries()) {
        assert.ok(Math.abs(share - counted[i]!) < 0.01, `${counted[i]} for ${share}`)
      }
    })
  }

  it('a draw on an edge belongs to the band that begins there', () => {
    for (const canary of [1, 2, 3, 4]) {
      const slot = at(canary, 0)
      const draw = axisDraw('canary', slot)
      const cutAt = (edge: number) =>
        listFor(planWith(fork('canary', [edge, slots(0)], [65536, slots(2)]), lists), slot)
      assert.deepEqual(cutAt(draw), [2])
      assert.deepEqual(cutAt(draw + 1), [0, 1])
    }
  })

  it('axes are drawn independently of one another and of the slot', () => {
    const of = (slot: Slot) =>
      [axisDraw('step1', slot) >> 14, axisDraw('step2', slot) >> 14, slot.spread >>> 30] as const
    const counts = new Uint32Array(64)
    for (let i = 0; i < 64_000; i++) {
      const [a, b, c] = of(at(0, mix32(i)))
      counts[a * 16 + b * 4 + c]!++
    }
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    // 63 degrees of freedom: 103 at one in a thousand.
    assert.ok(chi < 103, `${chi}`)
  })
})

describe('maglev', () => {
  const sizes: readonly [endpoints: number, size: number][] = [
    [0, 251],
    [1, 401],
    [2, 809],
    [5, 2003],
    [10, 4001],
    [500, 65521],
    [100_000, 65521],
  ]
  for (const [endpoints, size] of sizes) {
    it(`${endpoints} endpoints: ${size} slots`, () => assert.equal(tableSizeFor(endpoints), size))
  }

  it('fills every slot, to the exact quota', () => {
    const size = 1009
    const table = createMaglev(size)(['a', 'b', 'c'], [1, 2, 3.5])
    const counts = [0, 0, 0]
    for (const member of table) counts[member]!++
    // 1009 × (1, 2, 3.5) / 6.5 = 155.23, 310.46, 543.31: the largest remainder takes the one that is missing.
    assert.deepEqual(counts, [155, 311, 543])
  })

  it('equal remainders go by id', () => {
    const counts = (ids: string[]) => {
      const table = createMaglev(251)(ids, [1, 1])
      return ids.map((_, i) => table.filter((member) => member === i).length)
    }
    assert.deepEqual(counts(['a', 'b']), [126, 125])
    assert.deepEqual(counts(['b', 'a']), [125, 126])
  })

  it('is the same for ever: stickiness must outlive a release', () => {
    const table = createMaglev(251)(['frankfurt', 'tokyo', 'virginia'], [1, 1, 2])
    assert.equal([...table.subarray(0, 40)].join(''), '1220200201212112212012021122201010022102')
  })
})

describe('draws', () => {
  const pinned: readonly [network: string, canary: number, spread: number][] = [
    ['198.51.100.0/24', 940671865, 467899416],
    ['2001:db8::/56', 51116839, 2647304231],
  ]
  for (const [network, canary, spread] of pinned) {
    it(`of ${network} are the same for ever, too`, () => {
      assert.deepEqual(slotFor(sticky({ by: 'network' }), 'api', makeClient({ network }), DICE), { canary, spread })
    })
  }
})
