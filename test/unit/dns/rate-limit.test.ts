import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import {
  createRateLimiter,
  judge,
  microsOf,
  type RateLimiter,
  type RateLimitSettings,
  secondOf,
  takeNotice,
  VERDICT,
  zoneHash,
} from '../../../src/dns/rate-limit.ts'
import { formatPrefix, parsePrefix } from '../../../src/domain/address.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { draws } from '../../helpers/draws.ts'

const NOERROR = 0
const FORMERR = 1
const NXDOMAIN = 3
const REFUSED = 5
const ZONE = zoneHash('\x03geo\x07example\0')
const OTHER_ZONE = zoneHash('\x05other\x07example\0')

const prefix = (text: string) => {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.prefix
}

function limiterOf(settings: Partial<RateLimitSettings> = {}): RateLimiter {
  return createRateLimiter({ perSecond: 100, slip: 2, exempt: [], ...settings }, draws(1))
}

const asked = (limiter: RateLimiter, client: string, rcode: number, nowMs: number, zone = ZONE): number => {
  const { bytes, family } = addressOf(client)
  return judge(limiter, bytes, 0, family, zone, rcode, microsOf(nowMs), secondOf(nowMs))
}

/** How many of `count` answers at one moment pass. */
const passed = (limiter: RateLimiter, client: string, rcode: number, count: number, nowMs: number, zone = ZONE) =>
  Array.from({ length: count }, () => asked(limiter, client, rcode, nowMs, zone)).filter((it) => it === VERDICT.pass)
    .length

for (const [what, rcode, expected] of [
  ['answers', NOERROR, 100],
  ['NXDOMAIN', NXDOMAIN, 10],
  ['REFUSED', REFUSED, 10],
] as const) {
  test(`${what}: a second's worth at once, then the rate`, () => {
    const limiter = limiterOf()
    assert.equal(passed(limiter, '192.0.2.1', rcode, 500, 5000), expected)
    assert.equal(passed(limiter, '192.0.2.1', rcode, 500, 5000), 0)
    assert.equal(passed(limiter, '192.0.2.1', rcode, 500, 5500), expected / 2)
    assert.equal(passed(limiter, '192.0.2.1', rcode, 500, 60_000), expected)
  })
}

test('who shares a bucket and who does not', () => {
  for (const [other, rcode, zone, isApart] of [
    ['192.0.2.254', NOERROR, ZONE, false],
    ['::ffff:192.0.2.9', NOERROR, ZONE, false],
    ['192.0.3.1', NOERROR, ZONE, true],
    ['192.0.2.1', NXDOMAIN, ZONE, true],
    ['192.0.2.1', NOERROR, OTHER_ZONE, true],
    ['2001:db8::1', NOERROR, ZONE, true],
  ] as const) {
    const limiter = limiterOf()
    passed(limiter, '192.0.2.1', NOERROR, 100, 1000)
    assert.equal(passed(limiter, other, rcode, 1, 1000, zone), isApart ? 1 : 0, `${other} ${rcode} ${zone}`)
  }
  const limiter = limiterOf()
  passed(limiter, '2001:db8:1:100::1', NOERROR, 100, 1000)
  assert.equal(passed(limiter, '2001:db8:1:1ff:ffff::1', NOERROR, 1, 1000), 0, 'one /56')
  assert.equal(passed(limiter, '2001:db8:1:200::1', NOERROR, 1, 1000), 1, 'the next /56')
})

test('errors are counted without the zone, and one with another', () => {
  const limiter = limiterOf()
  assert.equal(passed(limiter, '192.0.2.1', REFUSED, 10, 1000, ZONE), 10)
  assert.equal(passed(limiter, '192.0.2.1', FORMERR, 10, 1000, OTHER_ZONE), 0)
})

test('slip: one in n, the first of them', () => {
  const { pass, slip, drop } = VERDICT
  for (const [n, expected] of [
    [0, [drop, drop, drop, drop, drop, drop]],
    [1, [slip, slip, slip, slip, slip, slip]],
    [2, [slip, drop, slip, drop, slip, drop]],
    [3, [slip, drop, drop, slip, drop, drop]],
  ] as const) {
    const limiter = limiterOf({ slip: n, perSecond: 1 })
    assert.equal(asked(limiter, '192.0.2.1', NOERROR, 0), pass)
    // Another network in between does not take the slips away.
    const seen = Array.from({ length: 6 }, () => {
      asked(limiter, '198.51.100.1', NOERROR, 0)
      return asked(limiter, '192.0.2.1', NOERROR, 0)
    })
    assert.deepEqual(seen, expected, `slip ${n}`)
  }
})

test('exempt networks are never limited', () => {
  const limiter = limiterOf({ exempt: ['127.0.0.0/8', '::1/128', '2001:db8::/32'].map(prefix) })
  for (const [client, isLimited] of [
    ['127.0.0.1', false],
    ['::ffff:127.9.9.9', false],
    ['::1', false],
    ['2001:db8:ffff::1', false],
    ['::2', true],
    ['2001:db9::1', true],
    ['128.0.0.1', true],
  ] as const) {
    assert.equal(passed(limiter, client, NOERROR, 300, 1000), isLimited ? 100 : 300, client)
  }
})

test('a network that begins to be limited is told once, others are counted', () => {
  const limiter = limiterOf()
  assert.equal(takeNotice(limiter), null)
  passed(limiter, '192.0.2.77', NOERROR, 500, 1000)
  passed(limiter, '2001:db8:1:2ff::1', NXDOMAIN, 500, 1000)
  passed(limiter, '198.51.100.1', REFUSED, 500, 1000)
  const first = takeNotice(limiter)
  assert.ok(first !== null)
  assert.equal(formatPrefix(first.prefix), '192.0.2.0/24')
  assert.deepEqual([first.limited, first.perSecond, first.others], ['answers', 100, 2])
  passed(limiter, '192.0.2.77', NOERROR, 500, 1500)
  assert.equal(takeNotice(limiter), null, 'it is limited still')
  passed(limiter, '2001:db8:1:2ff::1', NXDOMAIN, 500, 90_000)
  const again = takeNotice(limiter)
  assert.ok(again !== null)
  assert.equal(formatPrefix(again.prefix), '2001:db8:1:200::/56')
  assert.deepEqual([again.limited, again.perSecond, again.others], ['NXDOMAIN answers', 10, 0])
  for (let zone = 0; zone < 5; zone++) passed(limiter, '203.0.113.1', NOERROR, 90, 200_000, zone)
  assert.deepEqual(takeNotice(limiter)?.limited, 'answers of all kinds')
})

test('all of one network together: never more than twice the rate and one burst, whatever the mix', () => {
  const step = fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3000 })),
    host: fc.integer({ min: 0, max: 255 }),
    zone: fc.integer({ min: 0, max: 40 }),
    rcode: fc.constantFrom(NOERROR, NOERROR, NXDOMAIN, FORMERR, REFUSED),
    count: fc.integer({ min: 1, max: 60 }),
    noise: fc.integer({ min: 0, max: 80 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), fc.nat(2 ** 40), (steps, seed, startMs) => {
      const rate = 20
      const limiter = createRateLimiter({ perSecond: rate, slip: 0, exempt: [] }, draws(seed))
      const die = draws(seed + 1)
      const sent: { readonly atMs: number; readonly key: string }[] = []
      let nowMs = startMs
      for (const { waitMs, host, zone, rcode, count, noise } of steps) {
        nowMs += waitMs
        for (let i = 0; i < count; i++) {
          const key = rcode === NOERROR || rcode === NXDOMAIN ? `${rcode} ${zone}` : 'error'
          if (asked(limiter, `192.0.2.${host}`, rcode, nowMs, zone) === VERDICT.pass) sent.push({ atMs: nowMs, key })
        }
        for (let i = 0; i < noise; i++) {
          const bytes = Uint8Array.of(11, die() & 0xff, die() & 0xff, 0)
          judge(limiter, bytes, 0, 4, die(), NOERROR, microsOf(nowMs), secondOf(nowMs))
        }
      }
      const within = (times: readonly number[], perSecond: number): void => {
        for (let from = 0; from < times.length; from++) {
          const seconds = ((times.at(-1) as number) - (times[from] as number)) / 1000
          const bound = perSecond * seconds + perSecond
          assert.ok(
            times.length - from <= bound + 1e-6,
            `${times.length - from} answers in ${seconds} s, at most ${bound}`,
          )
        }
      }
      within(
        sent.map(({ atMs }) => atMs),
        2 * rate,
      )
      for (const key of new Set(sent.map((it) => it.key))) {
        const times = sent.filter((it) => it.key === key).map(({ atMs }) => atMs)
        within(times, key.startsWith(`${NOERROR} `) ? rate : rate / 10)
      }
    }),
    { numRuns: 200 },
  )
})

test('invented networks push out nobody who is limited, and give nobody more than the rate', () => {
  const limiter = limiterOf({ perSecond: 5, slip: 0 })
  const die = draws(3)
  let sent = passed(limiter, '192.0.2.1', NOERROR, 20, 0)
  const bytes = new Uint8Array(4)
  for (let nowMs = 0; nowMs < 2000; nowMs += 10) {
    // 200,000 networks a second: more than there are buckets, each in use for longer than that.
    for (let i = 0; i < 2000; i++) {
      new DataView(bytes.buffer).setUint32(0, die())
      judge(limiter, bytes, 0, 4, ZONE, NOERROR, microsOf(nowMs), secondOf(nowMs))
    }
    sent += passed(limiter, '192.0.2.1', NOERROR, 3, nowMs)
  }
  assert.ok(sent <= 5 * 2 + 5, `${sent} answers in 2 s at 5/s`)
})

test('few networks do not limit each other', () => {
  const limiter = limiterOf({ perSecond: 1000 })
  const bytes = Uint8Array.of(10, 0, 0, 1)
  let limited = 0
  for (let i = 0; i < 20_000; i++) {
    bytes[1] = i >> 8
    bytes[2] = i & 0xff
    if (judge(limiter, bytes, 0, 4, ZONE, NOERROR, microsOf(i / 100), secondOf(i / 100)) !== VERDICT.pass) limited++
  }
  assert.equal(limited, 0)
})

test("the clock's words wrap: no debt is lost at the edge, none comes back from before", () => {
  const wrapMs = 2 ** 32 / 1000
  for (const edgeMs of [wrapMs / 2, wrapMs, wrapMs * 1.5, wrapMs * 400_000, 2 ** 31 * 1000]) {
    const limiter = limiterOf()
    assert.equal(passed(limiter, '192.0.2.1', NOERROR, 200, edgeMs - 250), 100)
    assert.equal(passed(limiter, '192.0.2.1', NOERROR, 200, edgeMs + 250), 50)
    // The same moment of the wrapped clock, one round later, and a little before and behind it.
    for (const roundMs of [wrapMs - 900, wrapMs, wrapMs + 900]) {
      const other = limiterOf()
      passed(other, '192.0.2.1', NOERROR, 200, edgeMs)
      assert.equal(passed(other, '192.0.2.1', NOERROR, 200, edgeMs + roundMs), 100, `${edgeMs} + ${roundMs}`)
    }
  }
})

test('a clock that is set back frees, one that lags by a batch does not', () => {
  const limiter = limiterOf()
  passed(limiter, '192.0.2.1', NOERROR, 200, 7_200_000)
  assert.equal(passed(limiter, '192.0.2.1', NOERROR, 1, 7_199_999), 0)
  assert.equal(passed(limiter, '192.0.2.1', NOERROR, 200, 3_600_000), 100)
})

/** Judges 30,000 answers to one network at one moment, in a thread of its own. */
const CROWD = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.module).then(({ judge }) => {
  let passed = 0
  for (let i = 0; i < 30_000; i++) {
    const noise = Uint8Array.of(10, i >> 8, i & 0xff, 1)
    judge(workerData.limiter, noise, 0, 4, 1, 0, 1_000_000, 1)
    if (judge(workerData.limiter, Uint8Array.of(192, 0, 2, i & 0xff), 0, 4, 1, 0, 1_000_000, 1) === 0) passed++
  }
  parentPort.postMessage(passed)
})`

test('two threads on one table keep the bound together', async () => {
  const limiter = limiterOf({ perSecond: 1000 })
  const module = new URL('../../../src/dns/rate-limit.ts', import.meta.url).href
  const threads = [1, 2].map(() => new Worker(CROWD, { eval: true, workerData: { limiter, module } }))
  const counts = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0] as number))
  await Promise.all(threads.map((thread) => thread.terminate()))
  assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 1000)
})
