import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createJob, createTimetable } from '../../../src/monitor/timetable.ts'
import { manualClock } from '../../helpers/manual-clock.ts'

test('jobs run once each, in the order of their times, with one timer', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(40), fc.nat(5_000), fc.constantFrom('set', 'cancel')), { maxLength: 200 }),
      (steps) => {
        const clock = manualClock()
        const timetable = createTimetable(clock)
        const ran: (readonly [atMs: number, job: number])[] = []
        const jobs = Array.from({ length: 41 }, (_, index) => createJob(() => ran.push([clock.nowMs(), index])))
        const due = new Map<number, number>()
        for (const [index, dueMs, step] of steps) {
          const job = jobs[index]
          assert.ok(job)
          if (step === 'set') timetable.set(job, dueMs)
          else timetable.cancel(job)
          if (step === 'set') due.set(index, dueMs)
          else due.delete(index)
        }
        assert.ok(clock.pending() <= 1)
        clock.advance(6_000)
        const times = ran.map(([atMs]) => atMs)
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        )
        assert.deepEqual(ran.map(([atMs, index]) => [index, atMs]).sort(), [...due].sort())
        assert.equal(clock.pending(), 0)
      },
    ),
    { numRuns: 100 },
  )
})

test('a job may put itself in again, and none is left behind however many are due at once', () => {
  const clock = manualClock()
  const timetable = createTimetable(clock)
  let rounds = 0
  const again = createJob(() => {
    rounds++
    timetable.set(again, clock.nowMs() + 100)
  })
  timetable.set(again, 100)
  let others = 0
  for (let count = 0; count < 1_000; count++)
    timetable.set(
      createJob(() => others++),
      50,
    )
  clock.advance(1_000)
  assert.equal(rounds, 10)
  assert.equal(others, 1_000)
  timetable.close()
  assert.equal(clock.pending(), 0)
})

/** Timers go by their own clock; the wall clock may be set. */
function wallClock() {
  const timers = manualClock()
  const wall = { offsetMs: 0 }
  return { timers, wall, nowMs: () => timers.nowMs() + wall.offsetMs, schedule: timers.schedule }
}

test('a clock that is set back by an hour does not stop anything', () => {
  const { timers, wall, ...clock } = wallClock()
  const timetable = createTimetable(clock)
  let runs = 0
  const job = createJob(() => {
    runs++
    timetable.set(job, clock.nowMs() + 1_000)
  })
  timetable.set(job, 1_000)
  timers.advance(2_500)
  assert.equal(runs, 2)
  wall.offsetMs = -3_600_000
  timers.advance(3_000)
  assert.equal(runs, 5)
})

test('a clock that is set forward by an hour runs nothing before its time', () => {
  for (const seenBy of ['timer', 'set'] as const) {
    const { timers, wall, ...clock } = wallClock()
    const timetable = createTimetable(clock)
    const ran: number[] = []
    const job = (): ReturnType<typeof createJob> => createJob(() => ran.push(timers.nowMs()))
    timetable.set(job(), 1_000)
    timetable.set(job(), 5_000)
    timers.advance(500)
    wall.offsetMs = 3_600_000
    // What is put in later is due by the new clock.
    if (seenBy === 'set') timetable.set(job(), clock.nowMs() + 2_000)
    timers.advance(10_000)
    // Nobody can tell where in the time to the next wake-up the clock was set: that much may be lost.
    const expected = seenBy === 'set' ? [1_000, 2_500, 4_500] : [1_000, 5_000]
    assert.deepEqual(
      ran.map((atMs) => Math.round(atMs / 500) * 500),
      expected,
      seenBy,
    )
  }
})

test('what is put in after the end sets no timer', () => {
  const clock = manualClock()
  const timetable = createTimetable(clock)
  timetable.close()
  timetable.set(
    createJob(() => assert.fail('it runs')),
    10,
  )
  assert.equal(clock.pending(), 0)
})

test('after the event loop was held up, sockets are read before anything that is due runs', () => {
  const { timers, wall, ...clock } = wallClock()
  const timetable = createTimetable(clock)
  const ran: string[] = []
  timetable.set(
    createJob(() => ran.push('time is over')),
    1_000,
  )
  // The timer comes half a second late.
  wall.offsetMs = 500
  timers.advance(1_000)
  assert.deepEqual(ran, [])
  timers.advance(1)
  assert.deepEqual(ran, ['time is over'])
})

test('a node whose timers always come late goes on all the same', () => {
  const { timers, wall, ...clock } = wallClock()
  const timetable = createTimetable({
    ...clock,
    schedule: (task, delayMs) =>
      clock.schedule(() => {
        wall.offsetMs += 500
        task()
      }, delayMs),
  })
  let runs = 0
  const job = createJob(() => {
    runs++
    timetable.set(job, clock.nowMs() + 100)
  })
  timetable.set(job, 100)
  timers.advance(1_010)
  assert.equal(runs, 10)
})
