import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { composeQuery as composeClientQuery } from '../../../src/dns/client/compose-query.ts'
import { dataToText } from '../../../src/dns/wire/data-text.ts'
import { nameFromText, nameToText } from '../../../src/dns/wire/name.ts'
import { parseQuery } from '../../../src/dns/wire/query.ts'
import { parseResponse, type Response, type ResponseRecord } from '../../../src/dns/wire/response.ts'
import { rcodeToText, typeFromText, typeToText } from '../../../src/dns/wire/type-names.ts'
import { addressOf, testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'

const { respond } = testResponder()

function answersOf(query: string): Uint8Array {
  const { bytes, transport } = composeQuery(query)
  const out = new Uint8Array(65_535)
  return out.slice(0, respond(bytes, bytes.length, { address: addressOf('5.5.1.1'), transport }, out))
}

const VECTORS = new URL('../../vectors/dns/', import.meta.url)
const queries: readonly string[] = readdirSync(VECTORS)
  .filter((name) => name.endsWith('.json'))
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, VECTORS), 'utf8')).cases)
  .flatMap(({ query, expect }: { query: string; expect: unknown }) =>
    expect === 'silent' || query.startsWith('hex:') ? [] : [query],
  )
const responses = queries.map(answersOf).filter(({ length }) => length > 0)

const parsed = (message: Uint8Array): Response => {
  const response = parseResponse(message)
  assert.ok(!('malformed' in response), JSON.stringify(response))
  return response
}

/** Types whose text the reader of the tests writes as we do. */
const TEXT_TYPES = ['A', 'AAAA', 'NS', 'CNAME', 'PTR', 'MX', 'SRV', 'SOA']
const lineOf = ({ name, ttlSeconds, type, data }: ResponseRecord): string =>
  `${nameToText(name)}. ${ttlSeconds} ${typeToText(type)} ${dataToText(type, data)}`.toLowerCase()

test('every answer of the vectors reads as the reader of the tests has it', () => {
  assert.ok(responses.length > 100)
  for (const message of responses) {
    const [found, expected] = [parsed(message), describeMessage(message)]
    assert.equal(rcodeToText(found.rcode), expected.rcode)
    assert.equal(found.edns === null, expected.edns === null)
    for (const section of ['answer', 'authority', 'additional'] as const) {
      assert.equal(found[section].length, expected[section].length)
      for (const [index, record] of found[section].entries()) {
        const line = (expected[section][index] ?? '').toLowerCase()
        if (TEXT_TYPES.includes(typeToText(record.type))) assert.equal(lineOf(record), line)
      }
    }
  }
})

test('scope and extended errors', () => {
  const read = (query: string) => parsed(answersOf(query)).edns
  assert.deepEqual(read('api.geo.example A +subnet=5.5.1.0/24')?.ecs, {
    family: 1,
    sourcePrefixLength: 24,
    scopePrefixLength: 16,
  })
  assert.deepEqual(read('elsewhere.test A +edns')?.errors, [{ code: 20, text: '' }])
  assert.equal(read('elsewhere.test A'), null)
})

const header = (answers: number, additional: number): string =>
  `12348400 0001 ${answers.toString(16).padStart(4, '0')} 0000 ${additional.toString(16).padStart(4, '0')} 0161 00 0001 0001`
const malformedRows: readonly [name: string, hex: string, words: RegExp][] = [
  ['nothing', '', /0 octets/],
  ['a header cut short', '1234 8400 0000', /6 octets/],
  ['a query', '1234 0000 0000 0000 0000 0000', /a query/],
  ['two questions', '1234 8400 0002 0000 0000 0000', /2 questions/],
  ['no question where one is counted', '1234 8400 0001 0000 0000 0000', /question cannot be read/],
  ['no record where one is counted', header(1, 0), /record at octet 19/],
  ['RDLENGTH beyond the end', `${header(1, 0)} c00c 0001 0001 00000001 0005 01020304`, /record at octet 19/],
  ['a name that points at itself', `${header(1, 0)} c013 0001 0001 00000001 0004 01020304`, /record at octet 19/],
  ['a CNAME beyond its data', `${header(1, 0)} c00c 0005 0001 00000001 0001 c00c`, /record at octet 19/],
  ['octets behind the end', `${header(0, 0)} 00`, /1 octets behind/],
  ['OPT with an owner', `${header(0, 1)} 0161 00 0029 04d0 00000000 0000`, /record at octet 19/],
  ['two OPT', `${header(0, 2)} 00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000`, /OPT/],
  ['an option beyond OPT', `${header(0, 1)} 00 0029 04d0 00000000 0004 0008 0001`, /OPT/],
  ['half an option', `${header(0, 1)} 00 0029 04d0 00000000 0002 0008`, /OPT/],
  ['a client subnet of 2 octets', `${header(0, 1)} 00 0029 04d0 00000000 0006 0008 0002 0001`, /OPT/],
  ['an extended error of 1 octet', `${header(0, 1)} 00 0029 04d0 00000000 0005 000f 0001 00`, /OPT/],
]
for (const [name, hex, words] of malformedRows) {
  test(`malformed: ${name}`, () => {
    const response = parseResponse(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    assert.match('malformed' in response ? response.malformed : 'read', words)
  })
}

test('whatever the octets, the reader ends with a response or a word of what is wrong, and its text with a text', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(...responses),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.option(fc.nat(), { nil: null }),
    )
    .map(([message, changes, cut]) => {
      const octets = Uint8Array.from(message)
      for (const [at, value] of changes) octets[at % octets.length] = value
      return cut === null ? octets : octets.subarray(0, cut % (octets.length + 1))
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 600 })), (octets) => {
      const response = parseResponse(octets)
      if ('malformed' in response) return
      for (const { type, data } of [...response.answer, ...response.authority, ...response.additional]) {
        const text = dataToText(type, data)
        assert.match(text, /^[ -~]*$/)
      }
      for (const { text } of response.edns?.errors ?? []) {
        assert.doesNotMatch(text, /\p{Cc}/u)
      }
    }),
    { numRuns: 5_000 },
  )
})

const textRows: readonly [type: string, hex: string, text: string][] = [
  ['A', 'c0000201', '192.0.2.1'],
  ['A', 'c00002', '\\# 3 c00002'],
  ['AAAA', '20010db8000000000000000000000001', '2001:db8::1'],
  ['MX', '000a 0161 00', '10 a.'],
  ['MX', '000a', '\\# 2 000a'],
  ['SRV', '0001 0002 01bb 0161 00', '1 2 443 a.'],
  ['TXT', '0161 03 62 22 5c', '"a" "b\\"\\\\"'],
  ['TXT', '02 c3 bc', '"\\195\\188"'],
  ['TXT', '0561', '\\# 2 0561'],
  ['TXT', '', '\\# 0'],
  ['CAA', '00 05 6973737565 63612e6578', '0 issue "ca.ex"'],
  ['CAA', '00', '\\# 1 00'],
  ['DS', '3039 08 02 abcd', '12345 8 2 abcd'],
  ['DS', '3039 08 02', '\\# 4 30390802'],
  ['TLSA', '03 01 01 0d6f', '3 1 1 0d6f'],
  ['SSHFP', '04 02 1234', '4 2 1234'],
  ['SSHFP', '0402', '\\# 2 0402'],
  ['NAPTR', '0064 000a 01 55 00 02 5e24 0161 00', '100 10 "U" "" "^$" a.'],
  ['NAPTR', '0064 000a 01 55 00 02 5e', '\\# 9 0064000a015500025e'],
  ['HTTPS', '0000 0161 00', '0 a.'],
  ['HTTPS', '0001 00 0001 0006 02 6832 02 6833 0003 0002 01bb', '1 . alpn=h2,h3 port=443'],
  ['HTTPS', '0001 00 0001 0006 05 61 2c 5c 1b 20', '1 . alpn=a\\,\\\\\\027 '],
  ['HTTPS', '0001 00 0000 0002 0001 0001 0003 02 6832 0002 0000', '1 . mandatory=alpn alpn=h2 no-default-alpn'],
  ['SVCB', '0001 00 0004 0008 c0000201 c0000202', '1 . ipv4hint=192.0.2.1,192.0.2.2'],
  ['SVCB', '0001 00 0006 0010 20010db8000000000000000000000001', '1 . ipv6hint=2001:db8::1'],
  ['SVCB', '0001 00 0005 0003 010203 0007 0003 2f717b 1234 0001 61', '1 . ech=AQID dohpath="/q{" key4660="a"'],
  ['SVCB', '0001 00 0003 0001 01', '\\# 8 0001000003000101'],
  ['SVCB', '0001 00 0004', '\\# 5 0001000004'],
  ['TYPE65280', 'abcd', '\\# 2 abcd'],
]
for (const [type, hex, text] of textRows) {
  test(`text: ${type} ${hex}`, () => {
    const number = typeFromText(type) ?? assert.fail(type)
    assert.equal(dataToText(number, Buffer.from(hex.replaceAll(' ', ''), 'hex')), text)
  })
}

const typeRows: readonly [text: string, number: number | null][] = [
  ['a', 1],
  ['HTTPS', 65],
  ['TYPE65', 65],
  ['type0', 0],
  ['TYPE65536', null],
  ['OPT', null],
  ['TYPE41', null],
  ['api', null],
  ['', null],
]
for (const [text, number] of typeRows) {
  test(`type: "${text}"`, () => assert.equal(typeFromText(text), number))
}

test('a query is what a resolver sends: RD and DO off, 1,232 octets, the subnet no longer than its length', () => {
  const name = nameFromText('Api.geo.example') ?? assert.fail()
  const rows = [
    { subnet: null, ecs: null },
    { subnet: { address: addressOf('6.6.7.255'), prefixLength: 23 }, ecs: '00011700060606' },
    { subnet: { address: addressOf('2001:db8::1'), prefixLength: 0 }, ecs: '00020000' },
  ]
  for (const { subnet, ecs } of rows) {
    const octets = composeClientQuery({ id: 0xabcd, name, type: 28, subnet, cookie: null })
    const query = parseQuery(octets, octets.length)
    assert.equal(query?.problem, 'none')
    assert.equal(Buffer.from(octets.subarray(0, 4)).toString('hex'), 'abcd0000')
    assert.deepEqual([query?.question?.type, query?.edns?.payloadSize, query?.edns?.dnssecOk], [28, 1232, false])
    const found = query?.edns?.ecs?.octets
    assert.equal(found === undefined ? null : Buffer.from(found).toString('hex'), ecs)
  }
})
