import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Plan } from '../../../src/domain/plan.ts'
import { createPlanner, plan } from '../../../src/engine/plan.ts'
import { shares } from '../../../src/engine/shares.ts'
import {
  type CompactClient,
  type CompactFacts,
  type CompactPolicy,
  type CompactStep,
  makeClient,
  makeFacts,
  makePolicy,
} from '../../helpers/engine.ts'

const NOW = 0

function traceOf(
  compact: CompactPolicy,
  client: CompactClient = {},
  facts: Record<string, CompactFacts> = {},
): readonly string[] {
  const policy = makePolicy(compact)
  const made = plan(policy, makeClient(client), makeFacts(policy, facts), NOW)
  const name = (index: number) => policy.endpoints[index]?.id ?? '?'
  return made.trace.map(({ step, kind, effect, before, after, touched, pass, branch }) => {
    const moves = touched.map((each) => ` ${each.effect} ${name(each.endpoint)}:${each.reason.kind}`).join('')
    const bands = branch.map(({ axis, from, below }) => ` ${axis}[${from},${below})`).join('')
    const sides = `${before.map(name).join('')}→${after.map(name).join('')}`
    return `${pass === 'allDown' ? 'again ' : ''}${step} ${kind} ${effect} ${sides}${moves}${bands}`
  })
}

const ABC = { a: {}, b: {}, c: {} }
const CAPABLE = { a: { capacity: 10 }, b: { capacity: 10 }, c: { capacity: 30 } }
const PLACES = { f: { site: 'fra' }, c: { site: 'cdg' }, i: { site: 'iad' } }

describe('trace', () => {
  const rows: readonly [string, CompactPolicy, CompactClient, Record<string, CompactFacts>, readonly string[]][] = [
    ['no steps, no trace', { endpoints: ABC, steer: [] }, {}, {}, []],
    ['a step that does nothing says so', { endpoints: ABC, steer: ['up'] }, {}, {}, ['0 up applied abc→abc']],
    [
      'dropped, with the reason',
      { endpoints: ABC, steer: ['up'] },
      {},
      { b: 'down' },
      ['0 up applied abc→ac dropped b:down'],
    ],
    [
      'moved: all that lost their place among equals, also when their position stays',
      { endpoints: PLACES, steer: ['nearest'] },
      { at: 'cdg' },
      {},
      ['0 nearest applied fci→cfi moved f:farther moved i:farther'],
    ],
    [
      'what was behind before is not moved again',
      { endpoints: PLACES, steer: ['nearest', { keep: { id: ['c', 'i'] } }] },
      { at: 'cdg' },
      {},
      ['0 nearest applied fci→cfi moved f:farther moved i:farther', '1 keep applied cfi→cif moved f:notKept'],
    ],
    [
      'skipped and unseen',
      {
        endpoints: ABC,
        steer: [
          { keep: { id: 'a' }, when: { country: 'DE' } },
          { keep: { id: 'b' }, when: { header: { x: '1' } } },
        ],
      },
      {},
      {},
      ['0 keep skipped abc→abc', '1 keep unseen abc→abc'],
    ],
    [
      'standbys',
      { endpoints: { a: { weight: 0 }, b: {} }, steer: ['spread'] },
      {},
      {},
      ['0 spread applied ab→ba moved a:standby'],
    ],
    [
      'branches: one is followed to its end before the next',
      { endpoints: ABC, steer: [{ keep: { id: 'c' }, when: { percent: 25 } }, { take: 1 }] },
      {},
      {},
      [
        '0 keep applied abc→cab moved a:notKept moved b:notKept canary[0,16384)',
        '1 take applied cab→c dropped a:notTaken dropped b:notTaken canary[0,16384)',
        '0 keep skipped abc→abc canary[16384,65536)',
        '1 take applied abc→a dropped b:notTaken dropped c:notTaken canary[16384,65536)',
      ],
    ],
    [
      'a branch of a branch',
      { endpoints: ABC, steer: [{ keep: { id: 'c' }, when: { percent: 25 } }, { shed: {} }] },
      {},
      { c: { load: { load: 0.8 } } },
      [
        '0 keep applied abc→cab moved a:notKept moved b:notKept canary[0,16384)',
        '1 shed applied cab→abc moved c:shed canary[0,16384) step1[0,32768)',
        '1 shed applied cab→cab canary[0,16384) step1[32768,65536)',
        '0 keep skipped abc→abc canary[16384,65536)',
        '1 shed applied abc→abc moved c:shed canary[16384,65536) step1[0,32768)',
        '1 shed applied abc→abc canary[16384,65536) step1[32768,65536)',
      ],
    ],
    [
      'the second run, when all are down: fences first, no `up`',
      { endpoints: ABC, steer: ['up', { take: 1 }, { drop: { id: 'a' }, hard: true }] },
      {},
      { a: 'down', b: 'down', c: 'down' },
      [
        '0 up applied abc→ dropped a:down dropped b:down dropped c:down',
        '1 take applied →',
        '2 drop applied →',
        'again 2 drop applied abc→bc dropped a:dropped',
        'again 1 take applied bc→b dropped c:notTaken',
      ],
    ],
    [
      'the second run stays in its branch',
      { endpoints: ABC, steer: ['up', { keep: { id: 'c' }, when: { percent: 25 } }, { take: 1 }] },
      {},
      { a: 'down', b: 'down', c: 'down' },
      [
        '0 up applied abc→ dropped a:down dropped b:down dropped c:down',
        '1 keep applied → canary[0,16384)',
        '2 take applied → canary[0,16384)',
        'again 1 keep applied abc→cab moved a:notKept moved b:notKept canary[0,16384)',
        'again 2 take applied cab→c dropped a:notTaken dropped b:notTaken canary[0,16384)',
        '1 keep skipped → canary[16384,65536)',
        '2 take applied → canary[16384,65536)',
        'again 1 keep skipped abc→abc canary[16384,65536)',
        'again 2 take applied abc→a dropped b:notTaken dropped c:notTaken canary[16384,65536)',
      ],
    ],
    [
      'the second run of a policy that closes: the fences only',
      { endpoints: ABC, steer: ['up', { drop: { id: 'a' }, hard: true }], onAllDown: 'failClosed' },
      {},
      { a: 'down', b: 'down', c: 'down' },
      [
        '0 up applied abc→ dropped a:down dropped b:down dropped c:down',
        '1 drop applied →',
        'again 1 drop applied abc→bc dropped a:dropped',
      ],
    ],
    [
      'failover by headroom: gone for the trace, though its place is kept',
      { endpoints: CAPABLE, steer: [{ up: { failover: 'headroom' } }, { prefer: [{ id: ['a', 'b'] }] }, { take: 1 }] },
      {},
      { a: 'down' },
      [
        '0 up applied abc→bc dropped a:down',
        '1 prefer applied bc→bc moved c:lowerTier',
        '2 take applied bc→b dropped c:notTaken',
      ],
    ],
    [
      'coming back: the branches apart',
      { endpoints: CAPABLE, steer: [{ up: { failover: 'headroom', slowStart: 32 } }, { take: 2 }] },
      {},
      { a: { health: 'up', returnedAtMs: NOW - 16_000 } },
      [
        '0 up applied abc→abc step0[0,32768)',
        '1 take applied abc→ab dropped c:notTaken step0[0,32768)',
        '0 up applied abc→bca moved a:returning step0[32768,65536)',
        '1 take applied bca→bca step0[32768,65536)',
      ],
    ],
    [
      'degraded and unreachable, to the next',
      { endpoints: ABC, steer: [{ up: { degraded: 'behind' } }] },
      { asn: 64_500 },
      { a: 'degraded', b: { unreachable: [64_500] } },
      ['0 up applied abc→cab moved a:degraded moved b:unreachable'],
    ],
  ]
  for (const [name, policy, client, facts, expected] of rows) {
    it(name, () => assert.deepEqual(traceOf(policy, client, facts), expected))
  }

  it('says what it ordered by, and why somebody is behind', () => {
    const policy = makePolicy({
      endpoints: { ...PLACES, x: {} },
      steer: [{ nearest: { bias: { i: 50 } }, because: 'near is good' }],
    })
    const [nearest] = plan(policy, makeClient({ at: 'cdg' }), makeFacts(policy), NOW).trace
    assert.equal(nearest?.because, 'near is good')
    assert.deepEqual(
      nearest?.values.map(({ endpoint, value }) => [endpoint, Math.round(value)]),
      [
        [0, 449],
        [1, 0],
        [2, 3098],
      ],
    )
    const virginia = nearest?.touched.find(({ endpoint }) => endpoint === 2)?.reason
    assert.ok(virginia?.kind === 'farther')
    assert.equal(Math.round(virginia.distanceKm ?? 0), 6197)
    assert.equal(Math.round(virginia.effectiveKm ?? 0), 3098)
    const adrift = nearest?.touched.find(({ endpoint }) => endpoint === 3)?.reason
    assert.deepEqual(adrift, { kind: 'farther', distanceKm: null, effectiveKm: null })
  })

  it('says by what the clients of the gone are dealt, and nothing while all are there', () => {
    const policy = makePolicy({ endpoints: CAPABLE, steer: [{ up: { failover: 'headroom' } }] })
    const valuesWith = (facts: Record<string, CompactFacts>) =>
      plan(policy, makeClient(), makeFacts(policy, facts), NOW).trace[0]?.values
    assert.deepEqual(valuesWith({ b: { load: { load: 5 } } }), [])
    assert.deepEqual(valuesWith({ a: 'down', b: { headroom: { load: 5 } }, c: { headroom: { load: 35 } } }), [
      { endpoint: 0, value: 10 },
      { endpoint: 1, value: 5 },
      { endpoint: 2, value: 35 },
    ])
  })

  it('says how far a slow start is', () => {
    const policy = makePolicy({ endpoints: CAPABLE, steer: [{ up: { slowStart: 32 } }] })
    const made = plan(policy, makeClient(), makeFacts(policy, { a: { returnedAtMs: NOW - 16_000 } }), NOW)
    const reasons = made.trace.flatMap(({ touched }) => touched.map(({ reason }) => reason))
    assert.deepEqual(reasons, [{ kind: 'returning', percent: 50 }])
  })

  it('numbers in reasons', () => {
    const policy = makePolicy({
      endpoints: { a: { a: ['192.0.2.1'], site: 'fra' }, b: { site: 'iad' }, c: { site: 'iad' }, d: { site: 'sjc' } },
      steer: [
        { up: { threshold: 0.75, minHealthy: { per: 'site', n: 2 } } },
        { shed: { metric: 'load', low: 0, high: 1 } },
      ],
    })
    const facts = makeFacts(policy, { a: { v4: 0.5 }, b: { load: { load: 0.5 } }, d: 'up' })
    const made = plan(policy, makeClient(), facts, NOW)
    assert.deepEqual(
      made.exclusions.map(({ reason }) => reason),
      [
        { kind: 'belowThreshold', family: 4, upShare: 0.5, threshold: 0.75 },
        { kind: 'groupTooSmall', group: 'sjc', healthy: 1, minimum: 2 },
      ],
    )
    const shed = made.trace.find(({ kind }) => kind === 'shed')?.touched
    assert.deepEqual(shed, [
      { endpoint: 1, effect: 'moved', reason: { kind: 'shed', metric: 'load', value: 0.5, percent: 50 } },
    ])
  })
})

describe('the limit on branches', () => {
  const leavesOf = (node: Plan['root']): number =>
    node.kind === 'slots' ? 1 : node.below.reduce((sum, child) => sum + leavesOf(child), 0)

  // Each of eight endpoints sheds half of its clients, by a draw of its own: 256 branches. `x` sheds nothing.
  const ids = Array.from({ length: 8 }, (_, i) => `e${i}`)
  const endpoints = { ...Object.fromEntries(ids.map((id) => [id, {}])), x: {} }
  const sheds: CompactStep[] = ids.map((id) => ({ shed: { metric: id, low: 0, high: 1 } }))
  const facts = Object.fromEntries(ids.map((id) => [id, { load: { [id]: 0.5 } }]))
  const planned = (...behind: CompactStep[]): Plan => {
    const policy = makePolicy({ endpoints, steer: [...sheds, ...behind] })
    return createPlanner(policy, makeFacts(policy, facts), NOW).plan(makeClient())
  }
  const X = 8

  it('64 leaves, and the shares still sum to 1', () => {
    const made = planned()
    assert.equal(leavesOf(made.root), 64)
    assert.ok(Math.abs(shares(made, 9).reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
  })

  it('past it a percent goes with its greater side', () => {
    assert.equal(shares(planned({ keep: { id: 'x' }, when: { percent: 90 } }), 9)[X], 1)
    assert.equal(shares(planned({ keep: { id: 'x' }, when: { percent: 40 } }), 9)[X], shares(planned(), 9)[X])
  })

  it('past it a hard fence for some is a hard fence for all: it is never void', () => {
    assert.ok(planned().lists.flat().includes(X))
    for (const percent of [1, 99]) {
      const made = planned({ drop: { id: 'x' }, hard: true, when: { percent } })
      assert.ok(!made.lists.flat().includes(X))
    }
  })
})

describe('planner', () => {
  it('plans of many clients that come out equal are one object', () => {
    const policy = makePolicy({ endpoints: PLACES, steer: ['up', 'nearest', { take: 1 }] })
    const planner = createPlanner(policy, makeFacts(policy), NOW)
    const plans = new Set<Plan>()
    for (let lon = -180; lon < 180; lon += 5) plans.add(planner.plan(makeClient({ at: [45, lon] })))
    assert.equal(plans.size, 3)
  })

  it('what is dealt is a set: clients that see the same equals in another order share a plan', () => {
    const policy = makePolicy({
      endpoints: { l: { site: 'lhr' }, c: { site: 'cdg' }, i: { site: 'iad' } },
      steer: [{ nearest: { within: { km: 1000 } } }, 'spread'],
    })
    const planner = createPlanner(policy, makeFacts(policy), NOW)
    assert.equal(planner.plan(makeClient({ at: 'cdg' })), planner.plan(makeClient({ at: 'lhr' })))
  })

  it('plans with the same lists that rest on different things are different plans', () => {
    const time = { zone: 'UTC', from: '09:00', to: '17:00' }
    const policy = makePolicy({
      endpoints: ABC,
      steer: [
        { keep: { id: '*' }, when: { country: 'DE', asn: 1 } },
        { keep: { id: '*' }, when: { country: 'FR', header: { x: '1' } } },
        { keep: { id: '*' }, when: { country: 'GB', header: { y: '1' } } },
        { keep: { id: '*' }, when: { country: 'JP', time } },
      ],
    })
    const planner = createPlanner(policy, makeFacts(policy), NOW)
    const plans = ['DE', 'FR', 'GB', 'JP', 'US'].map((country) => planner.plan(makeClient({ country })))
    assert.equal(new Set(plans).size, 5)
    assert.deepEqual(
      plans.map(({ headers }) => headers),
      [[], ['x'], ['y'], [], []],
    )
    assert.deepEqual(
      plans.map(({ validUntilMs }) => Number.isFinite(validUntilMs)),
      [false, false, false, true, false],
    )
  })

  it('reads and validUntilMs cover the whole chain, not one client', () => {
    const time = { zone: 'UTC', from: '09:00', to: '17:00' }
    const policy = makePolicy({
      endpoints: ABC,
      steer: [
        { keep: { id: 'a' }, when: { country: 'DE', header: { x: '1' }, time } },
        { spread: { sticky: 'tenant' } },
      ],
    })
    const planner = createPlanner(policy, makeFacts(policy), Date.UTC(2026, 0, 15, 12))
    // location 1, network 8, tenant 16, header 32, time 1024.
    assert.equal(planner.reads, 1 + 8 + 16 + 32 + 1024)
    assert.equal(planner.validUntilMs, Date.UTC(2026, 0, 15, 17))
    assert.equal(planner.plan(makeClient()).validUntilMs, Number.POSITIVE_INFINITY)
  })
})
