import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appliedChecks } from '../../../../src/domain/check.ts'
import { describeEndpoint } from '../../../../src/monitor/belief/describe-endpoint.ts'
import { believeEndpoint, type EndpointBelief } from '../../../../src/monitor/belief/endpoint-belief.ts'
import type { Result, Target } from '../../../../src/monitor/belief/target.ts'
import { composite, hostOf, makeCheck, makeTarget } from '../../../helpers/checks.ts'
import { makeEndpoint } from '../../../helpers/policies.ts'

const web = makeCheck('web')
const push = makeCheck('push', {}, { kind: 'heartbeat', expireSeconds: 30, tokenSha256: '' })
const either = composite('either', { kind: 'any', of: ['web', 'push'] })
const endpoint = makeEndpoint('one', 0)
const checks = appliedChecks({ checks: [web, push, either] }, endpoint)
const host = hostOf('192.0.2.1')

const result = (atMs: number, load: Readonly<Record<string, number>> = {}): Result => ({
  outcome: 'pass',
  detail: 'status 200',
  timings: { connectMs: 1, tlsMs: null, firstByteMs: 2, totalMs: 3 },
  warnings: [],
  load,
  atMs,
})

function describe(targets: readonly Target[], nowMs: number, before: EndpointBelief | null = null) {
  const belief = believeEndpoint({ endpoint, checks, targets, nowMs, before })
  return { belief, shown: describeEndpoint('api', endpoint, targets, belief, nowMs) }
}

test('all that is believed, and on what grounds', () => {
  const last = Array.from({ length: 12 }, (_, i) => result(900 - i, { load: 0.25 }))
  const targets = [
    makeTarget(web, host, '+-+', { last, nextProbeMs: 1_500 }),
    makeTarget(push, null, '~', { nextProbeMs: 2_000 }),
  ]
  const { shown } = describe(targets, 1_000)
  assert.deepEqual([shown.service, shown.endpoint, shown.health, shown.sinceMs], ['api', 'one', 'up', 1_000])
  assert.deepEqual(shown.load, [{ metric: 'load', value: 0.25, atMs: 900 }])
  assert.deepEqual(shown.targets, [
    {
      check: 'web',
      address: '192.0.2.1',
      health: 'up',
      notProbed: null,
      source: 'probe',
      sinceMs: 0,
      last: last.slice(0, 10),
      successesInARow: 1,
      failuresInARow: 0,
      nextProbeMs: 1_500,
      heldUntilMs: null,
    },
    {
      check: 'push',
      address: null,
      health: 'degraded',
      notProbed: null,
      source: 'heartbeat',
      sinceMs: 0,
      last: [],
      successesInARow: 1,
      failuresInARow: 0,
      nextProbeMs: 2_000,
      heldUntilMs: null,
    },
    {
      check: 'either',
      address: null,
      health: 'up',
      notProbed: null,
      source: 'composite',
      sinceMs: 1_000,
      last: [],
      successesInARow: 0,
      failuresInARow: 0,
      nextProbeMs: null,
      heldUntilMs: null,
    },
  ])
})

test('what is not probed is unknown, and says why', () => {
  const { shown } = describe([makeTarget(web, host, '---', { notProbed: 'a documentation address (RFC 5737)' })], 0)
  assert.equal(shown.targets[0]?.health, 'unknown')
  assert.equal(shown.targets[0]?.notProbed, 'a documentation address (RFC 5737)')
})

test('what has not been asked yet is unknown, by no word of the last run', () => {
  const [shown] = describe([makeTarget(web, host, '', { nextProbeMs: 7 })], 0).shown.targets
  assert.deepEqual([shown?.health, shown?.source, shown?.nextProbeMs], ['unknown', 'probe', 7])
})

test('a name stands with its family', () => {
  const { shown } = describe([makeTarget(web, { hostname: 'one.example', family: 6 }, '+')], 0)
  assert.equal(shown.targets[0]?.address, 'one.example IPv6')
})

test('until when a flapping one is held', () => {
  const flapping = makeTarget(web, host, '+---++---++---++---')
  const heldUntilMs = flapping.belief.flaps.heldUntilMs!
  assert.equal(describe([flapping], heldUntilMs - 1).shown.targets[0]?.heldUntilMs, heldUntilMs)
  assert.equal(describe([flapping], heldUntilMs).shown.targets[0]?.heldUntilMs, null)
})

test('load from before the fall is as old as the fall', () => {
  const up = describe([makeTarget(web, host, '+', { last: [result(1, { load: 3 })] })], 1).belief
  const { shown } = describe([makeTarget(web, host, '+---')], 30_000, up)
  assert.deepEqual(shown.load, [{ metric: 'load', value: 3, atMs: 30_000 }])
})
