import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DAMPING_MS, type Damped, dampedHeadroom, spareOf } from '../../../src/engine/headroom.ts'
import { type LoadedFacts, type LoadMemory, readsLoads, rememberLoads } from '../../../src/engine/load-memory.ts'
import {
  type CompactEndpoint,
  type CompactFacts,
  type CompactStep,
  makeFacts,
  makePolicy,
} from '../../helpers/engine.ts'

const SEED = 20_260_115
const MINUTE = 60_000

const capacities = (...values: readonly number[]): Record<string, CompactEndpoint> =>
  Object.fromEntries(values.map((capacity, i) => [`e${i}`, { capacity }]))

const load = (value: number): CompactFacts => ({ health: 'up', load: { load: value } })

/** What is published of e0, time after time. */
function history(
  steer: readonly CompactStep[],
  times: readonly (readonly [atMs: number, facts: Record<string, CompactFacts>])[],
  endpoints = capacities(100, 100),
): readonly LoadMemory[] {
  const policy = makePolicy({ endpoints, steer })
  const made: LoadMemory[] = []
  for (const [atMs, facts] of times) {
    made.push(
      rememberLoads(policy, makeFacts(policy, facts).endpoints as readonly LoadedFacts[], made.at(-1) ?? null, atMs),
    )
  }
  return made
}

const SHED: readonly CompactStep[] = [{ shed: { low: 0, high: 1, perMinute: 30 } }]

describe('the share that is shed', () => {
  const rows: readonly [
    name: string,
    readonly (readonly [number, Record<string, CompactFacts>])[],
    readonly (number | undefined)[],
  ][] = [
    ['no report: nothing is said', [[0, {}]], [undefined]],
    ['the first report counts at once', [[0, { e0: load(0.5) }]], [0.5]],
    [
      'it rises by the rate of the step',
      [0, 0, 30, 60, 90, 600].map((s, i) => [s * 1000, { e0: load(i === 0 ? 0 : 1) }]),
      // 15% of the clients in half a minute, in sixteenths.
      [0, 0, 2 / 16, 5 / 16, 7 / 16, 1],
    ],
    [
      'and falls by it',
      [0, 0, 30, 60, 600].map((s, i) => [s * 1000, { e0: load(i === 0 ? 1 : 0) }]),
      [1, 1, 14 / 16, 11 / 16, 0],
    ],
    [
      'a rest is not made up for: nothing moved in it',
      [0, 600, 602, 630, 660].map((s) => [s * 1000, { e0: load(s === 0 ? 0 : 1) }]),
      [0, 0, 0, 2 / 16, 5 / 16],
    ],
    [
      'who stops to report keeps its share',
      [
        [0, { e0: load(0.5) }],
        [MINUTE, {}],
      ],
      [0.5, 0.5],
    ],
    [
      'down: it sheds nothing; back: by the rate again',
      [
        [0, { e0: load(0.5) }],
        [1, { e0: { health: 'down', load: { load: 0.5 } } }],
        [1 + MINUTE, { e0: load(1) }],
        [1 + 2 * MINUTE, { e0: load(1) }],
      ],
      [0.5, 0, 0, 5 / 16],
    ],
    [
      'drained: it sheds nothing',
      [
        [0, { e0: load(0.5) }],
        [1, { e0: { health: 'up', override: 'drain', load: { load: 0.5 } } }],
      ],
      [0.5, 0],
    ],
    [
      'a clock that goes back moves nothing',
      [
        [MINUTE, { e0: load(0) }],
        [0, { e0: load(1) }],
      ],
      [0, 0],
    ],
    [
      'a load that trembles on an edge of sixteenths stays on one side',
      [0, 1, 2, 3].map((m) => [m * MINUTE, { e0: load(m % 2 === 0 ? 0.156 : 0.157) }]),
      [2 / 16, 2 / 16, 2 / 16, 2 / 16],
    ],
    [
      'an operator`s `up` over bad health: it sheds',
      [[0, { e0: { health: 'down', override: 'up', load: { load: 0.5 } } }]],
      [0.5],
    ],
  ]
  for (const [name, times, expected] of rows) {
    it(name, () =>
      assert.deepEqual(
        history(SHED, times).map(({ words }) => words[0]!.shedShare[0]),
        expected,
      ),
    )
  }

  it('100 a minute and more: at once', () => {
    const made = history(
      [{ shed: { low: 0, high: 1, perMinute: 100 } }],
      [
        [0, { e0: load(0) }],
        [1, { e0: load(1) }],
      ],
    )
    assert.equal(made[1]!.words[0]!.shedShare[0], 1)
    assert.equal(made[1]!.isMoving, false)
  })

  it('says that it moves until it has arrived', () => {
    const made = history(
      SHED,
      [0, 0, 60, 120, 180, 240].map((s, i) => [s * 1000, { e0: load(i === 0 ? 0 : 1) }]),
    )
    assert.deepEqual(
      made.map(({ isMoving }) => isMoving),
      [false, true, true, true, true, false],
    )
  })

  it('never moves faster than the rate, but for a sixteenth of rounding', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.double({ min: 0, max: 2, noNaN: true })), {
      minLength: 2,
      maxLength: 30,
    })
    fc.assert(
      fc.property(steps, (all) => {
        const timeAt = (i: number) => all.slice(0, i + 1).reduce((sum, [elapsed]) => sum + elapsed, 0)
        const made = history(
          SHED,
          all.map(([, value], i) => [timeAt(i), { e0: load(value) }] as const),
        )
        made.slice(1).forEach((each, i) => {
          const moved = Math.abs(each.words[0]!.shedShare[0]! - made[i]!.words[0]!.shedShare[0]!)
          assert.ok(moved <= (0.3 * (each.atMs - made[i]!.atMs)) / MINUTE + 1.5 / 16)
        })
      }),
      { seed: SEED, numRuns: 200 },
    )
  })
})

const SPREAD: readonly CompactStep[] = [{ spread: { by: 'headroom' } }]

describe('headroom', () => {
  const published = (made: LoadMemory) => made.words.map(({ headroom }) => headroom.load)

  it('begins as capacity less load, to the sum of the capacities', () => {
    const [made] = history(SPREAD, [[0, { e0: load(80), e1: load(40) }]])
    assert.deepEqual(published(made!), [50, 150])
  })

  it('who reports nothing is not in it; who begins to begins it anew for all', () => {
    const made = history(SPREAD, [
      [0, { e0: load(80) }],
      [1000, { e0: load(80), e1: load(40) }],
    ])
    assert.deepEqual(made.map(published), [
      [100, undefined],
      [50, 150],
    ])
  })

  it('is the same object while it stays, and what trembles does not move it', () => {
    const made = history(
      SPREAD,
      [0, 1, 2, 3].map((s) => [s * 2000, { e0: load(80 + (s % 2)), e1: load(40) }]),
    )
    for (const each of made.slice(1)) {
      assert.equal(each.words, made[0]!.words)
      assert.equal(each.isMoving, made[0]!.isMoving)
    }
  })

  it('who is full has none', () => {
    const [made] = history(SPREAD, [[0, { e0: load(120), e1: load(40) }]])
    assert.deepEqual(published(made!), [0, 200])
  })

  it('while an endpoint is down, what it had stays, and it has no part in that of others', () => {
    const made = history(SPREAD, [
      [0, { e0: load(80), e1: load(40) }],
      [MINUTE, { e0: { health: 'down', load: { load: 80 } }, e1: load(60) }],
    ])
    assert.deepEqual(published(made[1]!), [50, 100])
  })

  it('an empty endpoint that has just come back gains none by it', () => {
    const back: CompactFacts = { health: 'up', returnedAtMs: MINUTE, load: { load: 0 } }
    const steer: readonly CompactStep[] = [{ up: { slowStart: 30 } }, ...SPREAD]
    const times = [1, 1.4, 2, 2.4].map((m) => [m * MINUTE, { e0: back, e1: load(70) }] as const)
    const made = history(steer, [[0, { e0: load(50), e1: load(50) }], ...times])
    assert.ok(
      made.every((each) => published(each)[0]! === published(each)[1]!),
      made.map(published).join(' | '),
    )
    const later = history(steer, [
      [0, { e0: load(50), e1: load(50) }],
      ...times,
      [4 * MINUTE, { e0: back, e1: load(70) }],
    ])
    assert.ok(published(later.at(-1)!)[0]! > published(later.at(-1)!)[1]!)
  })

  it('a clock that is set back by a day does not make it return for a day', () => {
    const steer: readonly CompactStep[] = [{ up: { slowStart: 30 } }, ...SPREAD]
    const back: CompactFacts = { health: 'up', returnedAtMs: 24 * 60 * MINUTE, load: { load: 90 } }
    const [made] = history(steer, [[0, { e0: back, e1: load(50) }]])
    assert.deepEqual(
      published(made!).map((each) => Math.round(each ?? 0)),
      [33, 167],
    )
  })

  it('without capacities there is none', () => {
    const [made] = history(SPREAD, [[0, { e0: load(1) }]], { e0: {}, e1: {} })
    assert.deepEqual(made!.words[0]!.headroom, {})
  })

  it('only policies with such a step need it', () => {
    const reads = (...steer: readonly CompactStep[]) => readsLoads(makePolicy({ endpoints: {}, steer }))
    assert.deepEqual(
      [reads('up', 'spread'), reads({ up: { failover: 'headroom' } }), reads(...SPREAD), reads('shed')],
      [false, true, true, true],
    )
  })

  it('grows with the policy, not with time', () => {
    const times = Array.from({ length: 500 }, (_, i) => [i * 2000, { e0: load(i % 100), e1: load(40) }] as const)
    const made = history([...SHED, ...SPREAD], times)
    assert.ok(made.at(-1)!.exact.size <= 4)
  })
})

describe('damping', () => {
  const member = fc.record({
    capacity: fc.double({ min: 10, max: 1000, noNaN: true }),
    background: fc.double({ min: 0, max: 0.9, noNaN: true }),
    start: fc.double({ min: 0.2, max: 5, noNaN: true }),
  })

  /** Follows the loop in which all the demand is dealt by the weights, the reports late by `lag` steps of 2 s. */
  function follow(
    members: readonly { readonly capacity: number; readonly background: number; readonly start: number }[],
    usage: number,
    lag: number,
  ) {
    const own = members.map(({ capacity, background }) => capacity * background)
    const free = members.map(({ capacity }, i) => capacity - own[i]!)
    const demand = usage * free.reduce((sum, each) => sum + each, 0)
    let weights: readonly number[] = members.map(({ capacity, start }) => capacity * start)
    const loads: number[][] = []
    for (let step = 0; step < 2000; step++) {
      const sum = weights.reduce((total, weight) => total + weight, 0)
      loads.push(own.map((each, i) => each + (demand * weights[i]!) / sum))
      const seen = loads[Math.max(0, step - lag)]!
      weights = dampedHeadroom(
        members.map(({ capacity }, i): Damped => ({ capacity, load: seen[i]!, headroom: weights[i]! })),
        2000,
      )
    }
    return { loads, free, own }
  }

  it('comes to rest where all have the same part of their free capacity in use, however late the reports', () => {
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 2, maxLength: 6 }),
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        fc.integer({ min: 0, max: 11 }),
        (members, usage, lag) => {
          const { loads, free, own } = follow(members, usage, lag)
          loads.at(-1)!.forEach((value, i) => {
            const used = (value - own[i]!) / free[i]!
            assert.ok(Math.abs(used - usage) < 0.03, `e${i} uses ${used} of what is free, ${usage} in all`)
          })
        },
      ),
      { seed: SEED, numRuns: 60 },
    )
  })

  it('from the fixed point the clients of one that fails change nothing between the others, at any part of the way', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: 10, max: 500, noNaN: true }), fc.double({ min: 0.1, max: 0.9, noNaN: true })),
          {
            minLength: 2,
            maxLength: 8,
          },
        ),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, moved) => {
          const members = all.map(([capacity, used]) => ({ capacity, load: capacity * used }))
          const rest = spareOf(members)
          const sum = rest.reduce((total, each) => total + each, 0)
          // As much as they have free in all, of which this part has arrived.
          const orphans =
            moved * members.reduce((total, { capacity, load: used }) => total + 0.95 * (capacity - used), 0)
          const after = dampedHeadroom(
            members.map((each, i) => ({
              capacity: each.capacity,
              load: each.load + (orphans * rest[i]!) / sum,
              headroom: rest[i]!,
            })),
            DAMPING_MS,
          )
          const total = after.reduce((one, each) => one + each, 0)
          const worst = Math.max(...after.map((each, i) => Math.abs(each / total - rest[i]! / sum)))
          assert.ok(worst < 0.02, `a part moved by ${worst}`)
        },
      ),
      { seed: SEED, numRuns: 200 },
    )
  })

  it('what it is given never makes it anything but finite and above nothing', () => {
    const number = fc.double({ min: 0, max: 1e9, noNaN: true })
    const wild = fc.record({
      capacity: fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e9, noNaN: true })),
      load: fc.oneof(number, fc.constantFrom(-1, -Number.MAX_VALUE, Number.MAX_VALUE, Number.MIN_VALUE)),
      headroom: number,
    })
    fc.assert(
      fc.property(
        fc.array(wild, { maxLength: 6 }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (members, elapsed) => {
          for (const each of [...dampedHeadroom(members, elapsed), ...spareOf(members)])
            assert.ok(Number.isFinite(each) && each >= 0)
        },
      ),
      { seed: SEED, numRuns: 500 },
    )
  })
})
