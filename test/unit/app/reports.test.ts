import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReports } from '../../../src/app/reports.ts'
import { type IpAddress, parseAddress, prefixOf } from '../../../src/domain/address.ts'
import type { ReportSample, Verdict } from '../../../src/latency/estimator.ts'
import type { Measurement } from '../../../src/ports/report-sink.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const GEO = fakeGeo([{ cidr: '5.9.0.0/16', country: 'DE', lat: 50.11, lon: 8.68, asn: 24940 }])
const SNAPSHOT = makeSnapshot({
  documents: {
    'api.yaml': `
service: api
names: { discovery: api }
ttl: 30s
endpoints: { one: { a: [192.0.2.1] }, two: { a: [192.0.2.2] }, three: { a: [192.0.2.3] } }
steer: [up]
`,
  },
  geo: GEO,
})

function fixture(verdict: Verdict = 'taken') {
  const clock = manualClock(TEST_NOW_MS)
  const wall = { offsetMs: 0 }
  const nowMs = (): number => clock.nowMs() + wall.offsetMs
  const samples: ReportSample[] = []
  const told: number[] = []
  const reports = createReports({
    current: () => SNAPSHOT,
    nowMs,
    schedule: clock.schedule,
    latency: {
      addReport(sample) {
        samples.push(sample)
        return verdict
      },
    },
    onUnreachable: () => told.push(clock.nowMs() - TEST_NOW_MS),
  })
  const take = (from: string, measurements: readonly Measurement[], service = 'api') => {
    const address = parseAddress(from) as IpAddress
    const prefix = prefixOf(address, address.family === 4 ? 24 : 48)
    return reports.take({ service, address, prefix, measurements, atMs: nowMs() })
  }
  const unreachable = () => reports.unreachable(SNAPSHOT.set.policies, nowMs()).get('api') ?? []
  return { clock, wall, samples, told, reports, take, unreachable }
}

const measured = (endpoint: string, rttMs: number | null): Measurement => ({ endpoint, outcome: 'ok', rttMs })
const failed = (endpoint: string): Measurement => ({ endpoint, outcome: 'unreachable', rttMs: null })

test('a time goes to the estimator with the place of the address it came from', () => {
  const { samples, take } = fixture()
  assert.deepEqual(take('5.9.1.77', [measured('two', 20), measured('one', null), failed('three')]), [
    'taken',
    'taken',
    'taken',
  ])
  const [sample, ...others] = samples
  assert.deepEqual(others, [])
  assert.equal(sample?.location.country, 'DE')
  assert.equal(sample?.asn, 24940)
  assert.equal(sample?.family, 4)
  assert.equal(sample?.rttMs, 20)
  assert.equal(sample?.atMs, TEST_NOW_MS)
  assert.equal(sample?.endpoint.id, 'two')
  assert.deepEqual([...(sample?.prefix.bytes ?? [])], [5, 9, 1, 0])
})

test('of somebody whom nobody can place it goes there without a place', () => {
  const { samples, take } = fixture()
  take('2001:db8::1', [measured('one', 20)])
  assert.equal(samples[0]?.location.precision, 'none')
  assert.equal(samples[0]?.asn, null)
  assert.equal(samples[0]?.family, 6)
})

const verdicts: readonly (readonly [verdict: Verdict, said: string])[] = [
  ['taken', 'taken'],
  ['outOfRange', 'implausible'],
  ['fasterThanLight', 'implausible'],
  ['wideNetwork', 'implausible'],
  ['bucketFull', 'enough'],
  ['tableFull', 'enough'],
]
for (const [verdict, said] of verdicts) {
  test(`the estimator’s ${verdict} is told as ${said}`, () => {
    assert.deepEqual(fixture(verdict).take('5.9.1.77', [measured('one', 20)]), [said])
  })
}

test('what is not in the policies any more is passed over', () => {
  const { samples, take, unreachable } = fixture()
  take('5.9.1.77', [measured('four', 20)])
  take('5.9.1.77', [measured('one', 20)], 'gone')
  assert.deepEqual(samples, [])
  assert.deepEqual(unreachable(), [])
})

test('what a network cannot reach is told at once, then every two seconds at most, and when it ends', () => {
  const { clock, told, take, unreachable } = fixture()
  take('5.9.1.77', [failed('one')])
  take('5.9.1.77', [failed('one')])
  clock.advance(0)
  assert.deepEqual(told, [0])
  assert.deepEqual(
    unreachable().map(({ endpoint }) => endpoint),
    [0],
  )
  for (const third of [16, 16, 32, 32, 48]) {
    clock.advance(100)
    take(`5.9.${third}.1`, [failed('one')])
  }
  assert.deepEqual(told, [0])
  clock.advance(10_000)
  assert.deepEqual(told, [0, 2_000])
  const [asn, ...others] = unreachable()
  assert.deepEqual(asn?.network, { asn: 24940 })
  assert.deepEqual(others, [])
  clock.advance(3_600_000)
  assert.deepEqual(unreachable(), [])
  // First that of the AS, then that of the last prefix.
  assert.deepEqual(told.slice(-2), [600_300, 600_400])
  assert.equal(clock.pending(), 0)
})

test('a clock that is set back by an hour does not keep a report for an hour', () => {
  const { clock, wall, told, take } = fixture()
  for (const _ of [1, 2]) take('5.9.1.77', [failed('one')])
  clock.advance(0)
  wall.offsetMs = -3_600_000
  for (const _ of [1, 2]) take('5.9.16.1', [failed('one')])
  clock.advance(2_000)
  assert.deepEqual(told, [0, 2_000])
})

test('reports that change nothing wake nobody', () => {
  const { clock, told, take } = fixture()
  for (let count = 0; count < 10; count++) take('5.9.1.77', [measured('one', 20)])
  clock.advance(60_000)
  assert.deepEqual(told, [])
  assert.equal(clock.pending(), 0)
})

test('closing calls off what is due', () => {
  const { clock, reports, take } = fixture()
  for (const _ of [1, 2]) take('5.9.1.77', [failed('one')])
  reports.close()
  assert.equal(clock.pending(), 0)
})
