import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Estimator } from '../../../src/latency/estimator.ts'
import { SITES } from '../../helpers/engine.ts'
import { ENDPOINTS, estimates, HOUR_MS, newEstimator, report, reportFrom, START_MS } from '../../helpers/latency.ts'

const SEED = 20_261_121
const CLIENTS = [
  { at: 'fra' },
  { at: 'fra', asn: 64_500 },
  { at: 'fra', asn: 64_500, network: '20.0.0.0/24' },
  { at: 'cdg' },
  { at: 'iad' },
]

function taught(): Estimator {
  const estimator = newEstimator()
  reportFrom(estimator, { count: 12 }, { fra: 60, lhr: 35, iad: 120 }, { asn: 64_500 })
  report(estimator, { prefix: '2a00:1::/48', to: 'lhr', rttMs: 90, family: 6 })
  for (const endpoint of Object.values(ENDPOINTS)) {
    estimator.addProbe({ endpoint, family: 4, rttMs: 130, node: SITES.fra!, atMs: START_MS })
  }
  return estimator
}

/** As it is on disk. */
const written = (estimator: Estimator): unknown => JSON.parse(JSON.stringify(estimator.save()))

const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.05

describe('save and restore', () => {
  it('a new run estimates as the one before it', () => {
    const before = taught()
    const view = before.view(START_MS)
    const after = newEstimator()
    assert.equal(after.restore(written(before), START_MS), 0)
    const restored = after.view(START_MS)
    for (const client of CLIENTS) {
      const [was, is] = [estimates(view, client), estimates(restored, client)]
      for (const id of ['fra', 'lhr', 'iad'] as const)
        assert.ok(near(was[id], is[id]), `${id}: ${was[id]}, then ${is[id]}`)
    }
    assert.deepEqual(restored.networks(Object.values(ENDPOINTS)), view.networks(Object.values(ENDPOINTS)))
    assert.deepEqual(after.counts(), before.counts())
  })

  it('what is old by then is forgotten as if it had run on', () => {
    const before = taught()
    before.view(START_MS)
    const later = START_MS + 30 * HOUR_MS
    const after = newEstimator()
    after.restore(written(before), later)
    const [was, is] = [estimates(before.view(later), { at: 'fra' }), estimates(after.view(later), { at: 'fra' })]
    for (const id of ['fra', 'lhr', 'iad'] as const)
      assert.ok(near(was[id], is[id]), `${id}: ${was[id]}, then ${is[id]}`)
  })

  it('adds to what is there: two nodes know together what both have seen', () => {
    const [one, other, both] = [newEstimator(), newEstimator(), newEstimator()]
    reportFrom(one, { first: 0, count: 2 }, { fra: 60, lhr: 35 })
    reportFrom(other, { first: 2, count: 2 }, { fra: 60, lhr: 35 })
    reportFrom(both, { first: 0, count: 4 }, { fra: 60, lhr: 35 })
    one.restore(written(other), START_MS)
    assert.deepEqual(estimates(one.view(START_MS)), estimates(both.view(START_MS)))
  })

  it('keeps no address of anybody: networks of 24 and 48 bits', () => {
    const estimator = newEstimator()
    report(estimator, { prefix: '20.1.2.3/32', to: 'fra', rttMs: 20 })
    report(estimator, { prefix: '2a00:1:2:3:4:5:6:7/128', to: 'fra', rttMs: 20, family: 6 })
    estimator.view(START_MS)
    const networks = (written(estimator) as { prefixes: [string][] }).prefixes.map(([network]) => network)
    assert.deepEqual(networks, ['4:140102', '6:2a0000010002'])
  })

  const before = taught()
  before.view(START_MS)
  const good = written(before) as Record<string, unknown[]>
  const cell = (part: string): unknown[] => structuredClone(good[part]![0]) as unknown[]
  const changed = (part: string, position: number, value: unknown) => ({
    ...good,
    [part]: [cell(part).with(position, value)],
  })
  const rows: readonly [string, unknown, number][] = [
    ['nothing', null, 1],
    ['a text', 'latency', 1],
    ['a list', [], 1],
    ['another version', { ...good, version: 2 }, 1],
    ['parts that are none', { version: 1, targets: 7, prefixes: null, nodes: 'x', published: {} }, 0],
    ['no name for any target', { ...good, targets: [] }, 36 + 1 + 3 + (good.published?.length ?? 0)],
    ['a network that is none', changed('prefixes', 0, '4:xyz'), 1],
    ['an IPv6 network that is too long', changed('prefixes', 0, '6:2a00000100020003'), 1],
    ['another family', changed('prefixes', 2, 5), 1],
    ['a target that is not there', changed('prefixes', 1, 99), 1],
    ['no prior', changed('prefixes', 5, null), 1],
    ['from the future', changed('prefixes', 6, [20, 5, START_MS + HOUR_MS]), 1],
    [
      'nine buckets',
      changed(
        'prefixes',
        7,
        Array.from({ length: 9 }, (_, i) => [i, '']),
      ),
      1,
    ],
    ['a bucket of the far future', changed('prefixes', 7, [[Number.MAX_SAFE_INTEGER, 'AAAA']]), 0],
    ['a bucket below zero', changed('prefixes', 7, [[-1, 'AAAA']]), 1],
    ['bins beyond the scale', changed('prefixes', 7, [[Math.floor(START_MS / 5_400_000), '////']]), 0],
    ['a megabyte of bins', changed('prefixes', 7, [[Math.floor(START_MS / 5_400_000), 'A'.repeat(1 << 20)]]), 0],
    ['a node nowhere', changed('nodes', 0, [null, 8]), 1],
    ['a level that is none', changed('published', 0, 'planet'), 1],
    ['a level of every object', changed('published', 0, 'toString'), 1],
    ['a node without a place', changed('published', 3, null), 1],
    ['published in the future', changed('published', 5, START_MS + HOUR_MS), 1],
    ['of no target', changed('published', 6, []), 1],
    ['of no evidence', changed('published', 6, [[0, 5, 0, 8, 5, 60, [1, 1]]]), 1],
  ]
  for (const [name, saved, damaged] of rows) {
    it(`${name}: ${damaged} left out`, () => {
      const estimator = newEstimator()
      const rest = typeof saved === 'object' && saved !== null && 'prefixes' in saved ? saved : null
      const whole = rest === null || damaged > 1 ? saved : { ...rest, ...only(rest as Record<string, unknown>) }
      assert.equal(estimator.restore(whole, START_MS), damaged)
      for (const client of CLIENTS) {
        for (const ms of Object.values(estimates(estimator.view(START_MS), client)))
          assert.ok(ms > 0 && ms <= 1000, `${ms}`)
      }
    })
  }

  /** The part that was changed, alone. */
  function only(saved: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(
      ['prefixes', 'nodes', 'published'].map((part) => [part, saved[part] === good[part] ? [] : saved[part]]),
    )
  }

  it('takes any JSON without harm', () => {
    const value = fc.jsonValue({ maxDepth: 4 })
    const parts = fc.record({
      version: fc.constant(1),
      targets: value,
      prefixes: value,
      nodes: value,
      published: value,
    })
    fc.assert(
      fc.property(fc.oneof(value, parts), (saved) => {
        const estimator = newEstimator(100)
        estimator.restore(saved, START_MS)
        estimator.view(START_MS)
      }),
      { seed: SEED, numRuns: 300 },
    )
  })
})
