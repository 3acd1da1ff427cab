import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress } from '../../../src/domain/address.ts'
import type { RecordData, Zone } from '../../../src/domain/zone.ts'
import { loadText } from './load-text.ts'

function zoneWith(lines: string): Zone {
  const [zone] = loadText(`zone: geo.example\n${lines.includes('ns:') ? '' : 'ns: [ns.other.example]'}\n${lines}`).zones
  assert(zone !== undefined)
  return zone
}

test('a zone that says the least', () => {
  assert.deepEqual(zoneWith(''), {
    name: 'geo.example',
    soa: {
      mname: 'ns.other.example',
      rname: 'hostmaster.geo.example',
      serial: null,
      refreshSeconds: 7200,
      retrySeconds: 900,
      expireSeconds: 1_209_600,
      minimumSeconds: 60,
      ttlSeconds: 3600,
    },
    ns: [{ name: 'ns.other.example', addresses: [] }],
    nsTtlSeconds: 3600,
    records: [],
    ecs: 'always',
    at: { file: 'x.yaml', line: 1, column: 1 },
  } satisfies Zone)
})

test('the TTL of a zone is that of all that states none', () => {
  const zone = zoneWith(
    'ttl: 5m\nrecords: [{ name: a, type: TXT, value: x }, { name: b, type: TXT, value: x, ttl: 1s }]',
  )
  assert.deepEqual(
    [zone.soa.ttlSeconds, zone.nsTtlSeconds, ...zone.records.map(({ ttlSeconds }) => ttlSeconds)],
    [300, 300, 300, 1],
  )
})

const octets = (text: string) => new TextEncoder().encode(text)

const RECORDS: readonly (readonly [text: string, name: string, ...data: RecordData[]])[] = [
  [
    'name: "@", type: CAA, value: 0 issue "ca.example"',
    'geo.example',
    { type: 'CAA', flags: 0, tag: 'issue', value: 'ca.example' },
  ],
  [
    'name: x, type: CAA, value: { tag: IODEF, value: "mailto:a@b.example", flags: 128 }',
    'x.geo.example',
    { type: 'CAA', flags: 128, tag: 'iodef', value: 'mailto:a@b.example' },
  ],
  ['name: x, type: CAA, value: 0 issue ""', 'x.geo.example', { type: 'CAA', flags: 0, tag: 'issue', value: '' }],
  ['name: Www, type: CNAME, value: Other.Example.', 'www.geo.example', { type: 'CNAME', target: 'other.example' }],
  ['name: www, type: CNAME, value: "@"', 'www.geo.example', { type: 'CNAME', target: 'geo.example' }],
  ['name: www, type: CNAME, value: mail', 'www.geo.example', { type: 'CNAME', target: 'mail.geo.example' }],
  ['name: www, type: CNAME, value: api.geo.example', 'www.geo.example', { type: 'CNAME', target: 'api.geo.example' }],
  ['name: www.geo.example, type: PTR, value: a.b.', 'www.geo.example', { type: 'PTR', target: 'a.b' }],
  ['name: www.geo.example., type: NS, value: a.b.', 'www.geo.example', { type: 'NS', target: 'a.b' }],
  ['name: "@", type: ALIAS, value: a.b.', 'geo.example', { type: 'ALIAS', target: 'a.b' }],
  ['name: "*", type: TXT, value: v=spf1 -all', '*.geo.example', { type: 'TXT', strings: [octets('v=spf1 -all')] }],
  [
    'name: x, type: TXT, value: [a, é, ""]',
    'x.geo.example',
    { type: 'TXT', strings: [octets('a')] },
    { type: 'TXT', strings: [octets('é')] },
    { type: 'TXT', strings: [octets('')] },
  ],
  [
    `name: x, type: TXT, value: ${'k'.repeat(256)}`,
    'x.geo.example',
    { type: 'TXT', strings: [octets('k'.repeat(255)), octets('k')] },
  ],
  [
    `name: x, type: TXT, value: ${'k'.repeat(510)}`,
    'x.geo.example',
    { type: 'TXT', strings: [octets('k'.repeat(255)), octets('k'.repeat(255))] },
  ],
  ['name: x, type: MX, value: 10 mail', 'x.geo.example', { type: 'MX', preference: 10, target: 'mail.geo.example' }],
  [
    'name: x, type: MX, value: [{ preference: 0, target: . }]',
    'x.geo.example',
    { type: 'MX', preference: 0, target: '' },
  ],
  [
    'name: _sip._tcp, type: SRV, value: 1  2 443 host.other.example.',
    '_sip._tcp.geo.example',
    { type: 'SRV', priority: 1, weight: 2, port: 443, target: 'host.other.example' },
  ],
  [
    'name: a.b, type: SRV, value: { priority: 0, weight: 0, port: 65535, target: "@" }',
    'a.b.geo.example',
    { type: 'SRV', priority: 0, weight: 0, port: 65535, target: 'geo.example' },
  ],
]

for (const [text, name, ...data] of RECORDS) {
  test(`record: ${text.slice(0, 80)}`, () => {
    const { records } = zoneWith(`records:\n  - { ${text} }`)
    assert.deepEqual(
      records.map(({ at: _, ttlSeconds: __, ...record }) => record),
      data.map((one) => ({ name, ...one })),
    )
  })
}

test('record: addresses of both families, several of a name', () => {
  const { records } = zoneWith(
    'records: [{ name: x, type: A, value: [192.0.2.1, 192.0.2.2] }, { name: x, type: AAAA, value: ::1 }]',
  )
  assert.deepEqual(
    records.map((record) =>
      record.type === 'A' || record.type === 'AAAA'
        ? [record.type, formatAddress(record.address), record.at.column]
        : null,
    ),
    [
      ['A', '192.0.2.1', 39],
      ['A', '192.0.2.2', 50],
      ['AAAA', '::1', 94],
    ],
  )
})

test('name servers: as a list, as a mapping, inside the zone with addresses', () => {
  const { ns, soa } = zoneWith(
    'ns: { NS1.geo.example.: [192.0.2.53, "::1"], ns.other.example: }\nsoa: { minimum: 5m, serial: 0 }',
  )
  assert.deepEqual(
    ns.map(({ name, addresses }) => [name, addresses.map(formatAddress)]),
    [
      ['ns1.geo.example', ['192.0.2.53', '::1']],
      ['ns.other.example', []],
    ],
  )
  assert.deepEqual([soa.mname, soa.minimumSeconds, soa.serial], ['ns1.geo.example', 300, 0])
})
