import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Client } from '../../../src/domain/client.ts'
import { mix32 } from '../../../src/domain/hash.ts'
import type { Plan, Slot } from '../../../src/domain/plan.ts'
import type { Policy } from '../../../src/domain/policy.ts'
import { createPlanner, plan } from '../../../src/engine/plan.ts'
import { shares } from '../../../src/engine/shares.ts'
import { listFor, slotFor } from '../../../src/engine/slots.ts'
import { type CompactEndpoint, makeClient, makeFacts, makePolicy } from '../../helpers/engine.ts'
import { clientArbitrary, factsArbitrary, NOW, planOf, policyArbitrary, scene } from '../../helpers/random-policies.ts'

const SEED = 20_260_115
const OPTIONS = { seed: SEED, numRuns: 600 }

const weightsOf = (weights: readonly number[]): Record<string, CompactEndpoint> =>
  Object.fromEntries(weights.map((weight, i) => [`e${i}`, { weight }]))

/** Uniform draws, the same in every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix32(state)
  }
}

/** What share of the spread draws changes its first choice between two plans. */
function movedShare(before: Plan, after: Plan, ids: { before: readonly string[]; after: readonly string[] }): number {
  const draws = 20_000
  let moved = 0
  for (let i = 0; i < draws; i++) {
    const slot = { canary: 0, spread: Math.floor(((i + 0.5) / draws) * 2 ** 32) }
    if (ids.before[listFor(before, slot)[0]!] !== ids.after[listFor(after, slot)[0]!]) moved++
  }
  return moved / draws
}

const weight = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.double({ min: 0.1, max: 50, noNaN: true }))

describe('spread', () => {
  it('holds every weight to within one percentage point', () => {
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 40 }), (weights) => {
        const policy = makePolicy({ endpoints: weightsOf(weights), steer: ['spread', { take: 2 }] })
        const of = shares(plan(policy, makeClient(), makeFacts(policy), NOW), weights.length)
        const sum = weights.reduce((total, each) => total + each, 0)
        weights.forEach((each, i) => {
          assert.ok(Math.abs(of[i]! - each / sum) < 0.01, `e${i}: ${of[i]} instead of ${each / sum}`)
        })
        assert.ok(Math.abs(of.reduce((total, each) => total + each, 0) - 1) < 1e-9)
      }),
      { seed: SEED, numRuns: 100 },
    )
  })

  it('moves no more than its share and 3% when one of ten goes down', () => {
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 10, maxLength: 10 }),
        fc.integer({ min: 0, max: 9 }),
        fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'abcdefghij') }),
        (weights, gone, name) => {
          const ids = weights.map((_, i) => `${name}-${i}`)
          const endpoints = Object.fromEntries(ids.map((id, i) => [id, { weight: weights[i]! }]))
          const policy = makePolicy({ endpoints, steer: ['up', 'spread', { take: 1 }] })
          const before = plan(policy, makeClient(), makeFacts(policy), NOW)
          const after = plan(policy, makeClient(), makeFacts(policy, { [ids[gone]!]: 'down' }), NOW)
          const share = shares(before, 10)[gone]!
          const moved = movedShare(before, after, { before: ids, after: ids })
          assert.ok(moved >= share - 0.001, `${moved} moved, ${share} had to`)
          assert.ok(moved <= share + 0.03, `${moved} moved for a share of ${share}`)
        },
      ),
      { seed: SEED, numRuns: 60 },
    )
  })

  it('does not depend on the order in which endpoints are written', () => {
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 8 }), (weights) => {
        const entries = Object.entries(weightsOf(weights))
        const one = makePolicy({ endpoints: Object.fromEntries(entries), steer: ['spread', { take: 1 }] })
        const two = makePolicy({ endpoints: Object.fromEntries(entries.toReversed()), steer: ['spread', { take: 1 }] })
        const moved = movedShare(
          plan(one, makeClient(), makeFacts(one), NOW),
          plan(two, makeClient(), makeFacts(two), NOW),
          { before: one.endpoints.map(({ id }) => id), after: two.endpoints.map(({ id }) => id) },
        )
        assert.equal(moved, 0)
      }),
      { seed: SEED, numRuns: 30 },
    )
  })

  it('hands second choices out by weight, too', () => {
    const policy = makePolicy({ endpoints: weightsOf([4, 4, 4, 1, 1]), steer: ['spread'] })
    const made = plan(policy, makeClient(), makeFacts(policy), NOW)
    const seconds = new Float64Array(5)
    for (let i = 0; i < 4000; i++) {
      const second = listFor(made, { canary: 0, spread: Math.floor((i / 4000) * 2 ** 32) })[1]!
      seconds[second]! += 1 / 4000
    }
    for (const heavy of [0, 1, 2]) for (const light of [3, 4]) assert.ok(seconds[heavy]! > seconds[light]!)
    for (const share of seconds) assert.ok(share > 0.02, `second choices ${seconds.join(' ')}`)
  })
})

/** Who passes the hard fences that concern the client on these draws, each fence planned on its own. */
function insideFences(policy: Policy, client: Client): (slot: Slot) => ReadonlySet<number> {
  const fences = policy.steps.flatMap((step) => {
    if (!('hard' in step) || !step.hard) return []
    const alone: Policy = { ...policy, steps: [{ ...step, index: 0 }], onAllDown: { mode: 'failClosed' } }
    const made = plan(alone, client, makeFacts(policy), NOW)
    // Endpoints that serve everybody pass a geofence, though behind those that name the client.
    const passes = (index: number, slot: Slot) =>
      listFor(made, slot).includes(index) || (step.kind === 'geofence' && policy.endpoints[index]?.serves === null)
    return [passes]
  })
  const all = policy.endpoints.map(({ index }) => index)
  return (slot) => new Set(all.filter((index) => fences.every((passes) => passes(index, slot))))
}

describe('any policy, client and failures', () => {
  it('hard fences hold', () => {
    fc.assert(
      fc.property(scene, (input) => {
        const made = planOf(input)
        const inside = insideFences(made.policy, made.client)
        const roll = dice(1)
        for (let i = 0; i < 16; i++) {
          const slot = { canary: roll(), spread: roll() }
          const allowed = inside(slot)
          const list = listFor(made.plan, slot)
          for (const each of list) assert.ok(allowed.has(each), `e${each} is outside a hard fence`)
          if (allowed.size === 0 && made.policy.endpoints.length > 0) {
            assert.deepEqual(list, [])
            assert.equal(made.plan.target, null)
          }
        }
      }),
      OPTIONS,
    )
  })

  it('the same inputs give the same plan, on one planner as on another, traced or not', () => {
    fc.assert(
      fc.property(scene, clientArbitrary, (input, other) => {
        const made = planOf(input)
        assert.deepEqual(planOf(input).plan, made.plan)
        const planner = createPlanner(made.policy, made.facts, NOW)
        const first = planner.plan(made.client)
        planner.plan(makeClient(other))
        assert.equal(planner.plan(made.client), first, 'a plan does not depend on the ones before it')
        assert.deepEqual(first, { ...made.plan, trace: [], exclusions: [] })
        const busy = createPlanner(made.policy, made.facts, NOW)
        busy.plan(makeClient(other))
        assert.deepEqual(busy.plan(made.client), first)
        assert.equal(first.dependsOn & ~planner.reads, 0)
      }),
      OPTIONS,
    )
  })

  it('every endpoint is in a list or excluded, and not both', () => {
    fc.assert(
      fc.property(scene, (input) => {
        const { policy, plan: made } = planOf(input)
        const listed = new Set(made.lists.flat())
        const excluded = made.exclusions.map(({ endpoint: index }) => index)
        assert.deepEqual([...listed, ...excluded].sort(), policy.endpoints.map(({ index }) => index).sort())
        for (const list of made.lists) assert.equal(new Set(list).size, list.length, 'nobody is twice in a list')
      }),
      OPTIONS,
    )
  })

  it('somebody answers unless a fence, the policy, or the lack of endpoints forbids it', () => {
    fc.assert(
      fc.property(scene, (input) => {
        const { policy, plan: made } = planOf({ ...input, compact: { ...input.compact, onAllDown: 'lastResort' } })
        if (policy.endpoints.length === 0) return
        const hasFence = policy.steps.some((each) => 'hard' in each && each.hard)
        const someEnabled = policy.endpoints.some(({ enabled }) => enabled)
        if (!hasFence && someEnabled) assert.ok(made.lists.every((list) => list.length > 0))
        if (made.outcome === 'steered' || made.outcome === 'lastResort')
          assert.ok(made.lists.some((list) => list.length > 0))
      }),
      OPTIONS,
    )
  })

  it('drawing at random gives the shares', () => {
    fc.assert(
      fc.property(scene, fc.integer(), (input, seed) => {
        const { policy, plan: made } = planOf(input)
        if (made.lists.length === 1) return
        const roll = dice(seed)
        const draws = 6000
        const counted = new Float64Array(policy.endpoints.length)
        for (let i = 0; i < draws; i++) {
          const first = listFor(made, { canary: roll(), spread: roll() })[0]
          if (first !== undefined) counted[first]! += 1 / draws
        }
        // Four standard deviations of the worst case, and some for many tries.
        shares(made, policy.endpoints.length).forEach((share, i) => {
          assert.ok(Math.abs(share - counted[i]!) < 0.032, `e${i}: drawn ${counted[i]}, share ${share}`)
        })
      }),
      { seed: SEED, numRuns: 250 },
    )
  })

  it('a plan that depends on nothing of the client is the same for every client', () => {
    fc.assert(
      fc.property(
        policyArbitrary,
        factsArbitrary,
        fc.array(clientArbitrary, { minLength: 4, maxLength: 8 }),
        (compact, facts, clients) => {
          const policy = makePolicy(compact)
          const planner = createPlanner(policy, makeFacts(policy, facts), NOW)
          const blind = clients.map((client) => planner.plan(makeClient(client))).filter((made) => made.dependsOn === 0)
          if (blind.length > 0) for (const client of clients) assert.equal(planner.plan(makeClient(client)), blind[0])
        },
      ),
      OPTIONS,
    )
  })

  it('clients that differ only in what was not read get the same plan', () => {
    fc.assert(
      fc.property(scene, (input) => {
        const { policy, facts, client, plan: made } = planOf(input)
        const planner = createPlanner(policy, facts, NOW)
        const bit = (mask: number) => (made.dependsOn & mask) !== 0
        const stranger: Client = {
          ...client,
          // 1: location, 6: cidr and network.
          location: bit(1) ? client.location : makeClient({ at: 'syd', country: 'AU' }).location,
          network: bit(4) || bit(8) ? client.network : makeClient({ network: '198.51.7.7' }).network,
        }
        assert.equal(planner.plan(stranger), planner.plan(client))
      }),
      OPTIONS,
    )
  })

  it('a sticky client has one list, whatever the dice say', () => {
    const policy = makePolicy({
      endpoints: weightsOf([1, 2, 3]),
      steer: [{ shed: {} }, { keep: { id: 'e0' }, when: { percent: 30 } }, { spread: { sticky: 'network' } }],
    })
    const made = createPlanner(policy, makeFacts(policy, { e2: { load: { load: 0.8 } } }), NOW).plan(makeClient())
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(255), fc.nat(), (address, last, thrown) => {
        const neighbour = `${address.split('.').slice(0, 3).join('.')}.${last}`
        const listOf = (network: string) =>
          listFor(
            made,
            slotFor(made, 'test', makeClient({ network }), () => thrown),
          )
        assert.equal(listOf(address), listOf(neighbour), 'a /24 sticks together')
      }),
      { seed: SEED, numRuns: 300 },
    )
  })
})

describe('fastest without data', () => {
  it('orders exactly as nearest does', () => {
    const point = fc.record({
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), point, (places, from) => {
        const endpoints = Object.fromEntries(
          places.map(({ lat, lon }, i) => [`e${i}`, { at: [lat, lon, 'DE'] as const }]),
        )
        const listOf = (name: string) => {
          const policy = makePolicy({ endpoints, steer: [name] })
          return plan(policy, makeClient({ at: [from.lat, from.lon] }), makeFacts(policy), NOW).lists
        }
        assert.deepEqual(listOf('fastest'), listOf('nearest'))
      }),
      { seed: SEED, numRuns: 500 },
    )
  })
})
