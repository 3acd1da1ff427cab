import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBudget } from '../../../src/monitor/budget.ts'
import { createTimetable } from '../../../src/monitor/timetable.ts'
import { manualClock } from '../../helpers/manual-clock.ts'

function start(perSecond: number, atOnce: number) {
  const clock = manualClock()
  const budget = createBudget({ perSecond, atOnce, nowMs: clock.nowMs, timetable: createTimetable(clock) })
  const started: number[] = []
  const ask = (name: number, isWanted = () => true) => budget.ask({ isWanted, start: () => started.push(name) })
  return { clock, budget, started, ask }
}

test('no more at once than there may be; the others follow in the order in which they came', () => {
  const { budget, started, ask } = start(100_000, 2)
  for (const name of [1, 2, 3, 4]) ask(name)
  assert.deepEqual([started, budget.underWay(), budget.waiting()], [[1, 2], 2, 2])
  budget.done()
  assert.deepEqual(started, [1, 2, 3])
  budget.done()
  budget.done()
  assert.deepEqual([started, budget.underWay(), budget.waiting()], [[1, 2, 3, 4], 1, 0])
})

test('no more in a second than there may be, and nobody is left out', () => {
  const { clock, budget, started, ask } = start(100, 1_000)
  for (let name = 0; name < 250; name++) ask(name)
  // What was not used in the tenth of a second before counts.
  assert.equal(started.length, 10)
  clock.advance(1_000)
  assert.ok(started.length >= 105 && started.length <= 111, `${started.length} started`)
  clock.advance(2_000)
  assert.deepEqual(
    started,
    Array.from({ length: 250 }, (_, name) => name),
  )
  assert.equal(budget.waiting(), 0)
})

test('who is gone when its turn comes takes none', () => {
  const { budget, started, ask } = start(100_000, 1)
  ask(1)
  ask(2, () => false)
  ask(3)
  budget.done()
  assert.deepEqual([started, budget.underWay()], [[1, 3], 1])
})
