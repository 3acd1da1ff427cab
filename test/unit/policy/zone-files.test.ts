import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Zone } from '../../../src/domain/zone.ts'
import { lint } from '../../../src/policy/lint/lint.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'
import { dataText, typeOf } from '../../../src/policy/zone/record-text.ts'

type Files = Readonly<Record<string, string>>

function load(files: Files): { readonly zones: readonly Zone[] | undefined; readonly problems: readonly string[] } {
  const { set, problems } = loadDocuments(Object.entries(files).map(([path, text]) => ({ path, text })))
  return { zones: set?.zones, problems: problems.map(formatProblem) }
}

const recordsOf = (zone: Zone | undefined): readonly string[] =>
  zone?.records.map((record) => `${record.name} ${record.ttlSeconds} ${typeOf(record)} ${dataText(record)}`) ?? []

const SOA = '@ SOA ns1 host ( 42 2h 15m 14d 300 )\n'
const MASTER = `$TTL 1h\n${SOA} NS ns1\n NS ns.other.example.\nns1 5m A 192.0.2.53\nwww A 192.0.2.80\n`
const DOCUMENT = 'zone: geo.example\nfile: geo.example.zone\n'

test('a zone document names a master file: SOA and NS come from it, its own records are added', () => {
  const { zones, problems } = load({
    'geo.yaml': `${DOCUMENT}ttl: 1m\necs: never\nrecords: [{ name: www, type: TXT, value: x }]`,
    'geo.example.zone': MASTER,
  })
  assert.deepEqual(problems, [])
  const [zone] = zones ?? []
  assert.deepEqual(
    { ...zone, records: recordsOf(zone) },
    {
      name: 'geo.example',
      soa: {
        mname: 'ns1.geo.example',
        rname: 'host.geo.example',
        serial: 42,
        refreshSeconds: 7200,
        retrySeconds: 900,
        expireSeconds: 1_209_600,
        minimumSeconds: 300,
        ttlSeconds: 3600,
      },
      ns: [
        { name: 'ns1.geo.example', addresses: [] },
        { name: 'ns.other.example', addresses: [] },
      ],
      nsTtlSeconds: 3600,
      records: ['ns1.geo.example 300 A 192.0.2.53', 'www.geo.example 3600 A 192.0.2.80', 'www.geo.example 60 TXT 78'],
      ecs: 'never',
      at: { file: 'geo.yaml', line: 1, column: 1 },
    },
  )
})

test('records know the file and the line they are from, also in what is included', () => {
  const { zones, problems } = load({
    'zones/geo.yaml': 'zone: geo.example\nfile: ../masters/geo\nrecords: [{ name: y, type: A, value: 192.0.2.1 }]',
    'masters/geo': `${MASTER}$INCLUDE more/hosts\n`,
    'masters/more/hosts': '\nx A 192.0.2.1\n',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    zones?.[0]?.records.map(({ name, at }) => [name, at.file, at.line]),
    [
      ['ns1.geo.example', 'masters/geo', 5],
      ['www.geo.example', 'masters/geo', 6],
      ['x.geo.example', 'masters/more/hosts', 2],
      ['y.geo.example', 'zones/geo.yaml', 3],
    ],
  )
})

test('what the file does not say, the document does: SOA and name servers', () => {
  const { zones, problems } = load({
    'geo.yaml': `${DOCUMENT}ns: [ns.other.example]\nsoa: { serial: 7 }`,
    'geo.example.zone': 'www 60 A 192.0.2.1\n',
  })
  assert.deepEqual(problems, [])
  const [zone] = zones ?? []
  assert.deepEqual([zone?.soa.serial, zone?.soa.mname, zone?.ns[0]?.name], [7, 'ns.other.example', 'ns.other.example'])
})

test('one file for several zones', () => {
  const parked = 'file: parked.zone\n'
  const { zones, problems } = load({
    'a.yaml': `zone: a.example\n${parked}`,
    'b.yaml': `zone: b.example\n${parked}`,
    'parked.zone': MASTER,
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    zones?.map(({ name, records }) => [name, records[1]?.name]),
    [
      ['a.example', 'www.a.example'],
      ['b.example', 'www.b.example'],
    ],
  )
})

const SERVICE = 'service: web\nnames: { dns: [www.geo.example] }\nendpoints: { e: { a: 192.0.2.1 } }\nsteer: []\n'
const GIVEN = '--zone/srv/geo.example.zone'

const TOLD: readonly (readonly [what: string, files: Files, ...problems: string[]])[] = [
  [
    'SOA and NS in both',
    { 'geo.yaml': `${DOCUMENT}soa: { serial: 1 }\nns: [ns.other.example]`, 'geo.example.zone': MASTER },
    'geo.yaml:3:1 error in-file-too soa: the master file has the SOA already (geo.example.zone:2) — keep one of the two',
    'geo.yaml:4:1 error in-file-too ns: the master file has name servers already (geo.example.zone:3) — keep one of the two',
  ],
  [
    'no name servers in either',
    { 'geo.yaml': DOCUMENT, 'geo.example.zone': `$TTL 1\n${SOA}` },
    'geo.yaml:2:7 error no-name-servers file: neither the master file nor this document has name servers of `geo.example` — add NS records at its apex, or `ns: { ns1.geo.example: 192.0.2.53 }`',
  ],
  [
    'no such file',
    { 'geo.yaml': DOCUMENT },
    'geo.yaml:2:7 error bad-file file: there is no file "geo.example.zone" in the policy directory — its path is relative to this document',
  ],
  [
    'a file outside',
    { 'geo.yaml': 'zone: geo.example\nfile: ../geo.zone' },
    'geo.yaml:2:7 error bad-file file: the file "../geo.zone" is not below the policy directory — put it beside this document',
  ],
  [
    'an absolute path',
    { 'geo.yaml': 'zone: geo.example\nfile: /etc/passwd' },
    'geo.yaml:2:7 error bad-file file: the file "/etc/passwd" is not below the policy directory — put it beside this document',
  ],
  [
    'a policy document as master file',
    { 'geo.yaml': 'zone: geo.example\nfile: geo.yaml' },
    'geo.yaml:2:7 error bad-file file: the file "geo.yaml" is called as a policy document is — a master file is called `geo.example.zone`, for example',
  ],
  [
    'a number as file',
    { 'geo.yaml': 'zone: geo.example\nfile: 5' },
    'geo.yaml:2:7 error wrong-type file: `file` is 5 — expected the path of a master file',
  ],
  [
    'an include outside, and one that is not there',
    { 'geo.yaml': DOCUMENT, 'geo.example.zone': `${MASTER}$INCLUDE /etc/hosts\n$INCLUDE gone\n` },
    'geo.example.zone:7:10 error bad-include: the file "/etc/hosts" is not below the policy directory',
    'geo.example.zone:8:10 error bad-include: there is no file "gone" beside this one',
  ],
  [
    'the SOA of another zone',
    { 'geo.yaml': DOCUMENT, 'geo.example.zone': '$ORIGIN other.example.\n$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a.x.\n' },
    'geo.yaml:2:7 error no-name-servers file: neither the master file nor this document has name servers of `geo.example` — add NS records at its apex, or `ns: { ns1.geo.example: 192.0.2.53 }`',
    'geo.example.zone:3:1 error soa-elsewhere: the SOA is that of `other.example`, and the zone is `geo.example` — let the two agree',
  ],
  [
    'records of the document that contradict those of the file',
    {
      'geo.yaml': `${DOCUMENT}ttl: 1h\nrecords:\n  - { name: www, type: A, value: 192.0.2.80 }\n  - { name: www, type: CNAME, value: ns1 }\n  - { name: ns1, type: A, value: 192.0.2.54 }`,
      'geo.example.zone': MASTER,
    },
    'geo.yaml:5:34 error duplicate-record records[0].value: `www.geo.example A` has the same record twice — remove one',
    'geo.yaml:6:38 error cname-and-other-data records[1].value: `www.geo.example` has a CNAME and A data — a name with a CNAME has nothing else (RFC 1034 §3.6.2)',
    'geo.yaml:7:34 error rrset-ttl records[2].value: `ns1.geo.example A` has records with the TTLs 300s and 3600s — records of one name and type have one TTL (RFC 2181 §5.2)',
  ],
  [
    'in a file alone: the service wins, doubles and other TTLs are mended, each with a warning',
    {
      'geo.yaml': DOCUMENT,
      'geo.example.zone': `${MASTER}www AAAA ::1\nwww TXT x\nns1 5m A 192.0.2.53\nns1 6m A 192.0.2.54\nds DS 1 13 9 ab\n`,
      'web.yaml': SERVICE,
    },
    'geo.example.zone:6:1 warning record-at-service-name: `www.geo.example` has a record of type A and is a name of the service `web` (web.yaml:1) — the record is left out',
    'geo.example.zone:7:1 warning record-at-service-name: `www.geo.example` has a record of type AAAA and is a name of the service `web` (web.yaml:1) — the record is left out',
    'geo.example.zone:9:1 warning duplicate-record: `ns1.geo.example A` has the same record twice — the record is left out',
    'geo.example.zone:10:1 warning rrset-ttl: `ns1.geo.example A` has records with the TTLs 300s and 360s — the first one is taken for all (RFC 2181 §5.2)',
    'geo.example.zone:11:1 warning ds-without-ns: `ds.geo.example` has a DS record and no NS record — the record is left out',
  ],
  [
    'a delegation at a service name is no choice between the two',
    {
      'geo.yaml': DOCUMENT,
      'geo.example.zone': `${MASTER.replace(/www.*\n/, '')}www NS ns.other.example.\n`,
      'web.yaml': SERVICE,
    },
    'geo.example.zone:6:1 error record-at-service-name: `www.geo.example` has a record of type NS and is a name of the service `web` (web.yaml:1) — the service answers there: remove the record or the name',
  ],
  [
    'a CNAME at the apex and beside other data',
    { [GIVEN]: `${MASTER}@ CNAME www\nwww CNAME ns1\n` },
    "/srv/geo.example.zone:7:1 error cname-at-apex: a CNAME stands at the zone's apex `geo.example` — write `type: ALIAS`: the node resolves it to addresses",
    '/srv/geo.example.zone:8:1 error cname-and-other-data: `www.geo.example` has a CNAME and A data — a name with a CNAME has nothing else (RFC 1034 §3.6.2)',
  ],
  [
    'given: no SOA',
    { [GIVEN]: 'x 5 A 192.0.2.1' },
    '/srv/geo.example.zone:1:1 error no-soa: the file has no SOA record — a zone begins with one (RFC 1035 §5.2)',
  ],
  [
    'name servers with several TTLs',
    { [GIVEN]: `${MASTER}@ 5 NS ns3.other.example.\n` },
    '/srv/geo.example.zone:7:1 warning rrset-ttl: `geo.example NS` has records with the TTLs 3600s and 5s — the first one is taken for all (RFC 2181 §5.2)',
  ],
  [
    'a record that no message holds',
    { [GIVEN]: `${MASTER}big TYPE65280 \\# 65100 ${'00'.repeat(65_100)}\n` },
    '/srv/geo.example.zone:7:1 error rrset-too-large: the records `big.geo.example TYPE65280` have more than 65000 octets together — no DNS message holds them all: remove some',
  ],
  [
    'given: empty',
    { [GIVEN]: '' },
    '/srv/geo.example.zone:1:1 error no-soa: the file has no SOA record — a zone begins with one (RFC 1035 §5.2)',
  ],
  [
    'given: no SOA because it could not be read',
    { [GIVEN]: '$TTL 1\n@ SOA a b 1 2 3 x 5\n' },
    '/srv/geo.example.zone:2:17 error bad-ttl: the expire is `x` — expected seconds, or units such as `1h30m`',
  ],
  [
    'given: no NS, and a name server without an address',
    { [GIVEN]: `$TTL 1\n${SOA}`, '--zone=b.example/srv/b': `$TTL 1\n${SOA} NS ns9\n` },
    '/srv/geo.example.zone:2:1 error no-name-servers: the zone `geo.example` has no name servers — expected NS records at its apex',
    '/srv/b:3:2 warning name-server-without-address: the name server `ns9.b.example` is in the zone and has no address — add its A and AAAA records',
  ],
  [
    'given: no origin',
    { '--zone/srv/zonefile': MASTER },
    '/srv/zonefile:2:1 error no-origin: the name `@` is relative, and nothing says to what — write `$ORIGIN` before it, or `--zone geo.example=FILE`',
  ],
  [
    'given: the root',
    { '--zone/srv/root.zone': '. 5 SOA a. b. 1 2 3 4 5\n. 5 NS a.\n' },
    '/srv/root.zone:1:1 error bad-zone: the zone is the root — expected a zone such as `geo.example`',
  ],
  [
    'given twice, and as a document',
    { [GIVEN]: MASTER, '--zone=geo.example/srv/b': MASTER, 'geo.yaml': 'zone: geo.example\nns: [ns.other.example]' },
    '/srv/geo.example.zone:2:1 error duplicate-zone: the zone `geo.example` is defined twice: here and at geo.yaml:1:1 — keep one of the two',
    '/srv/b:2:1 error duplicate-zone: the zone `geo.example` is defined twice: here and at geo.yaml:1:1 — keep one of the two',
  ],
]

for (const [what, files, ...problems] of TOLD) {
  test(`told: ${what}`, () => assert.deepEqual(load(files).problems, problems))
}

test('a service in a zone that moved over: its name is steered, the rest is as it was', () => {
  const { zones } = load({ [GIVEN]: `${MASTER}www TXT x\n`, 'web.yaml': SERVICE })
  assert.deepEqual(recordsOf(zones?.[0]), ['ns1.geo.example 300 A 192.0.2.53', 'www.geo.example 3600 TXT 78'])
})

/** The path of a file, its text, and the zone it is. */
const ORIGINS: readonly (readonly [path: string, text: string, zone: string])[] = [
  ['--zone/etc/bind/db.geo.example', MASTER, 'geo.example'],
  ['--zone/etc/bind/geo.example.db', MASTER, 'geo.example'],
  ['--zone/etc/bind/GEO.example.zone', MASTER, 'geo.example'],
  ['--zone/etc/bind/geo.example.zone.signed', MASTER, 'geo.example'],
  ['--zone/etc/bind/geo.example.hosts', MASTER, 'geo.example'],
  ['--zone/etc/nsd/geo.example', MASTER, 'geo.example'],
  ['--zone/etc/bind/db.corp', MASTER, 'corp'],
  ['--zone=geo.example/etc/bind/db.corp', MASTER, 'geo.example'],
  ['--zone/etc/bind/zonefile', `$ORIGIN geo.example.\n${MASTER}`, 'geo.example'],
  ['--zone/etc/bind/db.corp', `$ORIGIN geo.example.\n${MASTER}`, 'geo.example'],
  ['--zone/etc/bind/dump', `$ORIGIN .\n$TTL 1\ngeo.example SOA a. b. 1 2 3 4 5\n NS a.x.\n`, 'geo.example'],
  ['--zone/etc/bind/dump', `geo.example. 5 SOA a. b. 1 2 3 4 5\ngeo.example. 5 NS a.x.\n`, 'geo.example'],
  ['--zone/etc/bind/db.192.0.2', `$ORIGIN 2.0.192.in-addr.arpa.\n${MASTER}`, '2.0.192.in-addr.arpa'],
  ['--zone/etc/bind/2.0.192.in-addr.arpa.zone', MASTER, '2.0.192.in-addr.arpa'],
]

for (const [path, text, zone] of ORIGINS) {
  test(`the zone of ${path} that begins ${JSON.stringify(text.slice(0, 24))}`, () => {
    const { zones, problems } = load({ [path]: text })
    assert.deepEqual(
      problems.filter((problem) => !problem.includes(' warning ')),
      [],
    )
    assert.deepEqual(
      zones?.map(({ name, ecs, at }) => [name, ecs, at.file]),
      [[zone, 'always', path]],
    )
  })
}

test('included by a given file: beside it, or anywhere', () => {
  const { zones, problems } = load({
    '--zone/etc/bind/db.geo.example': `${MASTER}$INCLUDE ../hosts\n$INCLUDE /var/more\n`,
    '--zone-include/etc/hosts': 'a 5 A 192.0.2.1',
    '--zone-include/var/more': 'b 5 A 192.0.2.1',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(zones?.[0]?.records.map(({ name }) => name).slice(2), ['a.geo.example', 'b.geo.example'])
})

test('a folder is given: what its zones include is no zone, unless it has an SOA', () => {
  const withHosts = (hosts: string): Files => ({
    '--zone/etc/bind/geo.example.zone': `${MASTER}$INCLUDE hosts.db\n`,
    '--zone/etc/bind/hosts.db': hosts,
    '--zone-include/etc/bind/hosts.db': hosts,
  })
  const { zones, problems } = load(withHosts('; the SOA stands elsewhere\na A 192.0.2.1\n'))
  assert.deepEqual(problems, [])
  assert.deepEqual([zones?.length, zones?.[0]?.records.at(-1)?.name], [1, 'a.geo.example'])
  assert.equal(load(withHosts(MASTER)).zones?.length, 2)
})

test('a circle of CNAMEs is an error in a document and a warning in a master file, which other servers have taken', () => {
  const loops = (files: Files) => {
    const { set } = loadDocuments(Object.entries(files).map(([path, text]) => ({ path, text })))
    assert.ok(set)
    return lint(set).flatMap(({ rule, severity, at }) => (rule === 'name-loop' ? [`${severity} ${at.file}`] : []))
  }
  const record = (name: string, value: string) => `{ name: ${name}, type: CNAME, value: ${value} }`
  const document = `zone: geo.example\nns: { ns.other.example: null }\nrecords: [${record('a', 'b')}, ${record('b', 'a')}]\n`
  assert.deepEqual(loops({ 'geo.yaml': document }), ['error geo.yaml', 'error geo.yaml'])
  assert.deepEqual(loops({ 'geo.yaml': DOCUMENT, 'geo.example.zone': `${MASTER}a CNAME b\nb CNAME a\n` }), [
    'warning geo.example.zone',
    'warning geo.example.zone',
  ])
})
