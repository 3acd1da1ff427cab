import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type IpAddress, parseAddress } from '../../../src/domain/address.ts'
import { createHeartbeatLimits } from '../../../src/http/discovery/heartbeat-limits.ts'
import { createReportLimits } from '../../../src/http/discovery/report-limits.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'

function address(text: string): IpAddress {
  const parsed = parseAddress(text)
  assert.ok(parsed !== null, text)
  return parsed
}

/** The nth /24 of the fourth power of ten. */
const networkOf = (index: number): IpAddress => address(`${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.7`)

test('a network is listened to four times a minute, and again in the next', () => {
  const limits = createReportLimits()
  const rows: readonly (readonly [from: string, atMs: number, expected: string | null])[] = [
    ['192.0.2.1', 0, null],
    ['192.0.2.2', 1, null],
    ['192.0.2.1', 2, null],
    ['192.0.2.3', 59_000, null],
    ['192.0.2.4', 59_999, 'network'],
    ['192.0.3.4', 59_999, null],
    ['192.0.2.4', 60_000, null],
    ['2001:db8::1', 60_000, null],
    ['2001:db8:0:1::1', 60_000, null],
    ['2001:db8:0:ffff::1', 60_000, null],
    ['2001:db8::4', 60_000, null],
    ['2001:db8::5', 60_000, 'network'],
    ['2001:db8:1::5', 60_000, null],
  ]
  for (const [index, [from, atMs, expected]] of rows.entries()) {
    assert.equal(limits.admit(`${index}`, address(from), TEST_NOW_MS + atMs), expected, `row ${index}`)
  }
})

test('a token counts once, for as long as any node believes it', () => {
  const limits = createReportLimits()
  const shown = (afterMs: number) => limits.admit('one', networkOf(0), TEST_NOW_MS + afterMs)
  assert.equal(shown(0), null)
  for (const afterMs of [0, 60_000, 300_000, 359_000]) assert.equal(shown(afterMs), 'used', `${afterMs}`)
  // Others come meanwhile, over all the turns of the table.
  for (let minute = 1; minute < 6; minute++) {
    assert.equal(limits.admit(`other ${minute}`, networkOf(minute), TEST_NOW_MS + minute * 60_000), null)
  }
  assert.equal(shown(360_000), 'used')
  assert.equal(shown(1_000_000), null)
})

test('a clock that is set back forgets no token', () => {
  const limits = createReportLimits()
  assert.equal(limits.admit('one', networkOf(0), TEST_NOW_MS), null)
  assert.equal(limits.admit('two', networkOf(1), TEST_NOW_MS - 3_600_000), null)
  assert.equal(limits.admit('one', networkOf(0), TEST_NOW_MS - 3_599_000), 'used')
})

test('a node takes two hundred at once and a hundred a second', () => {
  const limits = createReportLimits()
  const admitted = (from: number, count: number, atMs: number) =>
    Array.from({ length: count }, (_, index) =>
      limits.admit(`${from + index}`, networkOf((from + index) * 256), TEST_NOW_MS + atMs),
    ).filter((refusal) => refusal === null).length
  assert.equal(admitted(0, 250, 0), 200)
  assert.equal(admitted(1_000, 250, 500), 50)
  assert.equal(admitted(2_000, 10, 510), 1)
})

test('what one /16 sends is a tenth of a minute’s at most', () => {
  const limits = createReportLimits()
  let taken = 0
  // Every /24 of one /16, four times each, over a minute: enough time for the node's own budget.
  for (let index = 0; index < 1_024; index++) {
    const refusal = limits.admit(`${index}`, networkOf(index % 256), TEST_NOW_MS + index * 50)
    if (refusal === null) taken++
    else assert.equal(refusal, 'network')
  }
  assert.equal(taken, 600)
})

test('an endpoint is listened to ten times at once, and twice a second', () => {
  const limits = createHeartbeatLimits()
  const heard = (count: number, atMs: number, endpoint = 'one') =>
    Array.from({ length: count }, () => limits.admit('api', endpoint, TEST_NOW_MS + atMs)).filter(Boolean).length
  assert.equal(heard(20, 0), 10)
  assert.equal(heard(20, 0, 'two'), 10)
  assert.equal(heard(5, 499), 0)
  assert.equal(heard(5, 1_000), 2)
  assert.equal(heard(20, 120_000), 10)
  // A clock set back does not silence it.
  assert.equal(heard(5, 60_000), 5)
})
