import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Connection, createConnections } from '../../../src/dns/connections.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { manualClock } from '../../helpers/manual-clock.ts'

const LIMITS = { maxConnections: 8, maxConnectionsPerClient: 3, idleSeconds: 10 }

function opened(limits = LIMITS) {
  const clock = manualClock()
  const connections = createConnections(limits, clock.schedule)
  const admit = (address: string | null): Connection =>
    connections.admit(new Socket(), address === null ? null : addressOf(address), limits.idleSeconds)
  return { clock, admit }
}

const isOpen = ({ socket }: Connection): boolean => !socket.destroyed
const numbered = (count: number, network = '192.0.2'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${network}.${index + 1}`)

const PRESSURE: readonly (readonly [open: number, idleSeconds: number])[] = [
  [1, 10],
  [4, 10],
  [5, 7.5],
  [6, 5],
  [7, 2.5],
  [8, 1],
]
for (const [count, idleSeconds] of PRESSURE) {
  test(`7766 §6.2.3: with ${count} of 8 connections open, a touched one may be idle for ${idleSeconds} seconds`, () => {
    const { clock, admit } = opened()
    const [touched] = numbered(count).map(admit) as [Connection]
    assert.equal(touched.idleSeconds(), idleSeconds)
    touched.touch()
    clock.advance(idleSeconds * 1000 - 1)
    assert.ok(isOpen(touched))
    clock.advance(1)
    assert.ok(!isOpen(touched))
  })
}

test('a configured idle time below a second is kept under pressure', () => {
  const { admit } = opened({ ...LIMITS, idleSeconds: 0.5 })
  const last = numbered(8).map(admit).at(-1)
  assert.equal(last?.idleSeconds(), 0.5)
})

test('many that come at once each put out another: no limit is passed before the sockets close', async () => {
  const { admit } = opened()
  const all = numbered(20).map(admit)
  assert.deepEqual(all.map(isOpen), [...new Array(12).fill(false), ...new Array(8).fill(true)])
  await setImmediate()
  // Those that are gone are counted no more.
  const later = admit('198.51.100.1')
  assert.deepEqual([...all, later].filter(isOpen).length, 8)
})

test('so do many of one client, IPv6 by /56, and those that are known late', () => {
  const { admit } = opened()
  const other = admit('2001:db8:1::1')
  const own = numbered(3, '2001:db8:0:1:0:0:0').map((text) => admit(text.replaceAll('.', ':')))
  const late = [admit(null), admit(null)]
  for (const connection of late) connection.identify(addressOf('2001:db8:0:ff::9'))
  assert.deepEqual(own.map(isOpen), [false, false, true])
  assert.deepEqual([other, ...late].map(isOpen), [true, true, true])
})

test('one that was put out is not touched into the count again', () => {
  const { admit } = opened({ ...LIMITS, maxConnections: 1 })
  const first = admit('192.0.2.1')
  const second = admit('192.0.2.2')
  first.touch()
  const third = admit('192.0.2.3')
  assert.deepEqual([first, second, third].map(isOpen), [false, false, true])
})
