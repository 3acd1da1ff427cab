import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { StaticRecord } from '../../../../src/domain/zone.ts'
import { dataText, typeOf } from '../../../../src/policy/zone/record-text.ts'
import { readText } from './read-text.ts'

const lineOf = (record: StaticRecord): string =>
  `${record.name} ${record.ttlSeconds} ${typeOf(record)} ${dataText(record)}`

/** What a text says, record by record; `geo.example` is left out of names. */
function recordsOf(text: string, beside: Readonly<Record<string, string>> = {}): readonly string[] {
  const { zone, problems } = readText(text, beside)
  assert.deepEqual(problems, [])
  return zone.records.map((record) => lineOf(record).replace('.geo.example ', ' ').replace('geo.example ', '@ '))
}

const R = String.raw
const ROWS: readonly (readonly [what: string, text: string, ...records: string[]])[] = [
  ['nothing', ''],
  ['comments and blank lines only', '; a\n\n \t; b\r\n;'],
  ['no line end after the last record', 'a 5 A 192.0.2.1', 'a 5 A 192.0.2.1'],
  ['lines that end in CR LF', 'a 5 A 192.0.2.1\r\n 5 A 192.0.2.2\r\n', 'a 5 A 192.0.2.1', 'a 5 A 192.0.2.2'],
  ['a byte order mark', '\uFEFFa 5 A 192.0.2.1\n', 'a 5 A 192.0.2.1'],
  ['a byte order mark and a blank after it', '\uFEFF$TTL 1\n@ A 192.0.2.1\n', '@ 1 A 192.0.2.1'],
  ['tabs', 'a\t5\tIN\tA\t192.0.2.1\t;x\n\tA\t192.0.2.2', 'a 5 A 192.0.2.1', 'a 5 A 192.0.2.2'],
  ['TTL and class in either order', 'a 5 IN A 192.0.2.1\nb IN 6 A 192.0.2.2', 'a 5 A 192.0.2.1', 'b 6 A 192.0.2.2'],
  ['class without TTL', '$TTL 7\na IN A 192.0.2.1\nb CLASS1 A 192.0.2.1', 'a 7 A 192.0.2.1', 'b 7 A 192.0.2.1'],
  ['lower case', '$ttl 7\na in a 192.0.2.1', 'a 7 A 192.0.2.1'],
  ['the last stated TTL, without $TTL', 'a 5 A 192.0.2.1\nb A 192.0.2.2', 'a 5 A 192.0.2.1', 'b 5 A 192.0.2.2'],
  [
    '$TTL goes before the last stated one',
    '$TTL 7\na 5 A 192.0.2.1\nb A 192.0.2.2',
    'a 5 A 192.0.2.1',
    'b 7 A 192.0.2.2',
  ],
  [
    '$TTL counts from where it stands',
    '$TTL 1\na A 192.0.2.1\n$TTL 2\nb A 192.0.2.1',
    'a 1 A 192.0.2.1',
    'b 2 A 192.0.2.1',
  ],
  ['units', '$TTL 1w2d3h4m5s\na A 192.0.2.1\nb 1H30M A 192.0.2.1', 'a 788645 A 192.0.2.1', 'b 5400 A 192.0.2.1'],
  ['TTL 0', 'a 0 A 192.0.2.1', 'a 0 A 192.0.2.1'],
  ['the largest TTL', 'a 2147483647 A 192.0.2.1', 'a 2147483647 A 192.0.2.1'],
  [
    'names called as classes, types and TTLs are',
    'IN 5 IN A 192.0.2.1\nA 5 A 192.0.2.2\n5 6 A 192.0.2.3',
    'in 5 A 192.0.2.1',
    'a 5 A 192.0.2.2',
    '5 6 A 192.0.2.3',
  ],
  ['@ is the origin', '@ 5 CNAME @\n$ORIGIN b\n@ 5 PTR @', '@ 5 CNAME geo.example', 'b 5 PTR b.geo.example'],
  ['an escaped @ is a label', R`\@ 5 PTR \@`, '@ 5 PTR @.geo.example'],
  [
    '$ORIGIN relative and in full',
    '$ORIGIN a\nx 5 A 192.0.2.1\n$ORIGIN b.geo.example.\nx 5 A 192.0.2.1',
    'x.a 5 A 192.0.2.1',
    'x.b 5 A 192.0.2.1',
  ],
  [
    'the last owner outlives $ORIGIN',
    'a 5 A 192.0.2.1\n$ORIGIN b\n 5 A 192.0.2.2',
    'a 5 A 192.0.2.1',
    'a 5 A 192.0.2.2',
  ],
  ['parentheses around everything', '( a 5 A ( 192.0.2.1 ) )', 'a 5 A 192.0.2.1'],
  [
    'parentheses over lines with comments',
    'a 5 TXT ( ; one\n "x" ; (\n\n"y")\nb 5 TXT (z\n)',
    'a 5 TXT 78 79',
    'b 5 TXT 7a',
  ],
  ['parentheses without white space', 'a 5 TXT("x"y)', 'a 5 TXT 78 79'],
  ['parentheses inside parentheses', 'a 5 TXT ( x ( y ) z )', 'a 5 TXT 78 79 7a'],
  ['a parenthesis in quotes is text', 'a 5 TXT "(" ")" \\(', 'a 5 TXT 28 29 28'],
  ['a blank line start in parentheses is no owner', 'a 5 TXT (\n x\n)\n 5 TXT y', 'a 5 TXT 78', 'a 5 TXT 79'],
  ['wildcards', '* 5 A 192.0.2.1\n*.b 5 A 192.0.2.1', '* 5 A 192.0.2.1', '*.b 5 A 192.0.2.1'],
  ['names in upper case', 'WWW 5 PTR Other.EXAMPLE.', 'www 5 PTR other.example'],
  ['escapes in names have one form', R`a\.b 5 PTR \097\\\032\;.`, R`a\046b 5 PTR a\092\032;`],
  ['ALIAS', '@ 5 ALIAS www.other.example.', '@ 5 ALIAS www.other.example'],
  ['$GENERATE', '$TTL 1\n$GENERATE 1-3 h$ A 192.0.2.$', 'h1 1 A 192.0.2.1', 'h2 1 A 192.0.2.2', 'h3 1 A 192.0.2.3'],
  [
    '$GENERATE with steps, offsets, widths and bases',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how it is written
    '$GENERATE 10-20/10 ${-5,3}-${0,0,x} 5 IN TXT ${0,4,X} ${0,5,n} \\$ $$',
    '005-a 5 TXT 30303041 612e302e30 24 24',
    '015-14 5 TXT 30303134 342e312e30 24 24',
  ],
  ['$GENERATE with the right side in quotes', '$GENERATE 1-1 a$ 5 MX "$0 \\"m$\\""', 'a1 5 MX 10 m1.geo.example'],
  ['$GENERATE of a text', '$GENERATE 1-1 a 5 IN TXT "x $" "y $"', 'a 5 TXT 782031 792031'],
  [
    '$GENERATE: dots count for the width, as in BIND',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how it is written
    '$GENERATE 171-171 a 5 TXT ${0,0,n} ${0,2,n} ${0,6,N} ${-168,2,n}',
    'a 5 TXT 622e61 622e61 422e412e302e 332e',
  ],
  ['$GENERATE from zero once', '$GENERATE 0-0 a$ 5 A 192.0.2.$', 'a0 5 A 192.0.2.0'],
]

for (const [what, text, ...records] of ROWS) test(`read: ${what}`, () => assert.deepEqual(recordsOf(text), records))

test('$INCLUDE: the origin, and afterwards origin and owner as before', () => {
  const beside = { one: 'x A 192.0.2.1\n$ORIGIN elsewhere.geo.example.\ny A 192.0.2.2\n', two: '@ A 192.0.2.3' }
  assert.deepEqual(
    recordsOf('$TTL 5\na A 192.0.2.9\n$INCLUDE one sub ; comment\n A 192.0.2.8\n$INCLUDE "two"\n', beside),
    ['a 5 A 192.0.2.9', 'x.sub 5 A 192.0.2.1', 'y.elsewhere 5 A 192.0.2.2', 'a 5 A 192.0.2.8', '@ 5 A 192.0.2.3'],
  )
})

test('$INCLUDE: $TTL in the included file goes on after it; problems are those of the file they are in', () => {
  const { zone, problems } = readText('$INCLUDE one\nb A 192.0.2.1\n$INCLUDE loop', {
    one: '$TTL 9\nx A 192.0.2\n',
    loop: '\n$INCLUDE loop',
  })
  assert.deepEqual(zone.records.map(lineOf), ['b.geo.example 9 A 192.0.2.1'])
  assert.deepEqual(problems, [
    'one:2:5 error bad-address: `192.0.2` is no IPv4 address — expected one such as `192.0.2.10`',
    'loop:2:10 error bad-include: `loop` includes itself',
  ])
})

test('without an origin, absolute names are read and the others told', () => {
  const text = '$TTL 1\na.geo.example. A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\n'
  const { problems } = readText(text, {}, null)
  assert.deepEqual(problems, [
    'f:3:1 error no-origin: the name `b` is relative, and nothing says to what — write `$ORIGIN` before it, or `--zone geo.example=FILE`',
  ])
})

test('what a zone transfer was saved to: the SOA first and last, signatures between', () => {
  const soa = 'geo.example. 3600 IN SOA ns1.geo.example. host.geo.example. 7 7200 900 1209600 300'
  const { zone, problems } = readText(
    [
      soa,
      'geo.example. 3600 IN RRSIG SOA 13 2 3600 20261212000000 20261121000000 1 geo.example. AAAA',
      'geo.example. 3600 IN NS ns1.geo.example.',
      'geo.example. 3600 IN DNSKEY 257 3 13 AAAA',
      'geo.example. 0 IN NSEC3PARAM 1 0 0 -',
      'geo.example. 0 IN TYPE65534 \\# 5 0D00010001',
      soa,
    ].join('\n'),
    {},
    null,
  )
  assert.deepEqual(zone.soa?.fields, {
    mname: 'ns1.geo.example',
    rname: 'host.geo.example',
    serial: 7,
    refreshSeconds: 7200,
    retrySeconds: 900,
    expireSeconds: 1_209_600,
    minimumSeconds: 300,
    ttlSeconds: 3600,
  })
  assert.deepEqual([zone.apex, zone.records.map(lineOf)], ['geo.example', ['geo.example 3600 NS ns1.geo.example']])
  assert.deepEqual(problems, [
    'f:2:1 warning dnssec-left-out: the zone is signed: what its signer made (4 × DNSKEY, NSEC3PARAM, RRSIG, TYPE65534) is left out, because nothing is signed here yet — take its DS out of the parent zone first: with it, validating resolvers refuse unsigned answers',
  ])
})

test('a zone that BIND has: every record, as named-compilezone writes it out', () => {
  const folder = new URL('../../../vectors/master-files/', import.meta.url)
  const { zone, problems } = readText(readFileSync(new URL('bind.example.zone', folder), 'utf8'), {}, null)
  assert.deepEqual(problems, [])
  assert.equal(zone.apex, 'bind.example')
  assert.equal(zone.soa?.fields.rname, 'host\\046master.bind.example')
  const expected = readFileSync(new URL('bind.example.records', folder), 'utf8').trimEnd().split('\n')
  assert.deepEqual(zone.records.map(lineOf).sort(), expected)
})
