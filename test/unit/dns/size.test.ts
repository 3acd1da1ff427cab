import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createResponder } from '../../../src/dns/respond.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { composeQuery, type DescribedMessage, describeMessage } from '../../helpers/dns-message.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

const ZONE = `zone: big.example
soa: { rname: hostmaster.big.example }
ns: { ns1.big.example: [192.0.2.1] }
records:
  - { name: small, type: TXT, value: ${'s'.repeat(200)}, ttl: 1h }
  - { name: half, type: TXT, value: ${'h'.repeat(700)}, ttl: 1h }
  - { name: whole, type: TXT, value: ${'w'.repeat(2000)}, ttl: 1h }
  - { name: jumbo, type: TXT, value: ${'j'.repeat(8000)}, ttl: 1h }
  - { name: tohalf, type: CNAME, value: half, ttl: 1h }
${many(12, (i) => `  - { name: mx, type: MX, value: ${i} m${i}.big.example., ttl: 1h }\n  - { name: m${i}, type: AAAA, value: '2001:db8::${i}', ttl: 1h }`)}
  - { name: cut, type: NS, value: ns.outside.example., ttl: 1h }
${many(14, (i) => `  - { name: cut, type: NS, value: n${i}.cut.big.example., ttl: 1h }\n  - { name: n${i}.cut, type: AAAA, value: '2001:db8::${i}', ttl: 1h }`)}
  - { name: far, type: NS, value: ns.far.big.example., ttl: 1h }
  - { name: ns.far, type: A, value: 192.0.2.2, ttl: 1h }
${many(14, (i) => `  - { name: far, type: NS, value: n${i}.cut.big.example., ttl: 1h }`)}
`

const snapshot = makeSnapshot({ documents: { 'big.zone.yaml': ZONE } })
const respond = createResponder({
  current: () => snapshot,
  nowMs: () => TEST_NOW_MS,
  dice: () => 0,
  debug: [],
  nodeId: 'n',
  findAliasAddresses: () => null,
  onFailure: (error) => {
    throw error
  },
})

function ask(text: string, room = 65_535): { readonly length: number; readonly said: DescribedMessage } {
  const { bytes, transport } = composeQuery(text)
  const out = new Uint8Array(room)
  const length = respond(bytes, bytes.length, { address: addressOf('192.0.2.9'), transport }, out)
  return { length, said: describeMessage(out.subarray(0, length)) }
}

const rows: readonly {
  readonly name: string
  readonly query: string
  readonly limit: number
  readonly truncated: boolean
  readonly answer: number
  readonly additional?: number
}[] = [
  { name: 'fits in 512', query: 'small.big.example TXT', limit: 512, truncated: false, answer: 1 },
  { name: '1035 §4.2.1: 512 without EDNS', query: 'half.big.example TXT', limit: 512, truncated: true, answer: 0 },
  {
    name: '6891 §6.2.3: less than 512 is 512',
    query: 'small.big.example TXT +bufsize=1',
    limit: 512,
    truncated: false,
    answer: 1,
  },
  { name: 'and no more', query: 'half.big.example TXT +bufsize=100', limit: 512, truncated: true, answer: 0 },
  { name: 'the requestor’s size', query: 'half.big.example TXT +bufsize=800', limit: 800, truncated: false, answer: 1 },
  { name: 'a little less', query: 'half.big.example TXT +bufsize=740', limit: 740, truncated: true, answer: 0 },
  {
    name: '9715: our own 1232 at most',
    query: 'whole.big.example TXT +bufsize=4096',
    limit: 1232,
    truncated: true,
    answer: 0,
  },
  {
    name: '8906 §8.2.7: truncated at 512 with DO',
    query: 'half.big.example TXT +bufsize=512 +do',
    limit: 512,
    truncated: true,
    answer: 0,
  },
  {
    name: 'a CNAME whose target does not fit: nothing of it',
    query: 'tohalf.big.example TXT',
    limit: 512,
    truncated: true,
    answer: 0,
  },
  { name: 'TCP has room', query: 'jumbo.big.example TXT +tcp', limit: 65_535, truncated: false, answer: 1 },
  {
    name: 'also with a small EDNS size',
    query: 'jumbo.big.example TXT +tcp +bufsize=512',
    limit: 65_535,
    truncated: false,
    answer: 1,
  },
  {
    name: 'additional records go first',
    query: 'mx.big.example MX',
    limit: 512,
    truncated: false,
    answer: 12,
    additional: 8,
  },
  {
    name: 'all of them with EDNS',
    query: 'mx.big.example MX +bufsize=1232',
    limit: 1232,
    truncated: false,
    answer: 12,
    additional: 12,
  },
]

for (const { name, query, limit, truncated, answer, additional = 0 } of rows) {
  test(`${name}: ${query}`, () => {
    const { length, said } = ask(query)
    assert.ok(length <= limit, `${length} octets`)
    assert.equal(said.flags.includes('tc'), truncated)
    assert.equal(said.answer.length, answer)
    assert.equal(said.additional.length, additional)
    assert.equal(said.authority.length, 0)
    assert.equal(said.edns !== null, query.includes('bufsize'), 'OPT is kept')
  })
}

test('RFC 9471 §3.1: a referral without room for all in-domain glue has TC', () => {
  const { said } = ask('www.cut.big.example A')
  assert.equal(said.flags, 'qr tc')
  assert.equal(said.authority.length, 15)
  assert.ok(said.additional.length > 0 && said.additional.length < 14)
})

test('RFC 9471 §3.1: with room for it, it has not', () => {
  const { said } = ask('www.cut.big.example A +bufsize=1232')
  assert.equal(said.flags, 'qr')
  assert.equal(said.additional.length, 14)
})

test('RFC 9471 §3.2: sibling glue may be left out without TC, in-domain glue is there', () => {
  const { said } = ask('www.far.big.example A')
  assert.equal(said.flags, 'qr')
  assert.equal(said.additional[0], 'ns.far.big.example. 3600 A 192.0.2.2')
  assert.ok(said.additional.length < 15)
})

test('a transport with less room truncates rather than overflows', () => {
  const { length, said } = ask('half.big.example TXT +bufsize=1232', 600)
  assert.ok(length <= 600)
  assert.equal(said.flags, 'qr aa tc')
})

test('owners are compressed: a name is written once', () => {
  const { length } = ask('mx.big.example MX')
  // Header 12, question 20, twelve MX of 2 + 10 + 2 + (3 or 4) + 2, eight AAAA of 2 + 10 + 16.
  assert.equal(length, 12 + 20 + 10 * 19 + 2 * 20 + 8 * 28)
})
