import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CALM, type Flaps, flapped, halfLifeMs, isHeld } from '../../../../src/monitor/belief/flaps.ts'

const EVERY = 10
const HALF_LIFE = 300_000

const halfLifeRows: [everySeconds: number, ms: number][] = [
  [0.5, 30_000],
  [1, 30_000],
  [10, HALF_LIFE],
  [30, 900_000],
  [3_600, 900_000],
]
for (const [everySeconds, ms] of halfLifeRows) {
  test(`half-life of a check every ${everySeconds} s: ${ms} ms`, () => assert.equal(halfLifeMs(everySeconds), ms))
}

type Change = 'fell' | 'degraded'
const after = (...changes: readonly (readonly [Change, atMs: number])[]): Flaps =>
  changes.reduce((flaps, [change, atMs]) => flapped(flaps, change, EVERY, atMs), CALM)

const penaltyRows: [name: string, changes: [Change, number][], penalty: number][] = [
  ['a fall', [['fell', 0]], 1],
  ['degraded', [['degraded', 0]], 0.5],
  [
    'two falls at once',
    [
      ['fell', 0],
      ['fell', 0],
    ],
    2,
  ],
  [
    'two falls, one half-life apart',
    [
      ['fell', 0],
      ['fell', HALF_LIFE],
    ],
    1.5,
  ],
  [
    'two half-lives apart',
    [
      ['fell', 0],
      ['fell', 2 * HALF_LIFE],
    ],
    1.25,
  ],
  [
    'a clock that goes back ages nothing',
    [
      ['fell', 9_000],
      ['fell', 0],
    ],
    2,
  ],
]
for (const [name, changes, penalty] of penaltyRows) {
  test(`penalty: ${name}`, () => assert.equal(after(...changes).penalty, penalty))
}

test('three falls at once are not damped, the next change is', () => {
  assert.equal(after(['fell', 0], ['fell', 0], ['fell', 0]).heldUntilMs, null)
  assert.equal(after(['fell', 0], ['fell', 0], ['fell', 0], ['fell', 0]).heldUntilMs, HALF_LIFE * Math.log2(4 / 1.5))
})

test('the most there can be: degraded past the cut-off, and a fall while it is held', () => {
  const most = after(['fell', 0], ['fell', 0], ['fell', 0], ['degraded', 0], ['fell', 0])
  assert.deepEqual([most.penalty, most.heldUntilMs], [4.5, HALF_LIFE * Math.log2(3)])
})

test('a fall while it is held holds it longer, even below the cut-off', () => {
  const held = after(['fell', 0], ['fell', 0], ['fell', 0], ['degraded', 0])
  const later = flapped(held, 'fell', EVERY, HALF_LIFE)
  assert.ok(later.penalty < 3 && isHeld(held, HALF_LIFE))
  assert.equal(later.heldUntilMs, HALF_LIFE + HALF_LIFE * Math.log2(2.75 / 1.5))
})

test('a fall after it was held is one like others', () => {
  const held = after(['fell', 0], ['fell', 0], ['fell', 0], ['fell', 0])
  const freeMs = Math.ceil(held.heldUntilMs!)
  assert.deepEqual([isHeld(held, freeMs - 1), isHeld(held, freeMs)], [true, false])
  // The clock was set back.
  assert.deepEqual([isHeld(held, 0), isHeld(held, -1)], [true, false])
  assert.equal(flapped(held, 'fell', EVERY, freeMs).heldUntilMs, null)
})
