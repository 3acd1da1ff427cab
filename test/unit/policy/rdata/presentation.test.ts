import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeData } from '../../../../src/dns/wire/record-data.ts'
import { readText } from '../master-file/read-text.ts'

/** RDATA of a record as hexadecimal digits: octets, names uncompressed, octets. */
function wireOf(record: string): string {
  const { zone, problems } = readText(`x 60 IN ${record}\n`)
  assert.deepEqual(problems, [])
  const [data] = zone.records.map(composeData)
  assert(data !== undefined && zone.records.length === 1)
  return Buffer.concat([data.head, ...data.names.map((name) => Buffer.from(name, 'latin1')), data.tail]).toString('hex')
}

/** Digits of what stands between the dots as labels, and the rest as it is. */
const name = (text: string): string =>
  `${text
    .split('.')
    .map((label) => label.length.toString(16).padStart(2, '0') + Buffer.from(label).toString('hex'))
    .join('')}00`
const text = (...strings: string[]): string =>
  strings
    .map((string) => Buffer.from(string).length.toString(16).padStart(2, '0') + Buffer.from(string).toString('hex'))
    .join('')

const FOO_COM = name('foo.example.com')
const FOO_ORG = name('foo.example.org')
const CERTIFICATE = 'd2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971'

/** From the RFCs where they have one. */
const ROWS: readonly (readonly [record: string, wire: string])[] = [
  ['A 192.0.2.1', 'c0000201'],
  ['AAAA 2001:db8::1', '20010db8000000000000000000000001'],
  ['CNAME a', name('a.geo.example')],
  ['CNAME @', name('geo.example')],
  ['CNAME A.Other.Example.', name('a.other.example')],
  ['NS ns.other.example.', name('ns.other.example')],
  ['PTR a\\.b.c.', `03612e62${name('c')}`],
  ['PTR \\065\\200.c.', `0261c8${name('c')}`],
  ['PTR \\*.c\\$\\@.', `012a${name('c$@')}`],
  ['MX 10 mail', `000a${name('mail.geo.example')}`],
  ['MX 0 .', '000000'],
  ['TXT a', '0161'],
  ['TXT a "b c" d', text('a', 'b c', 'd')],
  ['TXT ""', '00'],
  ['TXT "a;b" ; a comment', text('a;b')],
  ['TXT a\\;b\\ c\\"', text('a;b c"')],
  ['TXT "\\000\\255\\"\\\\"', '0400ff225c'],
  ['TXT key="v w"', text('key=', 'v w')],
  ['TXT é', '02c3a9'],
  [`TXT ${'k'.repeat(255)}`, `ff${'6b'.repeat(255)}`],
  ['SRV 1 2 443 host', `0001000201bb${name('host.geo.example')}`],
  ['SRV 0 0 0 .', '00000000000000'],
  ['CAA 0 issue "ca.example; policy=ev"', `00${text('issue')}${Buffer.from('ca.example; policy=ev').toString('hex')}`],
  ['CAA 128 IODEF mailto:a@b.example', `80${text('iodef')}${Buffer.from('mailto:a@b.example').toString('hex')}`],
  ['CAA 0 issue "\\255"', `00${text('issue')}ff`],
  // RFC 9460 Appendix D.1 and D.2.
  ['HTTPS 0 foo.example.com.', `0000${FOO_COM}`],
  ['SVCB 1 .', '000100'],
  ['SVCB 16 foo.example.com. port=53', `0010${FOO_COM}000300020035`],
  ['SVCB 1 foo.example.com. key667=hello', `0001${FOO_COM}029b000568656c6c6f`],
  ['SVCB 1 foo.example.com. key667="hello\\210qoo"', `0001${FOO_COM}029b000968656c6c6fd2716f6f`],
  [
    'SVCB 1 foo.example.com. (\n ipv6hint="2001:db8::1,2001:db8::53:1"\n )',
    `0001${FOO_COM}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
  ],
  [
    'SVCB 1 example.com. ( ipv6hint="2001:db8:122:344::192.0.2.33" )',
    `0001${name('example.com')}0006001020010db80122034400000000c0000221`,
  ],
  [
    'SVCB 16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )',
    `0010${FOO_ORG}000000040001000400010009${text('h2', 'h3-19')}00040004c0000201`,
  ],
  ['SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"', `0010${FOO_ORG}0001000c${text('f\\oo,bar', 'h2')}`],
  ['SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2', `0010${FOO_ORG}0001000c${text('f\\oo,bar', 'h2')}`],
  ['HTTPS 1 . alpn="h2" no-default-alpn', `00010000010003${text('h2')}00020000`],
  ['HTTPS 1 . ech=AEj+DQ==', '000100000500040048fe0d'],
  ['SVCB 1 . dohpath="/dns-query{?dns}"', `00010000070010${Buffer.from('/dns-query{?dns}').toString('hex')}`],
  ['HTTPS 1 . ohttp port=0', '00010000030002000000080000'],
  ['HTTPS 1 . key65534', '000100fffe0000'],
  ['HTTPS 1 . key1=\\002h2', `00010000010003${text('h2')}`],
  // RFC 3403 §4.1, RFC 2915 §7.
  [
    'NAPTR 100 50 "s" "http+I2L+I2C+I2R" "" _http._tcp.foo.com.',
    `00640032${text('s', 'http+I2L+I2C+I2R', '')}${name('_http._tcp.foo.com')}`,
  ],
  [
    'NAPTR 100 10 "u" "sip+E2U" "!^.*$!sip:information@foo.se!i" .',
    `0064000a${text('u', 'sip+E2U', '!^.*$!sip:information@foo.se!i')}00`,
  ],
  ['NAPTR 1 2 U x "!^(.*)$!\\\\1!" .', `00010002${text('U', 'x', '!^(.*)$!\\1!')}00`],
  // RFC 6698 §2.3, RFC 7218.
  [`TLSA ( 0 0 1 ${CERTIFICATE.slice(0, 32)}\n ${CERTIFICATE.slice(32)} )`, `000001${CERTIFICATE}`],
  [`TLSA DANE-EE SPKI SHA2-256 ${CERTIFICATE.toUpperCase()}`, `030101${CERTIFICATE}`],
  ['SMIMEA 3 1 0 ab cd', '030100abcd'],
  // RFC 4255 §3.2.
  ['SSHFP 2 1 123456789abcdef67890123456789abcdef67890', '0201123456789abcdef67890123456789abcdef67890'],
  // RFC 4034 §5.4.
  ['DS 60485 5 1 ( 2BB183AF5F22588179A53B0A\n 98631FAD1A292118 )', 'ec4505012bb183af5f22588179a53b0a98631fad1a292118'],
  [`DS 1 ECDSAP256SHA256 SHA-256 ${CERTIFICATE}`, `00010d02${CERTIFICATE}`],
  ['DS 1 13 3 ab', '00010d03ab'],
  // RFC 3597 §5.
  ['TYPE731 \\# 6 abcd (\n ef 01 23 45 )', 'abcdef012345'],
  ['TYPE62347 \\# 0', ''],
  ['A \\# 4 0A000001', '0a000001'],
  ['TYPE1 10.0.0.2', '0a000002'],
  ['TYPE16 "a"', '0161'],
  ['TXT \\# 4 03 616263', '03616263'],
  ['TXT "\\#" 1', text('#', '1')],
  ['MX \\# 5 000a 016100', '000a016100'],
  ['SRV \\# 7 00010002000300', '00010002000300'],
  ['CNAME \\# 5 03414243 00', '0361626300'],
  ['HTTPS \\# 11 000100 00040004 c0000201', '00010000040004c0000201'],
  // RFC 1876 §3 and Appendix B, RFC 1183, RFC 7043, RFC 7553.
  ['LOC 42 21 54 N 71 06 18 W -24m 30m', '0033161389172dd070be15f000988d20'],
  ['LOC 52 14 05 N 00 08 50 E 10m', '001216138b3556c88008165000989a68'],
  ['LOC 0 S 0 W 0m 1m 10000m 10m', '00121613800000008000000000989680'],
  ['HINFO "a b" LINUX', text('a b', 'LINUX')],
  ['RP admin.other.example. .', `${name('admin.other.example')}00`],
  ['AFSDB 1 db', `0001${name('db.geo.example')}`],
  ['KX 10 kx', `000a${name('kx.geo.example')}`],
  ['CERT PKIX 1 RSASHA256 AQID', '0001000108010203'],
  [
    'DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=',
    '000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40',
  ],
  ['OPENPGPKEY AQ ID', '010203'],
  ['SPF "v=spf1" " -all"', text('v=spf1', ' -all')],
  ['EUI48 00-00-5e-00-53-2A', '00005e00532a'],
  ['EUI64 00-00-5e-ef-10-00-00-2a', '00005eef1000002a'],
  [
    'URI 10 1 "ftp://ftp1.example.com/public"',
    `000a0001${Buffer.from('ftp://ftp1.example.com/public').toString('hex')}`,
  ],
]

for (const [record, wire] of ROWS) {
  test(`${JSON.stringify(record).slice(0, 90)} on the wire`, () => assert.equal(wireOf(record), wire))
}
