import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProbeResult } from '../../../src/domain/health.ts'
import { retrying } from '../../../src/monitor/retrying-check.ts'
import { makeEndpoint } from '../../helpers/compact-policy.ts'

const TARGET = { service: 's', endpoint: makeEndpoint('e', 0, {}), host: null }
const TIMEOUT_MS = 1600
const PAUSE_MS = 100

const resultOf = (outcome: ProbeResult['outcome'], detail: string = outcome): ProbeResult => ({
  outcome,
  detail,
  timings: { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 },
  warnings: [],
  load: {},
})

/** `hang`: nothing comes before the attempt is aborted. */
type Scripted = ProbeResult['outcome'] | 'hang'

interface Run {
  readonly detail: string
  readonly attempts: number
  /** When each attempt began, ms. */
  readonly beganMs: readonly number[]
}

/** Time goes on whenever everybody waits; at `TIMEOUT_MS` the probe's own signal aborts. */
async function run(script: readonly Scripted[], retries: number): Promise<Run> {
  const clock = { nowMs: 0 }
  const jobs = new Set<{ readonly atMs: number; readonly task: () => void }>()
  const schedule = (task: () => void, delayMs: number): (() => void) => {
    const job = { atMs: clock.nowMs + delayMs, task }
    jobs.add(job)
    return () => jobs.delete(job)
  }
  const outer = new AbortController()
  schedule(() => outer.abort(), TIMEOUT_MS)
  const beganMs: number[] = []
  const open = new Set<number>()
  const check = retrying(
    {
      probe(_target, signal) {
        const number = beganMs.push(clock.nowMs)
        const scripted = script[number - 1] ?? 'fail'
        if (scripted !== 'hang') return Promise.resolve(resultOf(scripted))
        open.add(number)
        return new Promise((resolve) => {
          const end = (): void => {
            open.delete(number)
            resolve(resultOf('fail', 'time ran out'))
          }
          signal.addEventListener('abort', end, { once: true })
          if (signal.aborted) end()
        })
      },
    },
    { retries, timeoutMs: TIMEOUT_MS, schedule },
  )
  let result: ProbeResult | null = null
  const probing = check.probe(TARGET, outer.signal).then((it) => {
    result = it
    assert.deepEqual([...open], [], 'an attempt is still open when the probe has ended')
  })
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    if (result !== null) break
    const [first] = [...jobs].sort((a, b) => a.atMs - b.atMs)
    if (first === undefined) throw new Error('the probe waits for nothing')
    jobs.delete(first)
    clock.nowMs = first.atMs
    first.task()
  }
  await probing
  // That of the outer time; none of an attempt's is left.
  assert.ok([...jobs].every(({ atMs }) => atMs === TIMEOUT_MS))
  return { detail: (result as ProbeResult).detail, attempts: beganMs.length, beganMs }
}

const ROWS: readonly (readonly [
  name: string,
  script: readonly Scripted[],
  retries: number,
  detail: string,
  beganMs: readonly number[],
])[] = [
  ['passes at once', ['pass'], 2, 'pass', [0]],
  ['degraded is no failure', ['degraded', 'pass'], 2, 'degraded', [0]],
  ['nor is what could not be asked', ['unasked', 'pass'], 2, 'unasked', [0]],
  ['one is lost', ['fail', 'pass'], 2, 'pass (attempt 2)', [0, PAUSE_MS]],
  ['the last one counts', ['fail', 'fail', 'pass'], 2, 'pass (attempt 3)', [0, PAUSE_MS, 2 * PAUSE_MS]],
  ['all are lost', [], 2, 'fail (attempt 3)', [0, PAUSE_MS, 2 * PAUSE_MS]],
  ['none is repeated', ['fail', 'pass'], 0, 'fail', [0]],
  ['one hangs: the next begins beside it', ['hang', 'pass'], 1, 'pass (attempt 2)', [0, TIMEOUT_MS / 2]],
  ['two hang', ['hang', 'hang', 'pass'], 3, 'pass (attempt 3)', [0, TIMEOUT_MS / 4, TIMEOUT_MS / 2]],
  ['all hang', ['hang', 'hang'], 1, 'time ran out (attempt 2)', [0, TIMEOUT_MS / 2]],
  ['one hangs, one is lost', ['hang', 'fail', 'pass'], 3, 'pass (attempt 3)', [0, 400, 400 + PAUSE_MS]],
  ['one is lost, one hangs', ['fail', 'hang', 'pass'], 3, 'pass (attempt 3)', [0, PAUSE_MS, PAUSE_MS + 400]],
  [
    'hangs, and the others are lost',
    ['hang', 'fail', 'fail'],
    2,
    'time ran out',
    [0, TIMEOUT_MS / 3, TIMEOUT_MS / 3 + PAUSE_MS],
  ],
]

for (const [name, script, retries, detail, beganMs] of ROWS) {
  test(`retrying: ${name}`, async () => {
    const found = await run(script, retries)
    assert.equal(found.detail, detail)
    assert.deepEqual(
      found.beganMs.map((ms) => Math.round(ms)),
      beganMs.map((ms) => Math.round(ms)),
    )
  })
}

test('retrying: nothing is tried when the time is over already, or ends during an attempt', async () => {
  for (const when of ['before', 'during'] as const) {
    const abort = new AbortController()
    if (when === 'before') abort.abort()
    let attempts = 0
    const check = retrying(
      {
        async probe() {
          attempts++
          abort.abort()
          return resultOf('fail')
        },
      },
      { retries: 2, timeoutMs: TIMEOUT_MS, schedule: () => () => {} },
    )
    assert.equal((await check.probe(TARGET, abort.signal)).outcome, 'fail')
    assert.equal(attempts, 1, when)
  }
})
