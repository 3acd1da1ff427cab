import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Health } from '../../../../src/domain/facts.ts'
import { newBelief, nextChangeMs, nextDelayMs, observe } from '../../../../src/monitor/belief/target-belief.ts'
import { believeAll, makeCheck, outcomesOf } from '../../../helpers/checks.ts'

const check = makeCheck('web')
const LETTERS: Readonly<Record<Health, string>> = { up: 'u', degraded: 'g', down: 'd', unknown: '?' }

/** `~` is a degraded result, `g` the state. Fall 3, rise 2. */
const healthRows: [name: string, results: string, healths: string][] = [
  ['the first decides: up', '+', 'u'],
  ['the first decides: degraded', '~', 'g'],
  ['the first decides: down', '-', 'd'],
  ['degraded falls as down does', '+~~~', 'uuug'],
  ['and rises as down does', '~+~++', 'ggggu'],
  ['failures and degraded results add up to degraded', '+~-~', 'uuug'],
  ['but not to down', '+-~-~', 'uuugg'],
  ['failures alone go straight down', '+---', 'uuud'],
  ['from degraded to down', '~---', 'gggd'],
  ['from down to up', '-++', 'ddu'],
  ['from down to degraded: it answers, not well', '-+~', 'ddg'],
  ['from down to degraded, then up', '-~~++', 'ddggu'],
  ['degraded every other time', '+~+~+~', 'uuuuug'],
]

for (const [name, results, healths] of healthRows) {
  test(`${results}: ${name}`, () => {
    assert.equal(
      believeAll(check, results)
        .map(({ health }) => LETTERS[health])
        .join(''),
      healths,
    )
  })
}

test('nothing is believed before the first result', () => {
  const belief = newBelief(7, null)
  assert.deepEqual([belief.health, belief.sinceMs], ['unknown', 7])
  assert.equal(newBelief(7, { health: 'unknown', sinceMs: 3 }).sinceMs, 7)
})

const lastRunRows: [before: Health, first: string, health: Health, sinceMs: number][] = [
  ['up', '+', 'up', -500],
  ['up', '-', 'down', 0],
  ['down', '-', 'down', -500],
  ['down', '+', 'up', 0],
  ['degraded', '~', 'degraded', -500],
  ['degraded', '+', 'up', 0],
]
for (const [before, first, health, sinceMs] of lastRunRows) {
  test(`${before} in the last run is believed until the first result, ${first}`, () => {
    const belief = newBelief(0, { health: before, sinceMs: -500 })
    assert.deepEqual([belief.health, belief.sinceMs, belief.lastOutcome], [before, -500, null])
    const [after] = believeAll(check, first, belief)
    assert.deepEqual([after?.health, after?.sinceMs], [health, sinceMs])
  })
}

test('since when: the time of the result that changed it', () => {
  assert.deepEqual(
    believeAll(check, '+---++').map(({ sinceMs }) => sinceMs),
    [0, 0, 0, 30_000, 30_000, 50_000],
  )
})

test('a heartbeat is taken at its word: it comes with fall 1 and rise 1', () => {
  const heartbeat = makeCheck('push', { fall: 1, rise: 1 }, { kind: 'heartbeat', expireSeconds: 30, tokenSha256: '' })
  assert.deepEqual(
    believeAll(heartbeat, '+~-+').map(({ health }) => health),
    ['up', 'degraded', 'down', 'up'],
  )
})

const S = 1_000
const delayRows: [name: string, given: Parameters<typeof makeCheck>[1], results: string, delayMs: number][] = [
  ['steady', {}, '+++', 10 * S],
  ['a first failure', {}, '+-', 2.5 * S],
  ['a second one', {}, '+--', 2.5 * S],
  ['a success after it', {}, '+-+', 10 * S],
  ['just down', {}, '+---', 10 * S],
  ['down by its first result alone', {}, '-', 2.5 * S],
  ['down by its first results', {}, '---', 10 * S],
  ['down, a failure between successes', {}, '+---+-', 10 * S],
  ['coming back', {}, '+---+', 10 * S],
  ['a first degraded result', {}, '+~', 2.5 * S],
  ['degraded and staying so', {}, '~~', 10 * S],
  ['degraded, now failing', {}, '~~-', 2.5 * S],
  ['never sooner than a probe may take', { timeoutSeconds: 8 }, '+-', 8 * S],
  ['nor than a second', { everySeconds: 2, timeoutSeconds: 0.5 }, '+-', 1 * S],
  ['nor later than the interval', { everySeconds: 0.5, timeoutSeconds: 0.1 }, '+-', 0.5 * S],
  ['dead for 5 minutes', {}, `-${'-'.repeat(30)}`, 20 * S],
  ['dead for an hour', {}, `-${'-'.repeat(360)}`, 60 * S],
  ['dead for an hour, then a success', {}, `-${'-'.repeat(360)}+`, 10 * S],
  ['dead, asked every second', { everySeconds: 1, timeoutSeconds: 0.5 }, '-'.repeat(4_000), 6 * S],
  ['dead, asked every 5 minutes', { everySeconds: 300 }, '-'.repeat(400), 300 * S],
]
for (const [name, given, results, delayMs] of delayRows) {
  test(`next probe: ${name}`, () => {
    const spaced = makeCheck('web', given)
    assert.equal(nextDelayMs(believeAll(spaced, results).at(-1)!, spaced), delayMs)
  })
}

test('next probe: dead in the last run already', () => {
  const belief = newBelief(0, { health: 'down', sinceMs: -3_600_000 })
  const after = believeAll(check, '---', belief).at(-1)!
  assert.equal(nextDelayMs(after, check), 60 * S)
})

/** How long after its death it is known to be down, ms; `hangsMs`: how long each probe waits in vain. */
function detectionMs(diedMs: number, hangsMs: number): number {
  let belief = newBelief(0, null)
  for (let startMs = 0; ; startMs += nextDelayMs(belief, check)) {
    const isDead = startMs >= diedMs
    const atMs = startMs + (isDead ? hangsMs : 0)
    belief = observe(belief, check, { outcome: isDead ? 'fail' : 'pass', atMs })
    if (belief.health === 'down') return atMs - diedMs
  }
}

for (const [hangsMs, expectedMs] of [
  [0, 10 * S],
  [2 * S, 12 * S],
] as const) {
  test(`a death is known after ${expectedMs} ms on average when a probe of it takes ${hangsMs} ms (docs/health.md)`, () => {
    const deaths = Array.from({ length: 100 }, (_, i) => 50 + i * 100)
    const meanMs = deaths.reduce((sum, diedMs) => sum + detectionMs(diedMs, hangsMs), 0) / deaths.length
    assert.equal(meanMs, expectedMs)
  })
}

const changeRows: [name: string, results: string, changeMs: number | null][] = [
  ['not asked yet', '', 500],
  ['steady', '++', null],
  ['one failure of three', '+-', 500 + 2.5 * S],
  ['two of three: the next one decides', '+--', 500],
  ['a success does not make them good', '+--+', 500],
  ['two do', '+--++', null],
  ['down and failing', '+---', null],
  ['down, one success of two', '+---+', 500],
  ['down by the first result', '-', null],
  ['degraded, one pass of two', '~+', 500],
  ['degraded, one failure of three', '~-', 500 + 2.5 * S],
  ['down, of two successes in a row one was not well', '-~', 500],
]
for (const [name, results, changeMs] of changeRows) {
  test(`next change, the next probe at 500: ${name}`, () => {
    const belief = believeAll(check, results).at(-1) ?? newBelief(0, null)
    assert.equal(nextChangeMs(belief, check, 500), changeMs)
    assert.equal(nextChangeMs(belief, check, null), null)
  })
}

test('a flapping one is held down after the fourth fall, until its penalty has decayed', () => {
  const falls = '+---++---++---++---'
  assert.equal(believeAll(check, falls.slice(0, 14)).at(-1)?.flaps.heldUntilMs, null)
  const held = believeAll(check, falls).at(-1)!
  const { heldUntilMs } = held.flaps
  assert.ok(heldUntilMs !== null && heldUntilMs > held.sinceMs + 300 * S && heldUntilMs < held.sinceMs + 600 * S)
  const success = (belief: typeof held, atMs: number) => observe(belief, check, { outcome: 'pass', atMs })
  const back = success(success(success(held, held.sinceMs + 1), held.sinceMs + 2), heldUntilMs - 1)
  assert.equal(back.health, 'down')
  assert.equal(nextChangeMs(back, check, heldUntilMs - 500), heldUntilMs)
  assert.equal(success(back, heldUntilMs).health, 'up')
})

test('being held does not keep it from getting worse', () => {
  const held = believeAll(check, '+---++---++---++---++').at(-1)!
  assert.equal(held.health, 'down')
  const degraded = { ...newBelief(0, { health: 'degraded', sinceMs: 0 }), flaps: held.flaps }
  assert.equal(believeAll(check, '~---', degraded).at(-1)?.health, 'down')
})

const penaltyRows: [name: string, results: string, penalty: number][] = [
  ['the first result is no fall', '-', 0],
  ['nor is it degraded', '~', 0],
  ['a fall', '+---', 1],
  ['staying down', '+------', 1],
  ['becoming degraded', '+~~~', 0.5],
  ['coming back not well is no flap', '--~~', 0],
]
for (const [name, results, penalty] of penaltyRows) {
  test(`penalty of ${results}: ${name}`, () => {
    assert.equal(believeAll(check, results).at(-1)?.flaps.penalty, penalty)
  })
}

test('a first result that denies the last run is no fall', () => {
  const belief = newBelief(0, { health: 'up', sinceMs: -500 })
  assert.equal(believeAll(check, '-', belief).at(-1)?.flaps.penalty, 0)
})

test('whatever an endpoint does, it returns no more often than the damping allows', () => {
  const worst = makeCheck('web', { fall: 1, rise: 1 })
  let belief = newBelief(0, null)
  const returns: number[] = []
  for (let atMs = 0; atMs < 3_600 * S; atMs += 1 * S) {
    const before = belief.health
    belief = observe(belief, worst, { outcome: before === 'up' ? 'fail' : 'pass', atMs })
    if (before === 'down' && belief.health === 'up') returns.push(atMs)
  }
  // Three are free; then the penalty falls from 3.5 to 1.5 again and again, which takes 1.22 half-lives, for two of them.
  const allowed = 3 + 2 * Math.ceil(3_600 / (1.22 * 300))
  assert.ok(returns.length > 3 && returns.length <= allowed, `${returns.length} returns, at most ${allowed}`)
})

test('a clock that goes back neither ages a penalty nor breaks a belief', () => {
  const late = observe(newBelief(9_000, null), check, { outcome: 'pass', atMs: 9_000 })
  const back = observe(late, check, { outcome: 'fail', atMs: 1_000 })
  assert.deepEqual([back.health, back.failuresInARow], ['up', 1])
  assert.equal(nextDelayMs(back, check), 2.5 * S)
  const dead = { ...believeAll(check, '------').at(-1)!, failingSinceMs: 9_000_000, sinceMs: 8_000_000 }
  assert.equal(nextDelayMs(dead, check), 10 * S)
})

const history = fc.string({ unit: fc.constantFrom('+', '+', '-', '~'), minLength: 1, maxLength: 80 })
const anyCheck = fc
  .record({
    everySeconds: fc.integer({ min: 1, max: 120 }),
    timeoutSeconds: fc.double({ min: 0.1, max: 1, noNaN: true }),
    fall: fc.integer({ min: 1, max: 5 }),
    rise: fc.integer({ min: 1, max: 5 }),
  })
  .map((given) => makeCheck('web', given))

test('any history: nothing changes before the next change that was foretold', () => {
  fc.assert(
    fc.property(history, anyCheck, (results, asked) => {
      let atMs = 0
      let foretold: { readonly health: Health; readonly changeMs: number | null } | null = null
      let belief = newBelief(0, null)
      for (const outcome of outcomesOf(results)) {
        belief = observe(belief, asked, { outcome, atMs })
        if (foretold !== null && belief.health !== foretold.health) {
          const single = asked.fall === 1 || asked.rise === 1
          assert.ok(single || foretold.changeMs !== null, 'a change that nothing was under way to')
          assert.ok(foretold.changeMs === null || foretold.changeMs <= atMs + 1e-6, 'a change before its time')
        }
        atMs += nextDelayMs(belief, asked)
        const changeMs = nextChangeMs(belief, asked, atMs)
        foretold = { health: belief.health, changeMs }
      }
    }),
  )
})

test('any history: delays are bounded, and health gets better only by successes and worse only by others', () => {
  const rank: Readonly<Record<Health, number>> = { down: 0, degraded: 1, up: 2, unknown: 3 }
  fc.assert(
    fc.property(history, anyCheck, (results, asked) => {
      const beliefs = believeAll(asked, results)
      const outcomes = outcomesOf(results)
      for (const [i, belief] of beliefs.entries()) {
        const everyMs = asked.everySeconds * S
        const delayMs = nextDelayMs(belief, asked)
        assert.ok(delayMs >= Math.min(everyMs, S) && delayMs <= Math.max(everyMs, Math.min(6 * everyMs, 60 * S)))
        const before = beliefs[i - 1]
        if (before === undefined) continue
        if (rank[belief.health] > rank[before.health]) assert.notEqual(outcomes[i], 'fail')
        if (rank[belief.health] < rank[before.health]) assert.notEqual(outcomes[i], 'pass')
      }
    }),
  )
})
