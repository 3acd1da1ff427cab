import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventLog } from '../../../src/monitor/event-log.ts'

const event = (detail: string) => ({
  atMs: 1,
  service: 'api',
  endpoint: 'one',
  check: null,
  address: null,
  from: 'up' as const,
  to: 'down' as const,
  detail,
})
const numbers = (events: readonly { readonly number: number }[]): number[] => events.map(({ number }) => number)

/** Events 1 to `count` in a log that keeps four. */
function filled(count: number) {
  const log = createEventLog(4)
  for (let i = 1; i <= count; i++) log.add(event(`event ${i}`))
  return log
}

const rows: [count: number, after: number, since: number[], most: number, newest: number[]][] = [
  [0, 0, [], 10, []],
  [3, 0, [1, 2, 3], 2, [3, 2]],
  [4, 0, [1, 2, 3, 4], 10, [4, 3, 2, 1]],
  [5, 0, [2, 3, 4, 5], 10, [5, 4, 3, 2]],
  [11, 9, [10, 11], 1, [11]],
  [11, 11, [], 0, []],
  [11, 99, [], -1, []],
]
for (const [count, after, since, most, newest] of rows) {
  test(`${count} events: since ${after}, and the newest ${most}`, () => {
    const log = filled(count)
    assert.deepEqual(numbers(log.since(after)), since)
    assert.deepEqual(numbers(log.newest(most)), newest)
  })
}

test('an event is numbered, whole and frozen', () => {
  const log = createEventLog(2)
  const added = log.add(event('it fell'))
  assert.deepEqual(added, { number: 1, ...event('it fell') })
  assert.equal(log.newest(1)[0], added)
  assert.ok(Object.isFrozen(added))
})

test('no more than a thousand are kept', () => {
  const log = createEventLog()
  for (let i = 0; i < 2_500; i++) log.add(event(''))
  assert.equal(log.newest(5_000).length, 1_000)
  assert.equal(log.since(0)[0]?.number, 1_501)
})
