import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { composeData } from '../../../../src/dns/wire/record-data.ts'
import { loadDocuments } from '../../../../src/policy/load.ts'
import { entriesOf } from '../../../../src/policy/master-file/lexer.ts'
import { readText } from './read-text.ts'

const BIND = readFileSync(new URL('../../../vectors/master-files/bind.example.zone', import.meta.url), 'utf8')

/** Pieces from which near misses of records grow. */
const PIECES = [
  ...' \t\n\r;()"\\@$.*'.split(''),
  ...'a ns1 www.other.example. 5 1h30m IN CH A AAAA CNAME NS MX TXT SRV CAA SOA HTTPS SVCB NAPTR TLSA DS LOC TYPE65280 TYPE1'.split(
    ' ',
  ),
  ...'192.0.2.1 2001:db8::1 \\# 4 0a000001 alpn=h2,h3 alpn=" mandatory= ipv4hint=auto key65535 \\000 \\999 \\ \uFEFF é \u0000 😀'.split(
    ' ',
  ),
  '$ORIGIN a.\n',
  '$TTL 1h\n',
  '$GENERATE 1-3 a$ A 192.0.2.$\n',
  '$INCLUDE f\n',
  ' (\n',
  '\n)',
  '\n ',
  '""',
  '"a b"',
]

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(' ')),
  // A good file with a part cut out and another put in.
  fc
    .tuple(fc.nat(BIND.length), fc.nat(40), fc.constantFrom(...PIECES))
    .map(([at, length, piece]) => BIND.slice(0, at) + piece + BIND.slice(at + length)),
)

test('whatever the text, reading it ends without an exception, and what is read can be put on the wire', () => {
  fc.assert(
    fc.property(text, (source) => {
      const { zone, problems } = readText(source, { f: source })
      for (const record of zone.records) composeData(record)
      for (const problem of problems) assert.match(problem, /^f:[1-9]\d*:[1-9]\d* (?:error|warning) [a-z0-9-]+: ./)
    }),
    { numRuns: 3_000 },
  )
})

test('every token stands where it says, and none is lost or longer than the text', () => {
  fc.assert(
    fc.property(text, (source) => {
      const lines = (source.startsWith('\uFEFF') ? source.slice(1) : source).split('\n')
      let octets = 0
      for (const { tokens } of entriesOf(source, () => {})) {
        assert(tokens.length > 0)
        for (const token of tokens) {
          const line = lines[token.line - 1] ?? ''
          const written = token.form === 'quoted' ? `"${token.text}"` : token.text
          assert.equal(line.slice(token.column - 1, token.column - 1 + written.length), written)
          octets += written.length
        }
      }
      assert(octets <= source.length)
    }),
    { numRuns: 3_000 },
  )
})

test('a set of documents with such a file has problems or a set, never an exception', () => {
  fc.assert(
    fc.property(text, (source) => {
      const { set, problems } = loadDocuments([
        { path: 'geo.yaml', text: 'zone: geo.example\nfile: geo.example.zone\nns: [ns.other.example]' },
        { path: 'geo.example.zone', text: source },
        { path: '--zone/srv/db.other.example', text: source },
      ])
      assert.equal(
        set === null,
        problems.some(({ severity }) => severity === 'error'),
      )
    }),
    { numRuns: 1_000 },
  )
})

/** Texts that make readers slow: each is read in one pass. */
const LONG = 300_000
const SLOW: readonly (readonly [what: string, text: string])[] = [
  ['backslashes', `a TXT ${'\\'.repeat(LONG)}`],
  ['backslashes and dots', `${'\\.'.repeat(LONG / 2)} A 192.0.2.1`],
  ['dots', `${'.'.repeat(LONG)} A 192.0.2.1`],
  ['open parentheses', '('.repeat(LONG)],
  ['closed parentheses', ')'.repeat(LONG)],
  ['quotes', 'a TXT '.concat('"'.repeat(LONG))],
  ['commas in a list', `a HTTPS 1 . ipv4hint=${','.repeat(LONG)}`],
  ['parameters', `a 5 HTTPS 1 . ${Array.from({ length: 20_000 }, (_, key) => `key${key + 100}`).join(' ')}`],
  ['digits', `a ${'9'.repeat(LONG)} A 192.0.2.1`],
  ['units', `a ${'1h'.repeat(LONG / 2)} A 192.0.2.1`],
  ['hexadecimal digits', `a 5 TYPE65280 \\# 65535 ${'00 '.repeat(65_535)}`],
  ['blank lines', '\n'.repeat(LONG)],
  ['one text of many lines', `a 5 TXT (${' "a"\n'.repeat(60_000)})`],
  ['many that are wrong', 'a 5 A x\n'.repeat(LONG / 8)],
  ['directives', '$ORIGIN a\n'.repeat(LONG / 10)],
]

for (const [what, source] of SLOW) {
  test(`a long text is read: ${what}`, () => {
    const { problems } = readText(source)
    assert(problems.length <= 202)
  })
}
