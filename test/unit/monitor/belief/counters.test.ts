import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { count, FALLEN, STANDING } from '../../../../src/monitor/belief/counters.ts'
import { gdnsdStates, powerGslbStates } from '../../../helpers/rise-and-fall.ts'

/** `u` and `d` after each result, as ours says. */
function states(results: string, fall: number, rise: number): string {
  let counters = results.startsWith('-') ? FALLEN : STANDING
  return [...results]
    .map((result, at) => {
      if (at > 0) counters = count(counters, result === '+' ? 'success' : 'failure', { fall, rise }, 'free')
      return counters.fallen ? 'd' : 'u'
    })
    .join('')
}

interface Row {
  readonly name: string
  readonly fall: number
  readonly rise: number
  readonly results: string
  /** gdnsd with `up_thresh` and `ok_thresh` of `rise`: ours as well. */
  readonly ours: string
  readonly powerGslb: string
}

const rows: Row[] = [
  { name: 'all is well', fall: 3, rise: 2, results: '+++++', ours: 'uuuuu', powerGslb: 'uuuuu' },
  { name: 'the first result decides', fall: 3, rise: 2, results: '-++', ours: 'ddu', powerGslb: 'ddu' },
  { name: 'three in a row', fall: 3, rise: 2, results: '+---', ours: 'uuud', powerGslb: 'uuud' },
  { name: 'two are not enough', fall: 3, rise: 2, results: '+--++', ours: 'uuuuu', powerGslb: 'uuuuu' },
  { name: 'one success between helps nobody', fall: 3, rise: 2, results: '+--+-', ours: 'uuuud', powerGslb: 'uuuuu' },
  { name: 'every other one', fall: 3, rise: 2, results: '+-+-+-', ours: 'uuuuud', powerGslb: 'uuuuuu' },
  { name: 'two in a row make good', fall: 3, rise: 2, results: '+--++--++', ours: 'uuuuuuuuu', powerGslb: 'uuuuuuuuu' },
  {
    name: 'a return takes two in a row',
    fall: 3,
    rise: 2,
    results: '+---+-+-++',
    ours: 'uuuddddddu',
    powerGslb: 'uuuddddddu',
  },
  { name: 'a return begins anew', fall: 2, rise: 2, results: '--++-+-', ours: 'ddduuud', powerGslb: 'ddduuuu' },
  { name: 'one of each', fall: 1, rise: 1, results: '+-+-', ours: 'udud', powerGslb: 'udud' },
  { name: 'rise 1 makes good at once', fall: 2, rise: 1, results: '+-+-+--', ours: 'uuuuuud', powerGslb: 'uuuuuud' },
]

for (const { name, fall, rise, results, ours, powerGslb } of rows) {
  test(`fall ${fall}, rise ${rise}, ${results}: ${name}`, () => {
    assert.equal(states(results, fall, rise), ours)
    assert.equal(gdnsdStates(results, { up: rise, ok: rise, down: fall }), ours)
    assert.equal(powerGslbStates(results, { fall, rise }), powerGslb)
  })
}

const history = fc.string({ unit: fc.constantFrom('+', '-'), minLength: 1, maxLength: 60 })
const threshold = fc.integer({ min: 1, max: 6 })

test('any history: the same as gdnsd', () => {
  fc.assert(
    fc.property(history, threshold, threshold, (results, fall, rise) => {
      assert.equal(states(results, fall, rise), gdnsdStates(results, { up: rise, ok: rise, down: fall }))
    }),
  )
})

test('any history, rise 1: the same as PowerGSLB', () => {
  fc.assert(
    fc.property(history, threshold, (results, fall) => {
      assert.equal(states(results, fall, 1), powerGslbStates(results, { fall, rise: 1 }))
    }),
  )
})

test('any history: what is down for PowerGSLB is down', () => {
  fc.assert(
    fc.property(history, threshold, threshold, (results, fall, rise) => {
      const ours = states(results, fall, rise)
      const theirs = powerGslbStates(results, { fall, rise })
      assert.ok([...theirs].every((state, at) => state === 'u' || ours[at] === 'd'))
    }),
  )
})

test('a held return waits, and comes with the first success after its time', () => {
  const thresholds = { fall: 1, rise: 2 }
  const once = count(FALLEN, 'success', thresholds, 'held')
  const often = [1, 2, 3].reduce((counters) => count(counters, 'success', thresholds, 'held'), once)
  assert.deepEqual(often, { fallen: true, failures: 0, successes: 2 })
  assert.equal(count(often, 'success', thresholds, 'free'), STANDING)
  assert.equal(count(often, 'failure', thresholds, 'free'), FALLEN)
})

test('held: what stands makes its failures good all the same', () => {
  const thresholds = { fall: 3, rise: 1 }
  const failed = count(STANDING, 'failure', thresholds, 'held')
  assert.equal(count(failed, 'success', thresholds, 'held'), STANDING)
})

test('a policy that lowers fall below the failures so far takes effect with the next failure', () => {
  const failed = { fallen: false, failures: 4, successes: 0 }
  assert.equal(count(failed, 'failure', { fall: 2, rise: 2 }, 'free'), FALLEN)
})
