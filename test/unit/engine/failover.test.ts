import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { mix32 } from '../../../src/domain/hash.ts'
import { createPlanner, plan } from '../../../src/engine/plan.ts'
import { shares } from '../../../src/engine/shares.ts'
import { listFor } from '../../../src/engine/slots.ts'
import { type CompactStep, makeClient, makeFacts, makePolicy } from '../../helpers/engine.ts'
import { NOW, planOf, scene, step } from '../../helpers/random-policies.ts'

const SEED = 20_260_115
const OPTIONS = { seed: SEED, numRuns: 600 }

describe('failover by headroom', () => {
  const chain = fc
    .array(step, { maxLength: 5 })
    .map((steer): readonly CompactStep[] => [{ up: { failover: 'headroom' } }, ...steer])
    .filter((steer) => steer.slice(1).every((each) => typeof each === 'string' || !('up' in each)))
  const downArbitrary = fc.subarray(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6'])

  it('moves the clients of those who are gone, and nobody else', () => {
    fc.assert(
      fc.property(scene, chain, downArbitrary, (input, steer, down) => {
        const compact = { ...input.compact, steer }
        const before = planOf({ ...input, compact, facts: {} })
        const facts = Object.fromEntries(down.map((id) => [id, 'down' as const]))
        const after = planOf({ ...input, compact, facts })
        if (before.plan.outcome !== 'steered' || after.plan.outcome !== 'steered') return
        const isGone = (endpoint: number) => down.includes(before.policy.endpoints[endpoint]!.id)
        for (let i = 0; i < 200; i++) {
          const slot = { canary: mix32(i), spread: mix32(i + 1_000_000) }
          const first = listFor(before.plan, slot)[0]
          const now = listFor(after.plan, slot)
          assert.ok(!now.some(isGone), 'who is gone is in no list')
          if (first !== undefined && !isGone(first)) assert.equal(now[0], first)
        }
      }),
      OPTIONS,
    )
  })

  it('deals them in proportion to the headroom, to a slot', () => {
    const spare = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(spare, fc.boolean(), (free, isSpread) => {
        const endpoints = Object.fromEntries(['gone', ...free.keys()].map((id) => [`e${id}`, { capacity: 100 }]))
        const steer: CompactStep[] = [{ up: { failover: 'headroom' } }, ...(isSpread ? ['spread'] : []), { take: 1 }]
        const policy = makePolicy({ endpoints, steer })
        const loads = Object.fromEntries(free.map((each, i) => [`e${i}`, { load: { load: 100 - each } }]))
        const of = shares(
          plan(policy, makeClient(), makeFacts(policy, { ...loads, egone: 'down' }), NOW),
          free.length + 1,
        )
        const sum = free.reduce((total, each) => total + each, 0)
        const own = isSpread ? 1 / (free.length + 1) : 0
        free.forEach((each, i) => {
          const expected = own + (isSpread ? own : 1) * (sum === 0 ? 1 / free.length : each / sum)
          assert.ok(Math.abs(of[i + 1]! - expected) < 2 / 1021, `e${i}: ${of[i + 1]} instead of ${expected}`)
        })
      }),
      { seed: SEED, numRuns: 150 },
    )
  })

  it('while nobody is gone plans are those of failover to the next', () => {
    fc.assert(
      fc.property(scene, (input) => {
        const facts = Object.fromEntries(
          Object.entries(input.facts).filter(
            ([, each]) => typeof each === 'object' && !('health' in each || 'override' in each || 'v4' in each),
          ),
        )
        const steerWith = (up: CompactStep) =>
          input.compact.steer.map((each) => (typeof each !== 'string' && 'up' in each ? up : each))
        const [next, headroom] = [{ up: {} }, { up: { failover: 'headroom' } }].map(
          (up) => planOf({ ...input, facts, compact: { ...input.compact, steer: steerWith(up) } }).plan,
        )
        assert.deepEqual({ ...headroom, trace: [] }, { ...next, trace: [] })
      }),
      OPTIONS,
    )
  })
})

describe('slow start', () => {
  it('gives back a share that only grows, and nobody leaves again', () => {
    const policy = makePolicy({
      endpoints: { a: {}, b: {}, c: {} },
      steer: [{ up: { slowStart: 60 } }, { spread: { sticky: 'network' } }, { take: 1 }],
    })
    const plans = Array.from({ length: 61 }, (_, second) =>
      plan(policy, makeClient(), makeFacts(policy, { a: { health: 'up', returnedAtMs: NOW - second * 1000 } }), NOW),
    )
    const ofA = plans.map((each) => shares(each, 3)[0]!)
    ofA.slice(1).forEach((share, i) => {
      assert.ok(share >= ofA[i]!, `${share} after ${ofA[i]}`)
      assert.ok(share <= (1 / 3) * ((i + 1) / 60 + 2 / 16), `${share} after ${i + 1} s`)
    })
    assert.ok(Math.abs(ofA.at(-1)! - 1 / 3) < 0.01)
    for (let i = 0; i < 500; i++) {
      const slot = { canary: 0, spread: mix32(i) }
      const at = plans.map((each) => listFor(each, slot)[0])
      const isBack = at.map((first) => first === 0)
      if (isBack.includes(true)) assert.ok(isBack.slice(isBack.indexOf(true)).every((stays) => stays))
    }
  })

  for (const [what, returnedAtMs, share] of [
    ['just now', NOW, 1 / 16],
    ['a moment ahead: the clock trembles', NOW + 1500, 1 / 16],
    ['in an hour: the clock was set back', NOW + 3_600_000, 1],
  ] as const) {
    it(`since ${what}`, () => {
      const policy = makePolicy({ endpoints: { a: {}, b: {} }, steer: [{ up: { slowStart: 60 } }, { take: 1 }] })
      const facts = makeFacts(policy, { a: { health: 'up', returnedAtMs } })
      assert.equal(shares(plan(policy, makeClient(), facts, NOW), 2)[0], share)
    })
  }

  it('ends the planner at each edge and the plans never', () => {
    const policy = makePolicy({ endpoints: { a: {}, b: {} }, steer: [{ up: { slowStart: 60 } }, { take: 1 }] })
    const facts = makeFacts(policy, { a: { health: 'up', returnedAtMs: NOW } })
    const seen = [shares(createPlanner(policy, facts, NOW).plan(makeClient()), 2)[0]!]
    for (let now = NOW; ; ) {
      const planner = createPlanner(policy, facts, now)
      assert.equal(planner.plan(makeClient()).validUntilMs, Number.POSITIVE_INFINITY)
      assert.equal(planner.plan(makeClient()).ttlSeconds, 30)
      if (planner.validUntilMs === Number.POSITIVE_INFINITY) break
      assert.ok(planner.validUntilMs > now)
      now = planner.validUntilMs
      seen.push(shares(createPlanner(policy, facts, now).plan(makeClient()), 2)[0]!)
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 16 }, (_, i) => (i + 1) / 16),
    )
  })
})
