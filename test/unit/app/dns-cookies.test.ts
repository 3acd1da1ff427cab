import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCookies } from '../../../src/app/dns-cookies.ts'
import { COOKIE, type CookieJar, judgeCookie, writeCookie } from '../../../src/dns/cookies.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { good } from './config-given.ts'

const DAY_MS = 24 * 3_600_000
const ADDRESS = Uint8Array.of(198, 51, 100, 100)
const NOW_SECONDS = 1559731985

function open(flags: Record<string, unknown>) {
  const clock = manualClock()
  const onStop: (() => void)[] = []
  const jar = openCookies({ config: good({ flags }).config, schedule: clock.schedule }, onStop)
  const stop = (): void => {
    for (const step of onStop) step()
  }
  return { jar: jar as CookieJar, clock, stop }
}

const make = (jar: CookieJar): Uint8Array => {
  const out = new Uint8Array(24)
  writeCookie(jar, Buffer.from('2464c4abcf10c957', 'hex'), 0, ADDRESS, 0, 4, NOW_SECONDS, out, 0)
  return out
}
const judge = (jar: CookieJar, cookie: Uint8Array): number =>
  judgeCookie(jar, cookie, 0, cookie.length, ADDRESS, 0, 4, NOW_SECONDS)

test('off is no jar', () => {
  assert.equal(open({ dnsCookies: 'off', dnsCookieSecrets: '00112233445566778899aabbccddeeff' }).jar, null)
})

test('secrets of the configuration are those that are used, and stay', () => {
  const { jar, clock } = open({
    dnsCookieSecrets: ['e5e973e5a6b2a43f48e7dc849e37bfcf', '00112233445566778899aabbccddeeff'],
  })
  // RFC 9018 §A.1.
  assert.equal(Buffer.from(make(jar)).toString('hex'), '2464c4abcf10c957010000005cf79f111f8130c3eee29480')
  assert.equal(judge(jar, make(open({ dnsCookieSecrets: '00112233445566778899aabbccddeeff' }).jar)), COOKIE.renew)
  assert.equal(clock.pending(), 0)
})

test('without any, each start has its own, and a new one every day beside the former', () => {
  const { jar, clock, stop } = open({})
  const first = make(jar)
  assert.equal(judge(open({}).jar, first), COOKIE.bad)
  clock.advance(DAY_MS - 1)
  assert.equal(judge(jar, first), COOKIE.good)
  clock.advance(1)
  assert.equal(judge(jar, first), COOKIE.renew)
  assert.equal(judge(jar, make(jar)), COOKIE.good)
  clock.advance(DAY_MS)
  assert.equal(judge(jar, first), COOKIE.bad)
  stop()
  assert.equal(clock.pending(), 0)
})
