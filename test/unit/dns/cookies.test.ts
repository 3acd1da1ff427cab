import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  COOKIE,
  createCookieJar,
  judgeCookie,
  openCookieJar,
  rotateSecret,
  writeCookie,
} from '../../../src/dns/cookies.ts'
import { sipHash24, sipPad } from '../../../src/dns/sip-hash.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const jarOf = (...secrets: readonly string[]) => createCookieJar(secrets.map((secret) => Buffer.from(secret, 'hex')))
type Jar = ReturnType<typeof jarOf>

/** The reference implementation's outputs for key 00…0f and the messages of 0, 1, 7, 8, 15 … octets 00, 01, 02, …. */
const SIP_HASHES: readonly (readonly [length: number, hash: string])[] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
  [16, 'db9bc2577fcc2a3f'],
  [20, '98eea21af25cd6be'],
  [32, 'ce7cf2722f512771'],
  [63, '724506eb4c328a95'],
]

test('SipHash-2-4 gives the outputs of its reference implementation, wherever the message stands', () => {
  const key = new Int32Array(6)
  for (let word = 0; word < 4; word++)
    key[2 + word] = Buffer.from(Array.from({ length: 16 }, (_, i) => i)).readInt32LE(word * 4)
  for (const [length, expected] of SIP_HASHES) {
    const octets = new Uint8Array(80).fill(0xee)
    for (let octet = 0; octet < length; octet++) octets[3 + octet] = octet
    const hash = new Int32Array(2)
    sipHash24(key, 2, octets, 3, sipPad(octets, 3, length), hash)
    const result = Buffer.alloc(8)
    result.writeInt32LE(hash[0] ?? 0)
    result.writeInt32LE(hash[1] ?? 0, 4)
    assert.equal(result.toString('hex'), expected, `${length} octets`)
  }
})

const judge = (jar: Jar, cookie: string, client: string, nowSeconds: number): number => {
  const octets = Buffer.from(`ffff${cookie}ff`, 'hex')
  const address = Buffer.from([9, ...addressOf(client).bytes])
  return judgeCookie(jar, octets, 2, octets.length - 3, address, 1, address.length - 1, nowSeconds)
}

const make = (jar: Jar, cookie: string, client: string, nowSeconds: number): string => {
  const out = Buffer.alloc(30, 0xee)
  const { bytes } = addressOf(client)
  writeCookie(jar, Buffer.from(`ff${cookie}`, 'hex'), 1, bytes, 0, bytes.length, nowSeconds, out, 3)
  assert.equal(out.toString('hex', 27), 'eeeeee', 'nothing is written behind the cookie')
  return out.toString('hex', 3, 27)
}

// RFC 9018 appendix A: what came, what went back.
const V4 = '198.51.100.100'
const V6 = '2001:db8:220:1:59de:d0f4:8769:82b8'
const LEARNED = '2464c4abcf10c957010000005cf79f111f8130c3eee29480'
const LEARNED_AT = 1559731985

test('RFC 9018 §A.1: learning a new server cookie', () => {
  const jar = jarOf(SECRET)
  assert.equal(judge(jar, '2464c4abcf10c957', V4, LEARNED_AT), COOKIE.client)
  assert.equal(make(jar, '2464c4abcf10c957', V4, LEARNED_AT), LEARNED)
})

test('RFC 9018 §A.2: the same client learning a renewed (fresh) server cookie', () => {
  const jar = jarOf(SECRET)
  assert.equal(judge(jar, LEARNED, V4, 1559734385), COOKIE.renew)
  assert.equal(make(jar, LEARNED, V4, 1559734385), '2464c4abcf10c957010000005cf7a871d4a564a1442aca77')
})

test('RFC 9018 §A.3: another client learning a renewed server cookie; reserved octets are hashed as they come, sent as 0', () => {
  const jar = jarOf(SECRET)
  const came = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5'
  assert.equal(judge(jar, came, '203.0.113.203', 1559727985), COOKIE.good)
  assert.equal(judge(jar, came.replace('abcdef', '000000'), '203.0.113.203', 1559727985), COOKIE.bad)
  assert.equal(make(jar, came, '203.0.113.203', 1559734700), 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e')
})

test('RFC 9018 §A.4: IPv6 query with rolled over secret', () => {
  const jar = jarOf('445536bcd2513298075a5d379663c962', 'dd3bdf9344b678b185a6f5cb60fca715')
  const came = '22681ab97d52c298010000005cf7c57926556bd0934c72f8'
  assert.equal(judge(jar, came, V6, 1559741961), COOKIE.renew)
  assert.equal(make(jar, came, V6, 1559741961), '22681ab97d52c298010000005cf7c609a6bb79d16625507a')
})

const flipped = (octet: number): string => {
  const bytes = Buffer.from(LEARNED, 'hex')
  bytes[octet] = (bytes[octet] ?? 0) ^ 1
  return bytes.toString('hex')
}

const JUDGED: readonly (readonly [
  what: string,
  cookie: string,
  client: string,
  ageSeconds: number,
  verdict: number,
])[] = [
  ['just made', LEARNED, V4, 0, COOKIE.good],
  ['half an hour old', LEARNED, V4, 1800, COOKIE.good],
  ['older than half an hour', LEARNED, V4, 1801, COOKIE.renew],
  ['an hour old', LEARNED, V4, 3600, COOKIE.renew],
  ['older than an hour', LEARNED, V4, 3601, COOKIE.bad],
  ['five minutes ahead', LEARNED, V4, -300, COOKIE.good],
  ['more than five minutes ahead', LEARNED, V4, -301, COOKIE.bad],
  ['of another address', LEARNED, '198.51.100.101', 0, COOKIE.bad],
  ['of the address mapped into IPv6', LEARNED, `::ffff:${V4}`, 0, COOKIE.good],
  ['of an address that only ends like it', LEARNED, '2001:db8::c633:6464', 0, COOKIE.bad],
  ['another client cookie', flipped(0), V4, 0, COOKIE.bad],
  ['another version', flipped(8), V4, 0, COOKIE.bad],
  ['other reserved octets', flipped(9), V4, 0, COOKIE.bad],
  ['another time', flipped(15), V4, 0, COOKIE.bad],
  ['another hash, its first half', flipped(16), V4, 0, COOKIE.bad],
  ['another hash, its last octet', flipped(23), V4, 0, COOKIE.bad],
  ['a server cookie of 8 octets', LEARNED.slice(0, 32), V4, 0, COOKIE.bad],
  ['a server cookie of 32 octets', LEARNED + LEARNED.slice(0, 32), V4, 0, COOKIE.bad],
  ['a client cookie alone', LEARNED.slice(0, 16), V4, 0, COOKIE.client],
  ['nothing', '', V4, 0, COOKIE.malformed],
  ['7 octets', LEARNED.slice(0, 14), V4, 0, COOKIE.malformed],
  ['9 octets', LEARNED.slice(0, 18), V4, 0, COOKIE.malformed],
  ['15 octets', LEARNED.slice(0, 30), V4, 0, COOKIE.malformed],
  ['41 octets', 'aa'.repeat(41), V4, 0, COOKIE.malformed],
]
for (const [what, cookie, client, ageSeconds, verdict] of JUDGED) {
  test(`judged: ${what}`, () => assert.equal(judge(jarOf(SECRET), cookie, client, LEARNED_AT + ageSeconds), verdict))
}

test('the clock of 32 bits may wrap between making and judging', () => {
  const jar = jarOf(SECRET)
  const madeAt = 2 ** 32 - 100
  const made = make(jar, '2464c4abcf10c957', V6, madeAt)
  assert.equal(judge(jar, made, V6, madeAt + 500), COOKIE.good)
  assert.equal(judge(jar, made, V6, madeAt + 4000), COOKIE.bad)
})

test('rotation: the new secret makes, the former one is believed, the one before it is not; other threads see it', () => {
  const jar = jarOf(SECRET)
  const elsewhere = openCookieJar(jar.shared)
  let before = LEARNED
  // More often than there are slots.
  for (let turn = 1; turn <= 20; turn++) {
    rotateSecret(jar, Buffer.alloc(16, turn))
    const made = make(elsewhere, '2464c4abcf10c957', V4, LEARNED_AT)
    assert.equal(judge(elsewhere, made, V4, LEARNED_AT), COOKIE.good, `turn ${turn}`)
    assert.equal(judge(elsewhere, before, V4, LEARNED_AT), COOKIE.renew, `turn ${turn}`)
    if (turn > 1) assert.equal(judge(elsewhere, LEARNED, V4, LEARNED_AT), COOKIE.bad, `turn ${turn}`)
    before = made
  }
})

test('a fleet in the middle of a change of secrets: whichever node made it, every node believes it', () => {
  const next = 'dd3bdf9344b678b185a6f5cb60fca715'
  const [early, late] = [jarOf(SECRET, next), jarOf(next, SECRET)]
  assert.equal(judge(early, make(late, LEARNED, V4, LEARNED_AT), V4, LEARNED_AT), COOKIE.renew)
  assert.equal(judge(late, make(early, LEARNED, V4, LEARNED_AT), V4, LEARNED_AT), COOKIE.renew)
})

for (const [what, lengths] of [
  ['none', []],
  ['five', [16, 16, 16, 16, 16]],
  ['a short one', [16, 15]],
  ['a long one', [17]],
] as const) {
  test(`no jar of ${what}`, () => {
    assert.throws(() => createCookieJar(lengths.map((length) => new Uint8Array(length))), /expected 1 to 4 of 16/)
  })
}
