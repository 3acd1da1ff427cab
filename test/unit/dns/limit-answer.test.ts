import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COOKIE_LENGTH, createCookieJar, writeCookie } from '../../../src/dns/cookies.ts'
import { createRateLimiter, type RateLimitSettings } from '../../../src/dns/rate-limit.ts'
import { createResponder, type Transport } from '../../../src/dns/respond.ts'
import { addressOf, dnsSnapshot } from '../../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'
import { namesOf } from '../../helpers/dns-names.ts'
import { draws } from '../../helpers/draws.ts'
import { someQuery } from '../../helpers/fastpath-queries.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'

const CLIENT = addressOf('192.0.2.1')
const CLIENT_COOKIE = '0102030405060708'

/** A node that sends one answer of each kind, a burst, and limits from then on until the clock is turned. */
function limitedNode(settings: Partial<RateLimitSettings> = {}) {
  const clock = { ms: 0 }
  const limited: string[] = []
  const rcodes: number[] = []
  const cookies = createCookieJar([new Uint8Array(16).fill(5)])
  const limiter = createRateLimiter({ perSecond: 1, slip: 1, exempt: [], ...settings }, draws(1))
  const respond = createResponder({
    current: () => dnsSnapshot,
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    debug: [],
    nodeId: 'node-1',
    cookies,
    rateLimit: { limiter, steadyMs: () => clock.ms },
    findAliasAddresses: () => null,
    onAnswer: ({ rcode }) => rcodes.push(rcode),
    onLimited: (verdict) => limited.push(verdict),
    onFailure: (error) => {
      throw error
    },
  })
  const out = new Uint8Array(65_535)
  const send = (query: Uint8Array, transport: Transport = 'udp'): Buffer | null => {
    const length = respond(query, query.length, { address: CLIENT, transport }, out)
    return length === 0 ? null : Buffer.from(out.subarray(0, length))
  }
  const ask = (query: string, transport: Transport = 'udp') => {
    const { bytes } = composeQuery(query)
    return { sent: bytes, answer: send(bytes, transport) }
  }
  return { ask, send, clock, limited, rcodes, cookies }
}

for (const [query, rcode, flags, edns] of [
  ['api.geo.example A', 'NOERROR', 'qr aa tc', null],
  ['api.geo.example A +rd', 'NOERROR', 'qr aa tc rd', null],
  ['api.geo.example A +do', 'NOERROR', 'qr aa tc', 'udp=1232 do'],
  ['api.geo.example A +subnet=6.6.7.0/24', 'NOERROR', 'qr aa tc', 'udp=1232 ecs=6.6.7.0/24/0'],
  ['www.child.geo.example A', 'NOERROR', 'qr tc', null],
  ['nothing.geo.example A +edns', 'NXDOMAIN', 'qr aa tc', 'udp=1232'],
  ['example.net A +edns', 'REFUSED', 'qr tc', 'udp=1232'],
  ['api.geo.example A +edns=1', 'BADVERS', 'qr tc', 'udp=1232'],
  ['api.geo.example A +opcode=5', 'NOTIMP', 'qr tc', null],
  ['api.geo.example A +tail=00', 'FORMERR', 'qr tc', null],
  [`api.geo.example A +opt=10:${CLIENT_COOKIE}`, 'BADCOOKIE', 'qr', /^udp=1232 option10=0102030405060708.{32}$/],
  [`nothing.geo.example A +opt=10:${CLIENT_COOKIE}`, 'BADCOOKIE', 'qr', /^udp=1232 option10=0102030405060708.{32}$/],
] as const) {
  test(`a slip to: ${query}`, () => {
    const { ask, limited, rcodes } = limitedNode()
    assert.ok(ask(query).answer !== null)
    assert.deepEqual([limited, rcodes.length], [[], 1])
    const { sent, answer } = ask(query)
    assert.ok(answer !== null)
    const described = describeMessage(answer)
    assert.deepEqual([described.rcode, described.flags], [rcode, flags])
    assert.deepEqual([described.answer, described.authority, described.additional], [[], [], []])
    if (edns instanceof RegExp) assert.match(described.edns ?? '', edns)
    else assert.equal(described.edns, edns)
    const serverCookie = described.rcode === 'BADCOOKIE' ? 16 : 0
    assert.ok(answer.length <= sent.length + serverCookie, `${answer.length} octets for ${sent.length}`)
    assert.deepEqual([limited, rcodes.length], [['slip'], 1])
  })
}

test('over TCP, TLS and HTTPS nothing is limited', () => {
  for (const transport of ['tcp', 'tls', 'https'] as const) {
    const { ask, limited } = limitedNode()
    for (let i = 0; i < 5; i++) {
      const { answer } = ask('api.geo.example A', transport)
      assert.equal(answer === null ? null : describeMessage(answer).answer.length, 1)
    }
    assert.deepEqual(limited, [])
  }
})

test('a dropped answer is silence, is told as dropped, and time brings the next one', () => {
  const { ask, clock, limited, rcodes } = limitedNode({ slip: 0 })
  assert.ok(ask('api.geo.example A').answer !== null)
  assert.equal(ask('api.geo.example A').answer, null)
  assert.equal(ask('api.geo.example A').answer, null)
  clock.ms += 1000
  assert.ok(ask('api.geo.example A').answer !== null)
  assert.deepEqual(limited, ['drop', 'drop'])
  assert.deepEqual(rcodes, [0, 0])
})

test('the zone around the name counts, and what is asked of it does not', () => {
  const { ask, limited } = limitedNode({ slip: 0, perSecond: 3 })
  for (const query of ['api.geo.example A', 'geo.example SOA', 'x.child.geo.example A']) ask(query)
  assert.deepEqual(limited, [], 'a burst of three')
  ask('mail.geo.example TXT')
  assert.deepEqual(limited, ['drop'], 'the same zone')
  ask('inner.geo.example SOA')
  assert.deepEqual(limited, ['drop'], 'a zone below has its own')
})

test('who shows a good cookie is not limited, who shows a bad one is', () => {
  const { ask, limited, cookies } = limitedNode()
  const cookieFor = (address: typeof CLIENT): string => {
    const value = new Uint8Array(COOKIE_LENGTH)
    value.set(Buffer.from(CLIENT_COOKIE, 'hex'))
    const { bytes } = address
    writeCookie(cookies, value, 0, bytes, 0, bytes.length, TEST_NOW_MS / 1000, value, 0)
    return Buffer.from(value).toString('hex')
  }
  for (let i = 0; i < 5; i++) {
    const { answer } = ask(`api.geo.example A +opt=10:${cookieFor(CLIENT)}`)
    assert.equal(answer === null ? null : describeMessage(answer).rcode, 'NOERROR')
  }
  assert.deepEqual(limited, [])
  ask('api.geo.example A')
  const { answer } = ask(`api.geo.example A +opt=10:${cookieFor(addressOf('198.51.100.1'))}`)
  assert.equal(answer === null ? null : describeMessage(answer).rcode, 'BADCOOKIE')
  // The fresh one that came with it is good.
  const fresh = /option10=([0-9a-f]+)/.exec(answer === null ? '' : (describeMessage(answer).edns ?? ''))?.[1]
  const again = ask(`api.geo.example A +opt=10:${fresh}`)
  assert.equal(again.answer === null ? null : describeMessage(again.answer).rcode, 'NOERROR')
})

test('a spoofed flood of everything: answers stay below the bound, slips are no longer than what was sent', () => {
  const perSecond = 20
  const { send, clock, limited } = limitedNode({ perSecond, slip: 2 })
  const die = draws(21)
  const names = namesOf(dnsSnapshot)
  const answers: number[] = []
  for (let i = 0; i < 20_000; i++) {
    clock.ms += die() % 2
    const query = someQuery(names, { client: addressOf('198.51.100.1'), nowMs: TEST_NOW_MS }, die)
    const before = limited.length
    const answer = send(query)
    if (answer === null) continue
    if (limited.length === before) answers.push(clock.ms)
    else assert.ok(answer.length <= query.length + 16, `${answer.length} octets for ${query.toString('hex')}`)
  }
  for (const [index, atMs] of answers.entries()) {
    const seconds = ((answers.at(-1) as number) - atMs) / 1000
    assert.ok(answers.length - index <= 2 * perSecond * (seconds + 1), `${answers.length - index} in ${seconds} s`)
  }
  assert.ok(answers.length > 2 * perSecond && limited.length > 15_000)
})
