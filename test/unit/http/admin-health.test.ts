import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_FACTS } from '../../../src/domain/facts.ts'
import type { HealthEvent, ProbeResult } from '../../../src/domain/health.ts'
import { createAdmin } from '../../../src/http/admin/admin.ts'
import { createMetrics } from '../../../src/http/admin/metrics.ts'
import { createProbeMetrics } from '../../../src/http/admin/probe-metrics.ts'
import { createEventLog } from '../../../src/monitor/event-log.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { snapshot } from './fixture.ts'

const NODE = { startedAtMs: TEST_NOW_MS, listeners: [], refused: null, refusedGeo: [], missing: [] }
const event = (endpoint: string): Omit<HealthEvent, 'number'> => ({
  atMs: TEST_NOW_MS,
  service: 'api',
  endpoint,
  check: null,
  address: null,
  from: 'up',
  to: 'down',
  detail: 'it is broken',
})

function admin() {
  const log = createEventLog()
  for (const endpoint of ['one', 'two', 'three']) log.add(event(endpoint))
  const health = { service: 'api', endpoint: 'one', health: 'up', sinceMs: 0, targets: [], load: [] } as const
  return createAdmin({
    current: snapshot,
    status: () => NODE,
    monitor: { health: () => [health], events: log.since },
    nowMs: () => TEST_NOW_MS,
    registry: createMetrics('0.0.0-test').registry,
    version: '0.0.0-test',
  })
}

const asked: readonly (readonly [query: string, status: number, numbers: readonly number[] | null])[] = [
  ['', 200, [1, 2, 3]],
  ['?after=0', 200, [1, 2, 3]],
  ['?after=2', 200, [3]],
  ['?after=3', 200, []],
  ['?after=999999999999999', 200, []],
  ['?after=', 400, null],
  ['?after=-1', 400, null],
  ['?after=1e3', 400, null],
  ['?after=1&after=2', 400, null],
  ['?after=9999999999999999', 400, null],
]
for (const [query, status, numbers] of asked) {
  test(`events${query}`, async (t) => {
    const app = admin()
    t.after(() => app.close())
    const response = await app.inject({ url: `/v1/events${query}` })
    assert.equal(response.statusCode, status)
    const got = response.json().events?.map(({ number }: HealthEvent) => number) ?? null
    assert.deepEqual(got, numbers)
  })
}

test('health is what the monitor says', async (t) => {
  const app = admin()
  t.after(() => app.close())
  const { endpoints } = (await app.inject({ url: '/v1/health' })).json()
  assert.deepEqual(
    endpoints.map(({ endpoint }: { endpoint: string }) => endpoint),
    ['one'],
  )
})

test('metrics of probes: counted, timed, and late by more than a tenth of the interval', async () => {
  const { registry } = createMetrics('0')
  const metrics = createProbeMetrics(registry)
  const { override: _override, shedShare: _shedShare, headroom: _headroom, ...known } = NO_FACTS
  const facts = { ...known, health: 'degraded', load: { cpu: 0.4 } } as const
  metrics.watch({
    load: () => ({ targets: 4, underWay: 2, waiting: 1 }),
    health: () => new Map([['api', new Map([['one', facts]])]]),
  })
  const result = (outcome: ProbeResult['outcome'], totalMs: number) => ({
    outcome,
    timings: { connectMs: null, tlsMs: null, firstByteMs: null, totalMs },
  })
  const target = { check: { kind: 'tcp', everySeconds: 10 } } as const
  metrics.onProbed({ target, result: result('pass', 20), lateMs: 0 })
  metrics.onProbed({ target, result: result('fail', 2_000), lateMs: 1_000 })
  metrics.onProbed({ target, result: result('pass', 30), lateMs: 1_001 })
  metrics.onHealthEvent({ ...event('one'), number: 1 })
  metrics.onHealthEvent({ ...event('one'), number: 2, check: 'web' })
  const text = await registry.metrics()
  for (const line of [
    'nearcast_probes_total{kind="tcp",outcome="pass"} 2',
    'nearcast_probes_total{kind="tcp",outcome="fail"} 1',
    'nearcast_probes_late_total 1',
    'nearcast_probe_duration_seconds_count{kind="tcp"} 3',
    'nearcast_probe_delay_seconds_bucket{le="0.001"} 1',
    'nearcast_health_changes_total{service="api",endpoint="one",to="down"} 1',
    'nearcast_probe_targets 4',
    'nearcast_probes_in_flight 2',
    'nearcast_probes_waiting 1',
    'nearcast_endpoint_health{service="api",endpoint="one",state="degraded"} 1',
    'nearcast_endpoint_health{service="api",endpoint="one",state="up"} 0',
    'nearcast_endpoint_load{service="api",endpoint="one",metric="cpu"} 0.4',
  ]) {
    assert.ok(
      text.split('\n').includes(line),
      `${line} is missing in\n${text
        .split('\n')
        .filter((it) => /probe|endpoint_/.test(it))
        .join('\n')}`,
    )
  }
})
