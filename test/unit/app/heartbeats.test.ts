import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assembleFacts } from '../../../src/app/facts.ts'
import { createHeartbeats } from '../../../src/app/heartbeats.ts'
import type { Override } from '../../../src/domain/facts.ts'
import type { Heartbeat, HeartbeatStatus } from '../../../src/ports/heartbeat-sink.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const DIGEST = 'ab'.repeat(32)
const { policies } = makeSnapshot({
  documents: {
    'api.yaml': `
service: api
names: { discovery: api }
ttl: 30s
endpoints: { one: { a: [192.0.2.1] }, two: { a: [192.0.2.2] } }
checks: { push: { heartbeat: 30s, tokenSha256: ${DIGEST} }, slow: { heartbeat: 90s, tokenSha256: ${DIGEST} } }
steer: [up]
`,
  },
}).set

function fixture() {
  const clock = manualClock(TEST_NOW_MS)
  const heard: Heartbeat[] = []
  const measured: Heartbeat[] = []
  const told: (readonly Override[])[] = []
  const heartbeats = createHeartbeats({
    monitor: { take: (heartbeat) => heard.push(heartbeat) },
    rtts: { take: (heartbeat) => measured.push(heartbeat) },
    policies: () => policies,
    schedule: clock.schedule,
    onDrains: (drains) => told.push(drains),
  })
  const beat = (status: HeartbeatStatus, endpoint = 'one', checks = ['push']) =>
    heartbeats.take({ service: 'api', endpoint, checks, status, load: {}, rtts: [], atMs: clock.nowMs() })
  const targets = () => told.map((drains) => drains.map(({ target }) => target).join(' '))
  return { clock, heard, measured, told, heartbeats, beat, targets }
}

test('every heartbeat reaches the monitor, and who learns from its round trips', () => {
  const { heard, measured, beat, told } = fixture()
  for (const status of ['up', 'drain', 'degraded', 'down'] as const) beat(status)
  assert.deepEqual(
    heard.map(({ status }) => status),
    ['up', 'drain', 'degraded', 'down'],
  )
  assert.deepEqual(measured, heard)
  assert.equal(told.length, 2)
})

test('an endpoint drains as long as it says so, and that is told once', () => {
  const { clock, beat, targets } = fixture()
  beat('drain')
  for (let count = 0; count < 20; count++) {
    clock.advance(10_000)
    beat('drain')
  }
  assert.deepEqual(targets(), ['api/one'])
  beat('up')
  assert.deepEqual(targets(), ['api/one', ''])
  assert.equal(clock.pending(), 0)
})

test('silence ends it, after the longest that its checks wait', () => {
  const { clock, beat, targets } = fixture()
  beat('drain')
  beat('drain', 'two', ['push', 'slow'])
  clock.advance(29_999)
  assert.deepEqual(targets(), ['api/one', 'api/one api/two'])
  clock.advance(1)
  assert.deepEqual(targets(), ['api/one', 'api/one api/two', 'api/two'])
  clock.advance(60_000)
  assert.deepEqual(targets().at(-1), '')
})

test('closing calls off what is due', () => {
  const { clock, heartbeats, beat } = fixture()
  beat('drain')
  heartbeats.close()
  assert.equal(clock.pending(), 0)
})

const rows: readonly (readonly [name: string, overrides: readonly Override[], expected: string | undefined])[] = [
  ['it counts like an operator’s', [], 'drain'],
  ['an operator’s up is stronger', [override('api/*', 'up')], 'up'],
  ['an operator’s down is stronger', [override('api/one', 'down')], 'down'],
  ['obey leaves the endpoint its own word', [override('api/one', 'obey')], 'drain'],
  ['another endpoint’s is no matter', [override('api/two', 'up')], 'drain'],
]
for (const [name, overrides, expected] of rows) {
  test(`an endpoint’s own drain: ${name}`, () => {
    const { beat, told } = fixture()
    beat('drain')
    const facts = assembleFacts({ policies, overrides, drains: told.at(-1) ?? [] }, TEST_NOW_MS, null)
    assert.equal(facts.of.get('api')?.endpoints[0]?.override?.state, expected)
  })
}
