import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProbeOutcome, ProbeResult } from '../../../src/domain/health.ts'
import { retrying } from '../../../src/monitor/retrying-check.ts'
import { makeEndpoint } from '../../helpers/compact-policy.ts'

const TARGET = { service: 's', endpoint: makeEndpoint('e', 0, {}), host: null }
const TIMEOUT_MS = 1600

const resultOf = (outcome: ProbeOutcome): ProbeResult => ({
  outcome,
  detail: outcome,
  timings: { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 },
  warnings: [],
  load: {},
})

interface Run {
  readonly result: ProbeResult
  readonly attempts: number
  readonly pausesMs: readonly number[]
}

/** @param abortAt the pause at which the time of the probe ends */
async function run(outcomes: readonly ProbeOutcome[], retries: number, abortAt = Infinity): Promise<Run> {
  const abort = new AbortController()
  const pausesMs: number[] = []
  let attempts = 0
  const check = retrying(
    { probe: async () => resultOf(outcomes[attempts++] ?? 'fail') },
    {
      retries,
      timeoutMs: TIMEOUT_MS,
      schedule: (task, delayMs) => {
        pausesMs.push(delayMs)
        queueMicrotask(pausesMs.length === abortAt ? () => abort.abort() : task)
        return () => {}
      },
    },
  )
  const result = await check.probe(TARGET, abort.signal)
  return { result, attempts, pausesMs }
}

const ROWS: readonly (readonly [
  name: string,
  outcomes: readonly ProbeOutcome[],
  retries: number,
  expected: { readonly detail: string; readonly attempts: number; readonly pauses: number },
  abortAt?: number,
])[] = [
  ['passes at once', ['pass'], 2, { detail: 'pass', attempts: 1, pauses: 0 }],
  ['degraded is no failure', ['degraded', 'pass'], 2, { detail: 'degraded', attempts: 1, pauses: 0 }],
  ['one is lost', ['fail', 'pass'], 2, { detail: 'pass (attempt 2)', attempts: 2, pauses: 1 }],
  ['the last one counts', ['fail', 'fail', 'pass'], 2, { detail: 'pass (attempt 3)', attempts: 3, pauses: 2 }],
  ['all are lost', [], 2, { detail: 'fail (attempt 3)', attempts: 3, pauses: 2 }],
  ['none is repeated', ['fail', 'pass'], 0, { detail: 'fail', attempts: 1, pauses: 0 }],
  ['its time ends in a pause', ['fail', 'pass'], 2, { detail: 'fail', attempts: 1, pauses: 1 }, 1],
  ['its time ends in the second', [], 5, { detail: 'fail (attempt 2)', attempts: 2, pauses: 2 }, 2],
]

for (const [name, outcomes, retries, expected, abortAt] of ROWS) {
  test(`retrying: ${name}`, async () => {
    const { result, attempts, pausesMs } = await run(outcomes, retries, abortAt)
    assert.deepEqual({ detail: result.detail, attempts, pauses: pausesMs.length }, expected)
    assert.ok(pausesMs.every((pauseMs) => pauseMs === TIMEOUT_MS / 16))
  })
}

test('retrying: nothing is tried again once the time has ended during an attempt', async () => {
  const abort = new AbortController()
  let attempts = 0
  const check = retrying(
    {
      async probe() {
        attempts++
        abort.abort()
        return resultOf('fail')
      },
    },
    { retries: 2, timeoutMs: TIMEOUT_MS, schedule: () => assert.fail('no pause') },
  )
  await check.probe(TARGET, abort.signal)
  assert.equal(attempts, 1)
})
