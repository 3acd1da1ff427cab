import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addSample, binsOf, emptyWindow, summarise } from '../../../src/latency/sample-window.ts'

/** Samples as [bucket, ms]. */
function windowOf(samples: readonly (readonly [number, number])[]) {
  const window = emptyWindow(samples[0]?.[0] ?? 0)
  return { window, taken: samples.map(([bucket, ms]) => addSample(window, bucket, ms)) }
}

const times = (count: number, bucket: number, ms: number) => Array.from({ length: count }, () => [bucket, ms] as const)

describe('SampleWindow', () => {
  const rows: readonly [
    string,
    readonly (readonly [number, number])[],
    number,
    { samples: number; n: number } | null,
  ][] = [
    ['nothing', [], 0, null],
    ['one, fresh', [[100, 20]], 100, { samples: 1, n: 1 }],
    ['one, four buckets old: a half', [[100, 20]], 104, { samples: 1, n: 0.5 }],
    ['one, in the oldest bucket: an eighth', [[100, 20]], 107, { samples: 1, n: 0.125 }],
    ['one, too old', [[100, 20]], 108, null],
    ['a clock that went back', [[100, 20]], 90, null],
    ['a bucket takes twenty', times(25, 100, 20), 100, { samples: 20, n: 20 }],
    ['every bucket its own twenty', [...times(25, 100, 20), ...times(25, 101, 20)], 101, { samples: 40, n: 20 + 17.5 }],
    [
      'a late one is counted where it belongs',
      [
        [100, 20],
        [98, 20],
      ],
      100,
      { samples: 2, n: 1.75 },
    ],
    [
      'too late',
      [
        [100, 20],
        [92, 20],
      ],
      100,
      { samples: 1, n: 1 },
    ],
    ['a jump empties what it passes', [...times(20, 100, 20), [108, 30]], 108, { samples: 1, n: 1 }],
    ['a long jump', [...times(20, 100, 20), [100_000, 30]], 100_000, { samples: 1, n: 1 }],
  ]
  for (const [name, samples, bucket, expected] of rows) {
    it(name, () => {
      const summary = summarise(windowOf(samples).window, bucket)
      assert.deepEqual(summary === null ? null : { samples: summary.samples, n: summary.n }, expected)
    })
  }

  it('says which samples it did not take', () => {
    assert.deepEqual(windowOf([...times(21, 100, 20), [92, 20]]).taken.slice(-2), [false, false])
  })

  it('weighs the quantiles by age, too', () => {
    // Three at 10 ms in the oldest bucket weigh 3/8 beside one of 100 ms that is fresh.
    const { window } = windowOf([...times(3, 100, 10), [107, 100]])
    const summary = summarise(window, 107)!
    assert.ok(summary.p25Ms < 11, `p25 is ${summary.p25Ms}`)
    assert.ok(summary.p25Ms + summary.iqrMs > 99, `p75 is ${summary.p25Ms + summary.iqrMs}`)
  })

  it('has nothing of buckets that it does not hold', () => {
    const { window } = windowOf([[100, 20]])
    assert.deepEqual(
      [99, 101, 92, 108].map((bucket) => binsOf(window, bucket).length),
      [0, 0, 0, 0],
    )
  })
})
