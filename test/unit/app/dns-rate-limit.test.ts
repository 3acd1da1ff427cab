import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRateLimit } from '../../../src/app/dns-rate-limit.ts'
import type { FrontParts } from '../../../src/app/front-parts.ts'
import { judge, type RateLimiter } from '../../../src/dns/rate-limit.ts'
import { draws } from '../../helpers/draws.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { good } from './config-given.ts'

function opened(dnsRateLimit: number) {
  const clock = manualClock()
  const lines: string[] = []
  const onStop: (() => void)[] = []
  const log = { warn: (_: object, message: string) => lines.push(message) }
  const parts = { config: { ...good({}).config, dnsRateLimit }, dice: draws(1), schedule: clock.schedule, log }
  const limit = openRateLimit(parts as unknown as FrontParts, onStop)
  return { limit, lines, clock, onStop }
}

const flood = (limiter: RateLimiter, network: number, rcode: number, count: number): void => {
  const client = Uint8Array.of(192, 0, network, 1)
  for (let i = 0; i < count; i++) judge(limiter, client, 0, 4, 7, rcode, 1_000_000, 1)
}

test('a flood is told once, and no more than once a second', () => {
  const { limit, lines, clock, onStop } = opened(50)
  assert.ok(limit !== null)
  clock.advance(5000)
  assert.deepEqual(lines, [])
  flood(limit.limiter, 2, 0, 60)
  assert.deepEqual(lines, [])
  clock.advance(1000)
  assert.deepEqual(lines, ['DNS answers to 192.0.2.0/24 are limited to 50 a second'])
  flood(limit.limiter, 2, 0, 60)
  clock.advance(3000)
  assert.equal(lines.length, 1, 'it goes on, and is not told again')
  for (const network of [3, 4, 5]) flood(limit.limiter, network, 3, 60)
  clock.advance(3000)
  assert.deepEqual(lines.slice(1), [
    'DNS NXDOMAIN answers to 192.0.3.0/24 are limited to 5 a second; so are 2 more (by network, zone and kind)',
  ])
  for (const stop of onStop) stop()
  assert.equal(clock.pending(), 0)
})

test('0 is no limit, loopback is exempt by default', () => {
  assert.equal(opened(0).limit, null)
  const { limit, lines, clock } = opened(1)
  assert.ok(limit !== null)
  const loopback = Uint8Array.of(127, 0, 0, 1)
  for (let i = 0; i < 100; i++) assert.equal(judge(limit.limiter, loopback, 0, 4, 7, 0, 1_000_000, 1), 0)
  clock.advance(2000)
  assert.deepEqual(lines, [])
})
