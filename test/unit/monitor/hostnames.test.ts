import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type IpAddress, parseAddress } from '../../../src/domain/address.ts'
import { type LookUp, remembering, whyNotProbed } from '../../../src/monitor/hostnames.ts'
import { createTargetGuard } from '../../../src/monitor/target-guard.ts'
import { manualClock } from '../../helpers/manual-clock.ts'

const addresses = (...texts: readonly string[]): readonly IpAddress[] =>
  texts.flatMap((text) => parseAddress(text) ?? [])
const guard = createTargetGuard({ allow: [], deny: [] })
const answering =
  (ipv4: readonly string[], ipv6: readonly string[]): LookUp =>
  async (_hostname, family) =>
    addresses(...(family === 4 ? ipv4 : ipv6))

const cases: readonly (readonly [name: string, lookUp: LookUp, family: 4 | 6, reason: string | null])[] = [
  ['it has one', answering(['1.1.1.1'], []), 4, null],
  ['only of the other family', answering(['1.1.1.1'], []), 6, 'a.example has no IPv6 address'],
  ['of neither: the probe fails, and says so', answering([], []), 4, null],
  [
    'all are guarded',
    answering(['169.254.169.254'], []),
    4,
    'a.example is 169.254.169.254: link local (RFC 3927); checks.allow would permit it',
  ],
  ['one of them may be probed', answering(['169.254.169.254', '1.1.1.1'], []), 4, null],
  ['it cannot be told: the probe fails, and says so', () => Promise.reject(new Error('SERVFAIL')), 4, null],
]
for (const [name, lookUp, family, reason] of cases) {
  test(`a host name: ${name}`, async () => {
    assert.equal(await whyNotProbed({ hostname: 'a.example', family }, { lookUp, guard }), reason)
  })
}

test('an answer is remembered for five seconds, a failure too, whichever way the clock goes', async () => {
  const clock = manualClock(100_000)
  const asked: string[] = []
  const wall = { offsetMs: 0 }
  const lookUp = remembering({
    nowMs: () => clock.nowMs() + wall.offsetMs,
    async lookUp(hostname, family) {
      asked.push(`${hostname} ${family}`)
      if (hostname === 'bad.example') throw new Error('SERVFAIL')
      return addresses('1.1.1.1')
    },
  })
  await lookUp('a.example', 4)
  assert.deepEqual(await lookUp('a.example', 4), addresses('1.1.1.1'))
  await lookUp('a.example', 6)
  await assert.rejects(lookUp('bad.example', 4))
  await assert.rejects(lookUp('bad.example', 4))
  assert.deepEqual(asked, ['a.example 4', 'a.example 6', 'bad.example 4'])
  clock.advance(5_000)
  await lookUp('a.example', 4)
  assert.equal(asked.length, 4)
  wall.offsetMs = -3_600_000
  await lookUp('a.example', 4)
  assert.equal(asked.length, 5)
})
