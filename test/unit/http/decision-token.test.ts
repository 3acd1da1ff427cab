import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type IpAddress, parseAddress } from '../../../src/domain/address.ts'
import {
  createDecisionTokens,
  KEY_OCTETS,
  MAX_TOKEN_ENDPOINTS,
  MAX_TOKEN_LENGTH,
  NODE_OCTETS,
  TOKEN_LIFE_MS,
} from '../../../src/http/decision-token.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'

function address(text: string): IpAddress {
  const parsed = parseAddress(text)
  assert.ok(parsed !== null, text)
  return parsed
}

const key = (octet: number) => new Uint8Array(KEY_OCTETS).fill(octet)
const node = (octet: number) => new Uint8Array(NODE_OCTETS).fill(octet)
const tokens = createDecisionTokens(key(1), node(1))
const CLIENT = address('203.0.113.77')
const GRANT = { service: 'api', endpoints: ['frankfurt', 'virginia'], address: CLIENT }

function issue(changes: Partial<typeof GRANT> = {}, nowMs = TEST_NOW_MS): string {
  const token = tokens.issue({ ...GRANT, ...changes }, nowMs)
  assert.ok(token !== null)
  return token
}

/** The fault, or the service and endpoints. */
function read(token: string, from = CLIENT, nowMs = TEST_NOW_MS, by = tokens): string {
  const verified = by.verify(token, from, nowMs, TOKEN_LIFE_MS)
  return typeof verified === 'string' ? verified : [verified.service, ...verified.endpoints].join(' ')
}

const SAME = 'api frankfurt virginia'

const rows: readonly (readonly [name: string, from: string, afterMs: number, expected: string])[] = [
  ['at once', '203.0.113.77', 0, SAME],
  ['another host of the /24', '203.0.113.1', 0, SAME],
  ['at the end of its life', '203.0.113.77', TOKEN_LIFE_MS, SAME],
  ['after that', '203.0.113.77', TOKEN_LIFE_MS + 1_000, 'expired'],
  ['from the next /24', '203.0.112.255', 0, 'forged'],
  ['from IPv6', '2001:db8::1', 0, 'forged'],
  ['by a clock that is behind', '203.0.113.77', -60_000, SAME],
  ['by a clock that is farther behind', '203.0.113.77', -61_000, 'expired'],
]
for (const [name, from, afterMs, expected] of rows) {
  test(`a token ${name}`, () => assert.equal(read(issue(), address(from), TEST_NOW_MS + afterMs), expected))
}

test('IPv6: a token holds for the /48', () => {
  const token = issue({ address: address('2001:db8:1:2::3') })
  assert.equal(read(token, address('2001:db8:1:ffff::1')), SAME)
  assert.equal(read(token, address('2001:db8:2::3')), 'forged')
})

test('another fleet’s key, and another node of the fleet', () => {
  const token = issue()
  assert.equal(read(token, CLIENT, TEST_NOW_MS, createDecisionTokens(key(2), node(1))), 'forged')
  assert.equal(read(token, CLIENT, TEST_NOW_MS, createDecisionTokens(key(1), node(2))), SAME)
})

test('no two tokens are the same, not even those of two nodes', () => {
  const other = createDecisionTokens(key(1), node(2))
  const made = [issue(), issue(), other.issue(GRANT, TEST_NOW_MS), other.issue(GRANT, TEST_NOW_MS)]
  assert.equal(new Set(made).size, 4)
})

test('no octet of a token can be changed', () => {
  const token = issue()
  const octets = Buffer.from(token, 'base64url')
  for (let at = 0; at < octets.length; at++) {
    for (const flip of [1, 0x80]) {
      const changed = Buffer.from(octets)
      changed.writeUInt8((octets[at] ?? 0) ^ flip, at)
      assert.match(read(changed.toString('base64url')), /^(forged|malformed)$/, `octet ${at}`)
    }
  }
})

const malformed: readonly (readonly [name: string, token: string])[] = [
  ['nothing', ''],
  ['text', 'hello'],
  ['with a character that base64 passes over', `${issue()}!`],
  ['with padding', `${issue()}=`],
  ['cut', issue().slice(0, 40)],
  ['long', 'A'.repeat(MAX_TOKEN_LENGTH + 1)],
  ['of zeros', Buffer.alloc(80).toString('base64url')],
  ['of lengths that lead past its end', Buffer.from([1, ...new Array(80).fill(255)]).toString('base64url')],
]
for (const [name, token] of malformed) {
  test(`no token: ${name}`, () => assert.equal(read(token), 'malformed'))
}

test('a token longer by octets behind its end is none', () => {
  const longer = Buffer.concat([Buffer.from(issue(), 'base64url'), Buffer.alloc(3)])
  assert.match(read(longer.toString('base64url')), /^(forged|malformed)$/)
})

test('whatever is sent as a token, it is refused and nothing breaks', () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets).toString('base64url')),
    fc.uint8Array({ maxLength: 100 }).map((octets) => Buffer.from([1, ...octets]).toString('base64url')),
  )
  fc.assert(fc.property(texts, (text) => assert.match(read(text), /^(forged|malformed)$/)))
})

test('what was given comes back, for all ids and addresses', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed())
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const anywhere = fc.oneof(
    octets(4).map((bytes): IpAddress => ({ family: 4, bytes })),
    octets(16).map((bytes): IpAddress => ({ family: 6, bytes })),
  )
  const given = fc.record({ service: id, endpoints: fc.array(id, { minLength: 1, maxLength: 12 }), address: anywhere })
  fc.assert(
    fc.property(given, (grant) => {
      const token = tokens.issue(grant, TEST_NOW_MS)
      const isTellable = [grant.service, ...grant.endpoints].every((text) => Buffer.byteLength(text) <= 63)
      assert.equal(token !== null, isTellable)
      if (token === null) return
      const verified = tokens.verify(token, grant.address, TEST_NOW_MS, TOKEN_LIFE_MS)
      assert.ok(typeof verified === 'object')
      assert.equal(verified.service, grant.service)
      assert.deepEqual(verified.endpoints, grant.endpoints.slice(0, MAX_TOKEN_ENDPOINTS))
    }),
  )
})

test('the longest ids that policies allow fit', () => {
  const endpoints = Array.from({ length: 12 }, (_, index) => `${index}`.padStart(63, 'e'))
  const token = issue({ service: 's'.repeat(63), endpoints })
  assert.ok(token.length <= MAX_TOKEN_LENGTH)
  assert.equal(read(token).split(' ').length, 1 + MAX_TOKEN_ENDPOINTS)
})

test('an answer without endpoints has no token', () =>
  assert.equal(tokens.issue({ ...GRANT, endpoints: [] }, TEST_NOW_MS), null))

test('a key or node of another length is refused', () => {
  assert.throws(() => createDecisionTokens(new Uint8Array(16), node(1)), /key of 16/)
  assert.throws(() => createDecisionTokens(key(1), new Uint8Array(0)), /node of 0/)
})
