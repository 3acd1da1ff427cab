import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPrefix } from '../../../src/domain/address.ts'
import type { Zone } from '../../../src/domain/zone.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'
import { RECORD_TYPES } from '../../../src/policy/zone/record-data.ts'
import { dataText, typeOf } from '../../../src/policy/zone/record-text.ts'

function load(text: string): { readonly zone: Zone | undefined; readonly problems: readonly string[] } {
  const { set, problems } = loadDocuments([
    { path: 'x.yaml', text: `zone: geo.example\nns: [ns.other.example]\n${text}` },
  ])
  return { zone: set?.zones[0], problems: problems.map(formatProblem) }
}

const DIGEST = 'd2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971'

/** A record's type and value in YAML, and what it reads as. */
const READ: readonly (readonly [record: string, read: string])[] = [
  ['type: NAPTR, value: 100 10 "s" "SIP+D2U" "" _sip._udp.geo.example', `NAPTR 0064000a0173075349502b443255`],
  [
    "type: NAPTR, value: { order: 1, preference: 2, flags: U, services: E2U+sip, regexp: '!^(.*)$!\\1!' }",
    'NAPTR 000100020155074532552b7369700b215e282e2a2924215c312100',
  ],
  [
    'type: NAPTR, value: { order: 1, preference: 2, flags: S, services: x, replacement: _sip._udp.geo.example. }',
    'NAPTR 000100020153017800',
  ],
  [`type: TLSA, value: 3 1 1 ${DIGEST}`, `TLSA 030101${DIGEST}`],
  [`type: TLSA, value: { usage: DANE-EE, selector: 1, matching: 1, data: ${DIGEST} }`, `TLSA 030101${DIGEST}`],
  [`type: SSHFP, value: { algorithm: 4, type: 2, fingerprint: "${DIGEST}" }`, `SSHFP 0402${DIGEST}`],
  ['type: HTTPS, value: "1 . alpn=h2,h3"', 'HTTPS 1  1=026832026833'],
  ['type: HTTPS, value: 0 www.other.example.', 'HTTPS 0 www.other.example '],
  ['type: SVCB, value: "1 dns port=853 ipv4hint=auto ipv6hint=auto"', 'SVCB 1 dns.geo.example 3=0355 4=auto 6=auto'],
  [
    "type: HTTPS, value: { priority: 1, target: ., params: { alpn: [h2, 'a,b\\c'], no-default-alpn: , port: 8443, ipv4hint: [192.0.2.1, 192.0.2.2], key65333: 'a\\b', mandatory: alpn } }",
    'HTTPS 1  0=0001 1=02683205612c625c63 2= 3=20fb 4=c0000201c0000202 65333=615c62',
  ],
  ['type: HTTPS, value: { priority: 16, target: "@" }', 'HTTPS 16 geo.example '],
  ["type: TYPE65280, value: '\\# 4 0a000001'", 'TYPE65280 0a000001'],
  ['type: TYPE1, value: 192.0.2.1', 'A 192.0.2.1'],
  ["type: A, value: ['\\# 4 0a000001', 192.0.2.1]", 'A 10.0.0.1|A 192.0.2.1'],
  ["type: MX, value: '\\# 5 000a 016100'", 'MX 10 a'],
  ["type: TXT, value: '\\# 4 03616263'", `TXT ${Buffer.from('\\# 4 03616263').toString('hex')}`],
  ['type: LOC, value: 42 21 54 N 71 06 18 W -24m 30m', 'LOC 0033161389172dd070be15f000988d20'],
  ['type: HINFO, value: PC "LIN UX"', 'HINFO 025043064c494e205558'],
  [`type: SMIMEA, value: |\n      3 1 1\n      ${DIGEST}`, ''],
]

for (const [record, read] of READ) {
  if (read === '') continue
  test(`record: ${record.slice(0, 90)}`, () => {
    const { zone, problems } = load(`records:\n  - { name: x, ${record} }`)
    assert.deepEqual(problems, [])
    const found = zone?.records.map((one) => `${typeOf(one)} ${dataText(one)}`).join('|') ?? ''
    assert(read.length > 10 ? found.startsWith(read) || found === read : found === read, found)
  })
}

test('the example that messages show for a type is one', () => {
  for (const [type, { example }] of Object.entries(RECORD_TYPES)) {
    if (example.includes('…')) continue
    const { problems } = load(`records:\n  - { name: x, type: ${type}, value: ${JSON.stringify(example)} }`)
    assert.deepEqual(problems, [], type)
  }
})

test('a value may go over several lines of YAML', () => {
  const { zone, problems } = load(
    `records:\n  - name: x\n    type: TLSA\n    value: |\n      3 1 1 ( ${DIGEST.slice(0, 32)}\n      ${DIGEST.slice(32)} )\n`,
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(zone?.records.map(dataText), [`030101${DIGEST}`])
})

const E = 'x.yaml:4:'
/** A record, and what is wrong with it, behind its line. */
const REFUSED: readonly (readonly [record: string, ...problems: string[]])[] = [
  [
    'type: HTTPS, value: 1 www.other.example',
    '36 error ambiguous-name records[0].value: `www.other.example` has no dot at its end — write `www.other.example.` for a name in full, or `www.other.example.geo.example.` for a name below this zone',
  ],
  [
    'type: HTTPS, value: 5',
    '36 error bad-record records[0].value: `value` is 5 — expected `1 . alpn=h2,h3`, or a mapping of priority, target, params',
  ],
  [
    'type: HTTPS, value: 1 . port=http',
    '36 error bad-svc-param records[0].value: the port is `http` — expected a whole number from 0 to 65535',
  ],
  [
    'type: HTTPS, value: { priority: 1, target: ., params: { port: http } }',
    '78 error bad-svc-param records[0].value.params.port: the port is `http` — expected a whole number from 0 to 65535',
  ],
  [
    'type: HTTPS, value: { priority: 1, target: ., params: { prot: 1 } }',
    '78 error unknown-svc-param records[0].value.params.prot: `prot` is no service parameter — expected one of mandatory, alpn, no-default-alpn, port, ipv4hint, ech, ipv6hint, dohpath, ohttp, or `key` and its number (RFC 9460 §2.1)',
  ],
  [
    'type: HTTPS, value: { priority: 1, target: ., params: { alpn: false } }',
    '78 error bad-value records[0].value.params.alpn: `alpn` is false — expected a value, or `true` for a key without one',
  ],
  [
    'type: HTTPS, value: { priority: 1, target: ., params: alpn=h2 }',
    '70 error wrong-type records[0].value.params: `params` is "alpn=h2" — expected a mapping',
  ],
  [
    'type: HTTPS, value: { priority: 1, target: ., params: { no-default-alpn: true } }',
    '89 error bad-svc-param records[0].value.params.no-default-alpn: `no-default-alpn` stands without `alpn` — add `alpn`: no protocol would be left (RFC 9460 §7.1.1)',
  ],
  ['type: HTTPS, value: { priority: 1 }', '29 error missing-key records[0].value: `value` has no `target`'],
  [
    'type: TLSA, value: { usage: 3, selector: 1, matching: 1, data: abcd }',
    '79 error bad-record records[0].value.data: the certificate association data has 2 octets — its kind has 32',
  ],
  [
    'type: TLSA, value: { usage: 256, selector: 1, matching: 0, data: ab }',
    '44 error bad-value records[0].value.usage: `usage` is 256 — expected a whole number from 0 to 255',
  ],
  [
    'type: TLSA, value: { usage: 3, selectr: 1, matching: 0, data: ab }',
    '47 error unknown-key records[0].value.selectr: `selectr` is no key of `value` — did you mean `selector`?',
  ],
  [
    'type: SSHFP, value: 1 1 "ab',
    '36 error open-quote records[0].value: a quoted string is not closed on its line — close it, or write `\\"` for a quote that is meant',
  ],
  [
    "type: TYPE65280, value: '0a000001'",
    '40 error bad-record records[0].value: the data of TYPE65280 are not in the generic form — write `\\#`, their length, and their octets in hexadecimal (RFC 3597 §5)',
  ],
  [
    'type: TYPE6, value: x',
    '22 error unknown-record-type records[0].type: `TYPE6` cannot stand among the records — the SOA record is written as `soa: { … }`',
  ],
  [
    'type: TYPE46, value: x',
    '22 error unknown-record-type records[0].type: `TYPE46` cannot stand among the records — nothing is signed here yet',
  ],
  [
    'type: TYPE255, value: x',
    '22 error unknown-record-type records[0].type: `TYPE255` is no type that a zone can hold',
  ],
  [
    'type: DNAME, value: x',
    '22 error unknown-record-type records[0].type: `DNAME` is no record type — did you mean `CNAME`?',
  ],
  [
    "type: A, value: '\\# 5 0a00000100'",
    '32 error bad-record records[0].value: the octets are no A data — expected 4 octets',
  ],
  [
    `type: DS, value: 1 13 2 ${DIGEST}`,
    '33 error ds-without-ns records[0].value: `x.geo.example` has a DS record and no NS record — a DS stands beside the NS records of a delegation (RFC 4034 §5)',
  ],
  [
    'type: HTTPS, value: [1 ., 1 .]',
    '42 error duplicate-record records[0].value[1]: `x.geo.example HTTPS` has the same record twice — remove one',
  ],
  [
    'type: HTTPS, value: 0 www port=1',
    '36 warning alias-with-params records[0].value: the HTTPS record at `x.geo.example` has priority 0 and parameters, which nobody reads — leave them out, or write a priority from 1 (RFC 9460 §2.4.2)',
  ],
]

for (const [record, ...problems] of REFUSED) {
  test(`told: ${record.slice(0, 90)}`, () => {
    assert.deepEqual(
      load(`records:\n  - { name: x, ${record} }`).problems,
      problems.map((problem) => `${E}${problem}`),
    )
  })
}

test('DS beside NS; the same types at one name with one TTL', () => {
  const ds = `records: [{ name: x, type: NS, value: ns.other.example. }, { name: x, type: DS, value: 1 13 2 ${DIGEST} }]`
  assert.deepEqual(load(ds).problems, [])
  const ttls = `records:\n  - { name: x, type: SSHFP, value: 1 3 ab, ttl: 5s }\n  - { name: x, type: SSHFP, value: 1 3 cd }`
  assert.match(load(ttls).problems.join(), /rrset-ttl .*`x\.geo\.example SSHFP` has records with the TTLs 5s and 3600s/)
})

test('an RRset that no message holds', () => {
  const values = Array.from({ length: 300 }, (_, index) => `'${index} ${'k'.repeat(240)}'`).join(', ')
  const { problems } = load(`records: [{ name: x, type: TXT, value: [${values}] }]`)
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /rrset-too-large .*`x\.geo\.example TXT` have more than 65000 octets together/)
})

const SERVICE = 'service: api\nnames: { dns: [api.geo.example] }\nendpoints: { e: { a: 192.0.2.1 } }\nsteer: []\n'

test('at a service name: HTTPS, TXT and the like may stand; HTTPS not where the service has its own', () => {
  const zone =
    'zone: geo.example\nns: [ns.other.example]\nrecords:\n  - { name: api, type: HTTPS, value: 1 . alpn=h2 }\n  - { name: api, type: TXT, value: x }\n  - { name: api, type: SSHFP, value: 1 3 ab }\n'
  const problemsWith = (service: string) =>
    loadDocuments([
      { path: 'api.yaml', text: service },
      { path: 'zone.yaml', text: zone },
    ]).problems.map(formatProblem)
  assert.deepEqual(problemsWith(SERVICE), [])
  assert.deepEqual(problemsWith(`${SERVICE}https: true\n`), [
    'zone.yaml:4:38 error record-at-service-name records[0].value: `api.geo.example` has a record of type HTTPS and is a name of the service `api` (api.yaml:1) — the service answers there: remove the record or the name',
  ])
})

const ECS: readonly (readonly [text: string, read: string | RegExp])[] = [
  ['always', 'always'],
  ['never', 'never'],
  ['{ trusted: 192.0.2.0/24 }', '192.0.2.0/24'],
  ['{ trusted: [192.0.2.0/24, "2001:db8::/32", 198.51.100.1] }', '192.0.2.0/24 2001:db8::/32 198.51.100.1/32'],
  ['{ trusted: [] }', /x\.yaml:3:17 error bad-value ecs\.trusted: `trusted` is an empty list/],
  ['{ trusted: [192.0.2.1/24] }', /x\.yaml:3:18 error host-bits ecs\.trusted\[0\]: .*did you mean `192\.0\.2\.0\/24`/],
  ['{ trust: [192.0.2.0/24] }', /x\.yaml:3:8 error unknown-key ecs\.trust: .*did you mean `trusted`/],
  ['allways', /x\.yaml:3:6 error bad-value ecs: `ecs` is "allways" — did you mean `always`/],
]

for (const [text, read] of ECS) {
  test(`ecs: ${text}`, () => {
    const { zone, problems } = load(`ecs: ${text}`)
    if (typeof read !== 'string') assert.match(problems.join('\n'), read)
    else {
      assert.deepEqual(problems, [])
      const ecs = zone?.ecs
      assert.equal(typeof ecs === 'object' ? ecs.trusted.map(formatPrefix).join(' ') : ecs, read)
    }
  })
}
