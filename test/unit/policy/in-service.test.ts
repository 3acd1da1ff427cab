import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EndpointFacts, NO_FACTS, type Override, type OverrideState } from '../../../src/domain/facts.ts'
import { overrideFor } from '../../../src/domain/override.ts'
import { distanceView } from '../../../src/latency/distance-view.ts'
import { breaksMinimum, type FactsUnder, overrideEffects, reasonsOut } from '../../../src/policy/in-service.ts'
import { type CompactStep, makePolicy } from '../../helpers/compact-policy.ts'

const override = (target: string, state: OverrideState): Override => ({
  target,
  state,
  owner: 'test',
  reason: 'test',
  setAtMs: 0,
  expiresAtMs: null,
})

interface Row {
  readonly name: string
  readonly steer?: readonly CompactStep[]
  readonly minimum?: number
  readonly before?: readonly (readonly [string, OverrideState])[]
  readonly down?: readonly string[]
  readonly next: readonly [string, OverrideState]
  readonly after: readonly string[]
  readonly breaks: boolean
}

const ROWS: readonly Row[] = [
  { name: 'one of three', next: ['s/a', 'down'], after: ['b', 'c'], breaks: false },
  { name: 'all of them', next: ['s', 'down'], after: [], breaks: true },
  { name: 'draining all of them', next: ['s', 'drain'], after: [], breaks: true },
  { name: 'the last that is up', down: ['b', 'c'], next: ['s/a', 'drain'], after: [], breaks: true },
  { name: 'what is down already', down: ['a'], next: ['s/a', 'down'], after: ['b', 'c'], breaks: false },
  {
    name: 'of a service that is down as a whole',
    down: ['a', 'b', 'c'],
    next: ['s/a', 'down'],
    after: [],
    breaks: false,
  },
  { name: 'the last beside overrides', before: [['s/tag:x', 'down']], next: ['s/c', 'down'], after: [], breaks: true },
  {
    name: 'the same target again',
    before: [['s/a', 'down']],
    next: ['s/a', 'drain'],
    after: ['b', 'c'],
    breaks: false,
  },
  { name: 'a higher minimum', minimum: 3, next: ['s/a', 'down'], after: ['b', 'c'], breaks: true },
  { name: 'no minimum', minimum: 0, next: ['s', 'down'], after: [], breaks: false },
  { name: 'up adds one', down: ['a'], next: ['s/a', 'up'], after: ['a', 'b', 'c'], breaks: false },
  {
    name: 'obey gives it back to its checks',
    before: [['s/a', 'up']],
    down: ['a'],
    next: ['s/a', 'obey'],
    after: ['b', 'c'],
    breaks: false,
  },
  {
    name: 'a group that becomes too small goes whole',
    steer: [{ up: { minHealthy: { per: { tag: 'x' }, n: 2 } } }],
    minimum: 2,
    next: ['s/a', 'down'],
    after: ['c'],
    breaks: true,
  },
  {
    name: 'a step with a condition counts for nothing',
    steer: [{ up: {}, when: { percent: 10 } }],
    next: ['s', 'down'],
    after: ['a', 'b', 'c'],
    breaks: false,
  },
  { name: 'without up nobody goes', steer: ['nearest'], next: ['s', 'down'], after: ['a', 'b', 'c'], breaks: false },
]

for (const { name, steer = ['up'], minimum = 1, before = [], down = [], next, after, breaks } of ROWS) {
  test(`overrideEffects: ${name}`, () => {
    const endpoints = { a: { tags: ['x'] }, b: { tags: ['x'] }, c: {}, off: { enabled: false } }
    const policy = { ...makePolicy({ service: 's', endpoints, steer }), minInService: minimum }
    const other = makePolicy({ service: 'other', endpoints, steer })
    const factsUnder: FactsUnder = (asked, overrides) => ({
      endpoints: asked.endpoints.map((endpoint) => ({
        ...NO_FACTS,
        health: down.includes(endpoint.id) ? 'down' : 'unknown',
        override: overrideFor(overrides, asked.service, endpoint),
      })),
      latency: distanceView,
      unreachable: [],
    })
    const [effect, ...more] = overrideEffects(
      [policy, other],
      before.map(([target, state]) => override(target, state)),
      override(...next),
      factsUnder,
    )
    assert.ok(effect !== undefined && more.length === 0)
    assert.deepEqual({ after: effect.after, breaks: breaksMinimum(effect) }, { after, breaks })
  })
}

const drain = override('s/a', 'drain')
const OUT: readonly (readonly [name: string, step: CompactStep, facts: Partial<EndpointFacts>, kind: string | null])[] =
  [
    ['nothing known', 'up', {}, null],
    ['down', 'up', { health: 'down' }, 'down'],
    ['down, with an override up', 'up', { health: 'down', override: override('s/a', 'up') }, null],
    ['degraded', 'up', { health: 'degraded' }, null],
    ['degraded, which is dropped', { up: { degraded: 'drop' } }, { health: 'degraded' }, 'degraded'],
    ['all of one family down', 'up', { health: 'degraded', ipv4UpShare: 0 }, 'belowThreshold'],
    ['draining', 'up', { override: drain }, 'draining'],
    ['draining, in a chain that does not look', 'nearest', { override: drain }, null],
    ['down, in a chain that does not look', 'nearest', { health: 'down' }, null],
  ]

for (const [name, step, facts, kind] of OUT) {
  test(`reasonsOut: ${name}`, () => {
    const policy = makePolicy({
      service: 's',
      endpoints: { a: { a: ['192.0.2.1'], aaaa: ['2001:db8::1'] } },
      steer: [step],
    })
    const [reason] = reasonsOut(policy, { endpoints: [{ ...NO_FACTS, ...facts }] })
    assert.equal(reason?.kind ?? null, kind)
  })
}
