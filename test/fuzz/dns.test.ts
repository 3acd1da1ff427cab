import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCookieJar } from '../../src/dns/cookies.ts'
import type { Peer } from '../../src/dns/respond.ts'
import { addressOf, testResponder } from '../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../helpers/dns-message.ts'

/** `onFailure` of this responder throws: an exception inside fails the property, it is not hidden behind SERVFAIL. */
const { respond } = testResponder({ cookies: createCookieJar([new Uint8Array(16).fill(7)]) })
const RUNS = 20_000
const GUARD = 0xa5

const PEERS: readonly Peer[] = (['5.5.1.1', '6.6.1.1', '192.0.2.1', '2400::1', '::ffff:6.6.7.1'] as const).flatMap(
  (text) => (['udp', 'tcp'] as const).map((transport) => ({ address: addressOf(text), transport })),
)

/** No answer over UDP is larger than our own cap, whatever size a mutated OPT record states. */
function allowed(peer: Peer): number {
  return peer.transport === 'tcp' ? 65_535 : 1232
}

/** Asks with octets behind `out` that must stay what they are. */
function answer(query: Uint8Array, peer: Peer, room: number): Uint8Array {
  const memory = new Uint8Array(room + 64).fill(GUARD)
  const before = Uint8Array.from(query)
  const length = respond(query, query.length, peer, memory.subarray(0, room))
  assert.ok(Number.isInteger(length) && length >= 0 && length <= Math.min(room, allowed(peer)), `length ${length}`)
  assert.ok(
    memory.subarray(room).every((octet) => octet === GUARD),
    'nothing is written behind out',
  )
  assert.deepEqual(Uint8Array.from(query), before, 'the query is only read')
  return memory.subarray(0, length)
}

/** What holds for every answer. */
function check(query: Uint8Array, response: Uint8Array): void {
  const mayBeAnswered = query.length >= 12 && ((query[2] ?? 0) & 0x80) === 0
  assert.equal(response.length > 0, mayBeAnswered, 'answered exactly when it is a query')
  if (!mayBeAnswered) return
  assert.deepEqual(response.subarray(0, 2), query.subarray(0, 2), 'ID')
  assert.equal((response[2] ?? 0) & 0x78, (query[2] ?? 0) & 0x78, 'opcode')
  assert.equal((response[2] ?? 0) & 0x80, 0x80, 'QR')
  assert.equal((response[3] ?? 0) & 0xe0, 0, 'RA, Z and AD')
  const { question } = describeMessage(response)
  if (question === null) return
  const end = questionEnd(response)
  assert.deepEqual(response.subarray(12, end), query.subarray(12, end), 'question')
}

function questionEnd(message: Uint8Array): number {
  let at = 12
  while ((message[at] ?? 0) !== 0) at += 1 + (message[at] ?? 0)
  return at + 5
}

const peer = fc.constantFrom(...PEERS)
const room = fc.constantFrom(512, 700, 1232, 65_535)

const NAMES = [
  'geo.example',
  'api.geo.example',
  'hosts.geo.example',
  'x.tenant.geo.example',
  'c1.geo.example',
  'loop1.geo.example',
  'a.wild.geo.example',
  'www.child.geo.example',
  'inner.geo.example',
  'flat.geo.example',
  'other.example',
  'api.private.example',
  'example.net',
  'no.such.name.geo.example',
] as const
const TYPES = [
  'A',
  'AAAA',
  'CNAME',
  'NS',
  'SOA',
  'MX',
  'TXT',
  'DS',
  'ANY',
  'AXFR',
  'HTTPS',
  'TYPE0',
  'TYPE1000',
  'TYPE41',
] as const
const FLAGS = [
  '',
  '+edns',
  '+do +cd',
  '+rd +ad +z',
  '+subnet=5.5.1.0/24',
  '+subnet=2400:1::/32',
  '+subnet=10.1.0.0/16',
  '+ecs=00010000',
  '+edns=1',
  '+bufsize=4096',
  '+opt=10:0011223344556677',
  '+opt=10:00112233445566778899aabbccddeeff',
  '+opt=3:',
  '+opt=11:',
  '+opt=12:000000',
  '+opt=9:,3:,10:0011223344556677,65535:ff',
  '+tsig=key.example',
  '+opcode=4',
  '+twoopts',
] as const

const wellFormed = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...TYPES), fc.constantFrom(...FLAGS), fc.nat(0xffff))
  .map(([name, type, flags, id]) => Uint8Array.from(composeQuery(`${name} ${type} ${flags}`, id).bytes))

test('random octets: no exception, no write out of bounds, every query answered', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), peer, room, (query, from, size) => {
      check(query, answer(query, from, size))
    }),
    { numRuns: RUNS / 4 },
  )
})

test('random octets behind a plausible header', () => {
  const header = fc.tuple(fc.nat(0xffff), fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3))
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 300 }), peer, room, ([id, ...counts], rest, from, size) => {
      const query = Uint8Array.from([id >> 8, id & 0xff, 0, 0, ...counts.flatMap((count) => [0, count]), ...rest])
      check(query, answer(query, from, size))
    }),
    { numRuns: RUNS / 4 },
  )
})

test('mutated queries: octets changed, cut off, repeated', () => {
  const mutation = fc.oneof(
    fc.tuple(fc.constant('set'), fc.nat(), fc.nat(255)),
    fc.tuple(fc.constant('cut'), fc.nat(), fc.constant(0)),
    fc.tuple(fc.constant('repeat'), fc.nat(), fc.nat(40)),
  )
  fc.assert(
    fc.property(
      wellFormed,
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      peer,
      room,
      (bytes, changes, from, size) => {
        let query: Uint8Array = Uint8Array.from(bytes)
        for (const [kind, where, value] of changes) {
          const at = where % Math.max(1, query.length)
          if (kind === 'set') query[at] = value
          else if (kind === 'cut') query = query.slice(0, at)
          else query = Uint8Array.from([...query.subarray(0, at + value), ...query.subarray(at)])
        }
        check(query, answer(query, from, size))
      },
    ),
    { numRuns: RUNS / 2 },
  )
})

test('well-formed queries are answered with their question, and the same over UDP and TCP unless truncated', () => {
  fc.assert(
    fc.property(wellFormed, fc.constantFrom(...PEERS.filter(({ transport }) => transport === 'udp')), (query, from) => {
      const overUdp = answer(query, from, 1232)
      const overTcp = answer(query, { ...from, transport: 'tcp' }, 65_535)
      check(query, overUdp)
      const udp = describeMessage(overUdp)
      if ((query[2] ?? 0) < 8) assert.notEqual(udp.question, null)
      if (!udp.flags.includes('tc')) assert.deepEqual(overUdp, overTcp)
    }),
    { numRuns: RUNS / 4 },
  )
})

test('any options: well-formed ones are answered, others are FORMERR, none is echoed that is not known', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 44 }),
    fc.constantFrom(Uint8Array.of(), new Uint8Array(8), Uint8Array.of(0, 1, 24, 0, 5, 5, 1)),
  )
  const code = fc.oneof(fc.constantFrom(3, 8, 10, 11, 12, 15), fc.nat(0xffff))
  const options = fc.array(fc.tuple(code, value), { maxLength: 5 })
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), options, fc.nat(3), peer, (name, list, cut, from) => {
      const text = list.map(([number, octets]) => `${number}:${Buffer.from(octets).toString('hex')}`).join()
      const { bytes } = composeQuery(`${name} A +edns${list.length === 0 ? '' : ` +opt=${text}`}`)
      // Now and then the last option is longer than its OPT.
      const isCut = cut === 0 && list.length > 0
      const query = Uint8Array.from(bytes.subarray(0, bytes.length - (isCut ? 1 : 0)))
      const response = answer(query, from, from.transport === 'tcp' ? 65_535 : 1232)
      check(query, response)
      const { rcode, edns } = describeMessage(response)
      if (isCut) assert.equal(rcode, 'FORMERR')
      for (const told of (edns ?? '').matchAll(/option(\d+)=/g))
        assert.ok(['3', '10', '11', '12'].includes(told[1] ?? ''), edns ?? '')
    }),
    { numRuns: RUNS / 4 },
  )
})
