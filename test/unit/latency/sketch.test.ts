import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BINS, binOf, quantileMs } from '../../../src/latency/sketch.ts'

const SEED = 20_261_121

function sketchOf(values: readonly number[]): Uint32Array {
  const counts = new Uint32Array(BINS)
  for (const ms of values) counts[binOf(ms)]! += 1
  return counts
}

const ms = fc.double({ min: 1, max: 3000, noNaN: true })

describe('sketch', () => {
  const rows: readonly [string, number, number][] = [
    ['the least', 1, 0],
    ['below the least', 0.01, 0],
    ['nothing at all', 0, 0],
    ['the most', 3000, BINS - 1],
    ['beyond the most', 1e9, BINS - 1],
    ['endless', Number.POSITIVE_INFINITY, BINS - 1],
  ]
  for (const [name, value, bin] of rows) it(`counts ${name} in bin ${bin}`, () => assert.equal(binOf(value), bin))

  it('fits an octet', () => assert.ok(BINS <= 256))

  it('is off by at most a bin, 5% in all, at every quantile', () => {
    fc.assert(
      fc.property(
        fc.array(ms, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = [...values].sort((a, b) => a - b)
          const exact = sorted[Math.ceil(share * sorted.length) - 1]!
          const found = quantileMs(sketchOf(values), values.length, share)
          assert.ok(Math.abs(Math.log(found / exact)) <= Math.log(1.05) + 1e-9, `${found} instead of ${exact}`)
        },
      ),
      { seed: SEED },
    )
  })

  it('merges by adding, in any order', () => {
    fc.assert(
      fc.property(fc.array(ms), fc.array(ms, { minLength: 1 }), (a, b) => {
        const merged = sketchOf(a)
        for (const [bin, count] of sketchOf(b).entries()) merged[bin]! += count
        assert.deepEqual(merged, sketchOf([...b, ...a]))
      }),
      { seed: SEED },
    )
  })
})
