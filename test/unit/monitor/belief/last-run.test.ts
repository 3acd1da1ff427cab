import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { appliedChecks } from '../../../../src/domain/check.ts'
import { describeEndpoint } from '../../../../src/monitor/belief/describe-endpoint.ts'
import { believeEndpoint } from '../../../../src/monitor/belief/endpoint-belief.ts'
import { composeLastRun, NO_LAST_RUN, readLastRun } from '../../../../src/monitor/belief/last-run.ts'
import { newBelief } from '../../../../src/monitor/belief/target-belief.ts'
import { hostOf, makeCheck, makeTarget } from '../../../helpers/checks.ts'
import { makeEndpoint } from '../../../helpers/policies.ts'

const web = makeCheck('web')
const host = hostOf('192.0.2.1')
const endpoint = makeEndpoint('one', 0)
const checks = appliedChecks({ checks: [web] }, endpoint)
const SAVED_MS = 1_000_000

/** An endpoint after these results, as it is saved and read again. */
function saved(results: string, given: { readonly notProbed?: string } = {}) {
  const targets = [makeTarget(web, host, results, given)]
  const belief = believeEndpoint({ endpoint, checks, targets, nowMs: 500_000, before: null })
  const remembered = { ...belief, facts: { ...belief.facts, returnedAtMs: 400_000, load: { load: 0.5 } } }
  return JSON.parse(
    JSON.stringify(composeLastRun([{ service: 'api', endpoint: 'one', targets, belief: remembered }], SAVED_MS)),
  )
}
const askTarget = (stored: unknown, nowMs: number) =>
  readLastRun(stored, nowMs).target('api', 'one', { check: web, host })

test('what was believed is believed again, with its age', () => {
  const run = readLastRun(saved('+---'), SAVED_MS + 60_000)
  assert.equal(run.savedAtMs, SAVED_MS)
  assert.deepEqual(run.target('api', 'one', { check: web, host }), { health: 'down', sinceMs: 30_000 })
  const belief = run.endpoint('api', 'one')
  assert.deepEqual(
    [belief?.facts.health, belief?.sinceMs, belief?.facts.returnedAtMs, belief?.facts.load],
    ['down', 500_000, 400_000, { load: 0.5 }],
  )
})

test('what nothing is known of, and what is not probed, is not saved', () => {
  const target = (name: string, results: string, notProbed: string | null) =>
    makeTarget(makeCheck(name), host, results, { notProbed })
  const targets = [target('web', '+', null), target('new', '', null), target('guarded', '+', 'guarded')]
  const belief = believeEndpoint({ endpoint, checks, targets, nowMs: 0, before: null })
  const unknown = believeEndpoint({ endpoint, checks, targets: [], nowMs: 0, before: null })
  const composed = composeLastRun(
    [
      { service: 'api', endpoint: 'one', targets, belief },
      { service: 'api', endpoint: 'two', targets: [], belief: unknown },
    ],
    SAVED_MS,
  )
  assert.deepEqual(composed, {
    version: 1,
    savedAtMs: SAVED_MS,
    endpoints: [
      {
        service: 'api',
        endpoint: 'one',
        health: 'up',
        sinceMs: 0,
        returnedAtMs: null,
        load: {},
        targets: [{ check: 'web', host: '192.0.2.1', health: 'up', sinceMs: 0 }],
      },
    ],
  })
})

const goneRows: [name: string, stored: unknown, nowMs: number][] = [
  ['ten minutes and a bit later', saved('+'), SAVED_MS + 600_001],
  ['from the future', saved('+'), SAVED_MS - 1],
  ['not probed', saved('+', { notProbed: 'guarded' }), SAVED_MS],
  ['not asked yet', saved(''), SAVED_MS],
  ['of another version', { ...saved('+'), version: 2 }, SAVED_MS],
  ['nothing', null, SAVED_MS],
  ['a list', [], SAVED_MS],
  ['a text', 'health', SAVED_MS],
  ['without a time', { ...saved('+'), savedAtMs: null }, SAVED_MS],
  ['without endpoints', { ...saved('+'), endpoints: {} }, SAVED_MS],
  ['endpoints of nothing', { ...saved('+'), endpoints: [null, 3, {}] }, SAVED_MS],
]
for (const [name, stored, nowMs] of goneRows) {
  test(`not believed: ${name}`, () => assert.equal(askTarget(stored, nowMs), null))
}

test('believed: ten minutes later', () => {
  assert.equal(askTarget(saved('+'), SAVED_MS + 600_000)?.health, 'up')
})

test('another check, address, endpoint or service is another target', () => {
  const run = readLastRun(saved('+'), SAVED_MS)
  assert.equal(run.target('api', 'one', { check: makeCheck('db'), host }), null)
  assert.equal(run.target('api', 'one', { check: web, host: hostOf('192.0.2.2') }), null)
  assert.equal(run.target('api', 'two', { check: web, host }), null)
  assert.equal(run.target('www', 'one', { check: web, host }), null)
  assert.equal(run.endpoint('www', 'one'), null)
})

const damagedRows: [name: string, damage: object][] = [
  ['a health there is not', { health: 'fine' }],
  ['unknown', { health: 'unknown' }],
  ['a time that is none', { sinceMs: 'long ago' }],
  ['a time to come', { sinceMs: SAVED_MS + 1 }],
]
for (const [name, damage] of damagedRows) {
  test(`a damaged endpoint is left out: ${name}`, () => {
    const stored = saved('+')
    Object.assign(stored.endpoints[0], damage)
    const run = readLastRun(stored, SAVED_MS)
    assert.equal(run.endpoint('api', 'one'), null)
    assert.equal(run.target('api', 'one', { check: web, host }), null)
  })
}

test('damaged details are left out', () => {
  const stored = saved('+')
  Object.assign(stored.endpoints[0], {
    load: { load: 'much', rps: Number.POSITIVE_INFINITY, cpu: 1 },
    returnedAtMs: 'never',
    targets: 'none',
  })
  const facts = readLastRun(stored, SAVED_MS).endpoint('api', 'one')?.facts
  assert.deepEqual([facts?.load, facts?.returnedAtMs, facts?.ipv4UpShare], [{ cpu: 1 }, null, 1])
})

test('whatever was stored, reading it does not throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (endpoints) => {
      const run = readLastRun({ version: 1, savedAtMs: SAVED_MS, endpoints: [endpoints] }, SAVED_MS)
      run.target('api', 'one', { check: web, host })
    }),
  )
})

test('a restart shows that the last run says so, and a return after it begins a slow start', () => {
  const run = readLastRun(saved('+---'), SAVED_MS)
  const before = run.endpoint('api', 'one')
  const target = makeTarget(web, host, '', {
    belief: newBelief(SAVED_MS, run.target('api', 'one', { check: web, host })),
    nextProbeMs: SAVED_MS + 100,
  })
  const restarted = believeEndpoint({ endpoint, checks, targets: [target], nowMs: SAVED_MS, before })
  assert.deepEqual(
    [restarted.facts.health, restarted.sinceMs, restarted.facts.nextChangeMs, restarted.facts.load],
    ['down', 500_000, SAVED_MS + 100, { load: 0.5 }],
  )
  const [shown] = describeEndpoint('api', endpoint, [target], restarted, SAVED_MS).targets
  assert.deepEqual([shown?.source, shown?.health, shown?.sinceMs], ['lastRun', 'down', 30_000])
  const probed = makeTarget(web, host, '+')
  const back = believeEndpoint({ endpoint, checks, targets: [probed], nowMs: SAVED_MS + 100, before: restarted })
  assert.equal(back.facts.returnedAtMs, SAVED_MS + 100)
})

test('no last run: nothing is believed', () => {
  assert.equal(NO_LAST_RUN.endpoint('api', 'one'), null)
  assert.equal(NO_LAST_RUN.target('api', 'one', { check: web, host }), null)
})
