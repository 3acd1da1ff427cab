import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPlanner } from '../../../src/engine/plan.ts'
import { steeringKey } from '../../../src/steering/steers-alike.ts'
import { type CompactFacts, type CompactStep, makeClient, makeFacts, makePolicy } from '../../helpers/engine.ts'
import { clientArbitrary, factsArbitrary, NOW, policyArbitrary } from '../../helpers/random-policies.ts'

describe('the key of what steers', () => {
  it('is equal only where the plans are, whatever changed of one endpoint', () => {
    const seen = { same: 0, other: 0 }
    fc.assert(
      fc.property(
        policyArbitrary,
        factsArbitrary,
        factsArbitrary,
        fc.constantFrom('e0', 'e1', 'e2'),
        fc.array(clientArbitrary, { minLength: 1, maxLength: 4 }),
        (compact, before, other, changed, clients) => {
          const policy = makePolicy(compact)
          const { [changed]: _, ...rest } = before
          const after = changed in other ? { ...rest, [changed]: other[changed]! } : rest
          const [one, two] = [before, after].map((facts) => makeFacts(policy, facts))
          if (steeringKey(policy, one!, NOW) !== steeringKey(policy, two!, NOW)) {
            seen.other++
            return
          }
          seen.same++
          const [first, second] = [one!, two!].map((facts) => createPlanner(policy, facts, NOW))
          for (const client of clients)
            assert.deepEqual(first!.plan(makeClient(client)), second!.plan(makeClient(client)))
        },
      ),
      { seed: 20_260_115, numRuns: 1500 },
    )
    assert.ok(seen.same > 200 && seen.other > 200, JSON.stringify(seen))
  })

  const HEADROOM: CompactStep = { up: { failover: 'headroom' } }
  const rows: readonly [
    name: string,
    CompactStep,
    Record<string, CompactFacts>,
    Record<string, CompactFacts>,
    boolean,
  ][] = [
    [
      'headroom while all are there',
      HEADROOM,
      { b: { headroom: { load: 5 } } },
      { b: { headroom: { load: 9 } } },
      true,
    ],
    [
      'headroom while one is down',
      HEADROOM,
      { a: 'down', b: { headroom: { load: 5 } } },
      { a: 'down', b: { headroom: { load: 9 } } },
      false,
    ],
    [
      'headroom while one is drained',
      HEADROOM,
      { a: 'drain', b: { headroom: { load: 5 } } },
      { a: 'drain', b: { headroom: { load: 9 } } },
      false,
    ],
    [
      'the load behind a damped headroom',
      HEADROOM,
      { a: 'down', b: { load: { load: 1 }, headroom: { load: 5 } } },
      { a: 'down', b: { load: { load: 9 }, headroom: { load: 5 } } },
      true,
    ],
    [
      'back within the same two seconds',
      { up: { slowStart: 60 } },
      { a: { health: 'up', returnedAtMs: NOW - 900 } },
      { a: { health: 'up', returnedAtMs: NOW - 1900 } },
      true,
    ],
    [
      'back since a time to come: the clock was set back',
      { up: { slowStart: 60 } },
      { a: 'up' },
      { a: { health: 'up', returnedAtMs: NOW + 3_600_000 } },
      true,
    ],
    [
      'back two seconds apart',
      { up: { slowStart: 60 } },
      { a: { health: 'up', returnedAtMs: NOW - 900 } },
      { a: { health: 'up', returnedAtMs: NOW - 2900 } },
      false,
    ],
    [
      'spread by headroom',
      { spread: { by: 'headroom' } },
      { b: { headroom: { load: 5 } } },
      { b: { headroom: { load: 9 } } },
      false,
    ],
  ]
  for (const [name, step, before, after, isEqual] of rows) {
    it(`${isEqual ? 'leaves out' : 'holds'}: ${name}`, () => {
      const policy = makePolicy({
        endpoints: { a: { capacity: 10 }, b: { capacity: 10 }, c: { capacity: 10 } },
        steer: [step],
      })
      const [one, two] = [before, after].map((facts) => steeringKey(policy, makeFacts(policy, facts), NOW))
      assert.equal(one === two, isEqual)
    })
  }
})
