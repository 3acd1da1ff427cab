import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Override, OverrideState } from '../../../src/domain/facts.ts'
import { overrideFor, overrideNames } from '../../../src/domain/override.ts'
import { makeEndpoint } from '../../helpers/compact-policy.ts'

const endpoint = makeEndpoint('frankfurt', 0, { site: ['fra', 'cdg'], tags: ['eu', 'gold'] })

const NAMES: readonly (readonly [target: string, names: boolean])[] = [
  ['api/frankfurt', true],
  ['api/frank*', true],
  ['*/frankfurt', true],
  ['a*/f*t', true],
  ['api/*', true],
  ['api', true],
  ['web/frankfurt', false],
  ['api/frankfurt/eu', false],
  ['api/frank', false],
  ['api/site:fra', true],
  ['api/site:cdg', true],
  ['*/site:f*', true],
  ['api/site:iad', false],
  ['api/site:', false],
  ['api/tag:eu', true],
  ['api/tag:*', true],
  ['api/tag:us', false],
  ['web/tag:eu', false],
  // Neither a site nor a tag of that name: the prefix tells which is meant.
  ['api/fra', false],
  ['api/eu', false],
]

for (const [target, names] of NAMES) {
  test(`overrideNames: ${target} ${names ? 'names' : 'does not name'} it`, () => {
    assert.equal(overrideNames(target, 'api', endpoint), names)
  })
}

test('overrideNames: nothing without a site or a tag matches one', () => {
  const bare = makeEndpoint('bare', 0)
  assert.deepEqual(
    ['api/site:*', 'api/tag:*', 'api/*'].map((target) => overrideNames(target, 'api', bare)),
    [false, false, true],
  )
})

const override = (target: string, state: OverrideState): Override => ({
  target,
  state,
  owner: 'test',
  reason: 'test',
  setAtMs: 0,
  expiresAtMs: null,
})

const FOR: readonly (readonly [
  name: string,
  overrides: readonly (readonly [string, OverrideState])[],
  state: OverrideState | null,
])[] = [
  ['none', [], null],
  ['another service', [['web/*', 'down']], null],
  [
    'the later one wins',
    [
      ['api/*', 'down'],
      ['api/site:fra', 'drain'],
    ],
    'drain',
  ],
  [
    'whatever is more specific',
    [
      ['api/frankfurt', 'drain'],
      ['*/tag:eu', 'down'],
    ],
    'down',
  ],
  [
    'obey lifts a wider one',
    [
      ['api/tag:eu', 'down'],
      ['api/frankfurt', 'obey'],
    ],
    null,
  ],
  [
    'until another comes',
    [
      ['api/frankfurt', 'obey'],
      ['api/*', 'up'],
    ],
    'up',
  ],
]

for (const [name, overrides, state] of FOR) {
  test(`overrideFor: ${name}`, () => {
    const found = overrideFor(
      overrides.map(([target, it]) => override(target, it)),
      'api',
      endpoint,
    )
    assert.equal(found?.state ?? null, state)
  })
}
