import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health, Override, OverrideState } from '../../../src/domain/facts.ts'
import { breaksMinimum, overrideEffects } from '../../../src/policy/in-service.ts'
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
]

for (const { name, steer = ['up'], minimum = 1, before = [], down = [], next, after, breaks } of ROWS) {
  test(`overrideEffects: ${name}`, () => {
    const endpoints = { a: { tags: ['x'] }, b: { tags: ['x'] }, c: {}, off: { enabled: false } }
    const policy = { ...makePolicy({ service: 's', endpoints, steer }), minInService: minimum }
    const other = makePolicy({ service: 'other', endpoints, steer })
    const healthOf = (_service: string, id: string): Health => (down.includes(id) ? 'down' : 'unknown')
    const [effect, ...more] = overrideEffects(
      [policy, other],
      before.map(([target, state]) => override(target, state)),
      override(...next),
      healthOf,
    )
    assert.ok(effect !== undefined && more.length === 0)
    assert.deepEqual({ after: effect.after, breaks: breaksMinimum(effect) }, { after, breaks })
  })
}
