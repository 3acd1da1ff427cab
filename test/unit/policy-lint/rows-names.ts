import { AP, EU, endpoints, type Row, US } from './documents.ts'

const HOSTNAME = endpoints(US, EU, 'site: nrt, hostname: lb.other.example, url: https://ap.x.example')
const SECOND = (names: string): string => `service: second
names: ${names}
endpoints:
  only: { a: [192.0.2.77], url: https://only.x.example }
steer: [up]
`
const record = (text: string): { readonly records: string } => ({ records: `\n  - { ${text} }` })

export const NAME_ROWS: readonly Row[] = [
  {
    rule: 'name-outside-zone',
    name: 'a name beside the zone, one that only looks as if it were inside, a wildcard',
    service: {
      names: "{ dns: [api.geo.example, api.other.example, api.notgeo.example, '*.example'], http: [api.example] }",
    },
    expect: [
      ['error', 'names.dns[1]', '`api.other.example` is in none of the zones'],
      ['error', 'names.dns[2]', '`api.notgeo.example`'],
      ['error', 'names.dns[3]', '`*.example`'],
    ],
  },
  {
    rule: 'name-outside-zone',
    name: 'the apex, deep below it, a wildcard at it',
    service: { names: "{ dns: [geo.example, a.b.c.geo.example, '*.geo.example'], http: [api.example] }" },
    expect: [],
  },
  {
    rule: 'name-claimed-twice',
    name: 'DNS, HTTP and discovery names of another service',
    more: { 'second.yaml': SECOND('{ dns: [api.geo.example], http: [api.example], discovery: api }') },
    expect: [
      ['error', 'names.dns[0]', 'already claimed by service `api` (api.yaml:1)'],
      ['error', 'names.http[0]', 'the HTTP host `api.example`'],
      ['error', 'names.discovery', 'the discovery name `api`'],
    ],
  },
  {
    rule: 'name-claimed-twice',
    name: 'a wildcard over an exact name; one text in DNS and HTTP',
    more: {
      'second.yaml': SECOND(
        "{ dns: ['*.geo.example', api.example.geo.example], http: ['*.example', api.geo.example] }",
      ),
    },
    expect: [],
  },
  {
    rule: 'name-collides',
    name: 'below a delegation',
    service: { names: '{ dns: [api.sub.geo.example], http: [api.example] }' },
    zone: record('name: sub, type: NS, value: ns.other.example.'),
    expect: [['error', 'names.dns[0]', 'never answers for it']],
  },
  {
    rule: 'name-collides',
    name: 'a name server',
    service: { names: '{ dns: [ns1.geo.example], http: [api.example] }' },
    expect: [['error', 'names.dns[0]', 'is a name server of zone']],
  },
  {
    rule: 'name-collides',
    name: 'a delegation elsewhere, a TXT record at the name',
    zone: {
      records: `
  - { name: sub, type: NS, value: ns.other.example. }
  - { name: api, type: TXT, value: hello }`,
    },
    expect: [],
  },
  {
    rule: 'name-collides',
    name: 'a zone of ours below the delegation; a delegation in that zone too, and a wildcard at one',
    service: {
      names: "{ dns: [api.sub.geo.example, a.b.in.sub.geo.example, '*.in.sub.geo.example'], http: [api.example] }",
    },
    zone: record('name: sub, type: NS, value: ns.other.example.'),
    more: {
      'sub.yaml':
        'zone: sub.geo.example\nns: [ns1.x.example, ns2.x.example]\nrecords: [{ name: in, type: NS, value: ns.x.example. }]',
    },
    expect: [
      ['error', 'names.dns[1]', '`a.b.in.sub.geo.example` is below `in.sub.geo.example`'],
      ['error', 'names.dns[2]', '`*.in.sub.geo.example` is below `in.sub.geo.example`'],
    ],
  },
  {
    rule: 'hostname-flattened',
    name: 'a TXT record beside it',
    service: { endpoints: HOSTNAME },
    zone: record('name: api, type: TXT, value: hello'),
    expect: [['warning', 'endpoints.ap.hostname', 'has a static TXT record too (geo.example.zone.yaml:']],
  },
  {
    rule: 'hostname-flattened',
    name: 'a CNAME cannot stand there',
    service: { names: '{ dns: [geo.example], http: [api.example] }', endpoints: HOSTNAME },
    expect: [['warning', 'endpoints.ap.hostname', 'is the apex of a zone']],
  },
  { rule: 'hostname-flattened', name: 'below it one can', service: { endpoints: HOSTNAME }, expect: [] },
  {
    rule: 'hostname-flattened',
    name: 'addresses can stand at it',
    service: { names: '{ dns: [geo.example], http: [api.example] }' },
    expect: [],
  },
  {
    rule: 'ecs-never',
    name: 'nearest, for whom?',
    zone: { ecs: 'never' },
    expect: [['warning', 'names.dns[0]', 'for the place of the resolver']],
  },
  {
    rule: 'ecs-never',
    name: 'nothing goes by place',
    zone: { ecs: 'never' },
    service: { steer: '\n  - up\n  - spread: { by: weight }' },
    expect: [],
  },
  {
    rule: 'single-ns',
    name: 'one name server',
    zone: { ns: '{ ns1.geo.example: [192.0.2.53] }' },
    expect: [['warning', 'ns', 'a single name server']],
  },
  {
    rule: 'single-ns',
    name: 'two names of one address',
    zone: { ns: '{ ns1.geo.example: [192.0.2.53], ns2.geo.example: [192.0.2.53] }' },
    expect: [['warning', 'ns', 'the same address, `192.0.2.53`']],
  },
  {
    rule: 'single-ns',
    name: 'the address of a second one, outside the zone, is not ours to know',
    zone: { ns: '{ ns1.geo.example: [192.0.2.53], ns.other.example: [] }' },
    expect: [],
  },
  {
    rule: 'target-is-cname',
    name: 'mail to an alias, a name server that is one',
    zone: {
      ns: '{ ns1.geo.example: [192.0.2.53], api.geo.example.second.example: [] }',
      records: `
  - { name: '@', type: MX, value: 10 mail }
  - { name: mail, type: CNAME, value: mail.other.example. }
  - { name: '@', type: SRV, value: 0 0 443 api }`,
    },
    service: { endpoints: HOSTNAME },
    expect: [
      ['warning', 'records', 'the MX record points at `mail.geo.example`'],
      ['warning', 'records', 'the SRV record points at `api.geo.example`'],
    ],
  },
  {
    rule: 'target-is-cname',
    name: 'names with addresses',
    zone: {
      records: `
  - { name: '@', type: MX, value: 10 mail }
  - { name: mail, type: A, value: 192.0.2.25 }
  - { name: '@', type: SRV, value: 0 0 443 api }`,
    },
    expect: [],
  },
  {
    rule: 'unfilled-hint',
    name: 'a target of others, a delegated one',
    zone: {
      records: `
  - { name: child, type: NS, value: ns.other.example. }
  - { name: a, type: HTTPS, value: '1 cdn.other.example. ipv4hint=auto' }
  - { name: b, type: SVCB, value: '1 www.child.geo.example. ipv6hint=auto' }`,
    },
    expect: [
      ['warning', 'records', '`cdn.other.example`, which is in no zone of ours'],
      ['warning', 'records', '`www.child.geo.example`, which is in no zone of ours'],
    ],
  },
  {
    rule: 'unfilled-hint',
    name: 'the name itself, a service, hints that are written, and none',
    zone: {
      records: `
  - { name: a, type: HTTPS, value: '1 . ipv4hint=auto' }
  - { name: a, type: A, value: 192.0.2.9 }
  - { name: b, type: HTTPS, value: '1 api alpn=h2 ipv4hint=auto ipv6hint=auto' }
  - { name: c, type: HTTPS, value: '1 cdn.other.example. ipv4hint=192.0.2.9' }
  - { name: d, type: HTTPS, value: '0 cdn.other.example.' }`,
    },
    expect: [],
  },
  {
    rule: 'dangling-target',
    name: 'a hostname, also beside addresses where HTTPS records name it',
    service: {
      endpoints: endpoints(`${US}, hostname: gone.geo.example`, 'site: fra, hostname: far.geo.example', AP),
      https: 'true',
    },
    expect: [
      ['warning', 'endpoints.us.hostname', '`gone.geo.example`, which is in a zone of ours'],
      ['warning', 'endpoints.eu.hostname', '`far.geo.example`, which is in a zone of ours'],
    ],
  },
  {
    rule: 'dangling-target',
    name: 'a hostname beside addresses that nothing names; one of others; one that is there',
    service: {
      endpoints: endpoints(`${US}, hostname: gone.geo.example`, 'site: fra, hostname: eu.other.example', AP),
    },
    expect: [],
  },
  {
    rule: 'dangling-target',
    name: 'a name in full without a dot, and one that was never there',
    zone: {
      records: `
  - { name: www, type: CNAME, value: apo }
  - { name: '@', type: MX, value: 10 mail }`,
    },
    expect: [
      ['warning', 'records', '`apo.geo.example`'],
      ['warning', 'records', '`mail.geo.example`'],
    ],
  },
  {
    rule: 'dangling-target',
    name: 'a service, the apex, a wildcard, a delegated name, a name of others, no mail at all',
    zone: {
      records: `
  - { name: www, type: CNAME, value: api }
  - { name: ftp, type: CNAME, value: '@' }
  - { name: '*.w', type: A, value: 192.0.2.9 }
  - { name: x, type: CNAME, value: y.w.geo.example. }
  - { name: sub, type: NS, value: ns.sub.geo.example. }
  - { name: ns.sub, type: A, value: 192.0.2.53 }
  - { name: z, type: CNAME, value: deep.sub.geo.example. }
  - { name: o, type: CNAME, value: other.example. }
  - { name: '@', type: MX, value: 0 . }`,
    },
    expect: [],
  },
  {
    rule: 'name-loop',
    name: 'an endpoint that leads back to its service by a record of the zone',
    service: {
      endpoints: endpoints(US, EU, 'site: nrt, hostname: www.geo.example, url: https://ap.x.example'),
    },
    zone: record('name: www, type: CNAME, value: api'),
    expect: [
      ['error', 'endpoints.ap.hostname', '`api.geo.example` → `www.geo.example` → `api.geo.example`'],
      ['error', 'records', 'leads back to itself'],
    ],
  },
  {
    rule: 'name-loop',
    name: 'under a wildcard of its own',
    service: {
      names: "{ dns: ['*.api.geo.example'], http: [api.example] }",
      endpoints: endpoints(US, EU, 'site: nrt, hostname: ap.api.geo.example, url: https://ap.x.example'),
    },
    expect: [['error', 'endpoints.ap.hostname', 'leads back to the service']],
  },
  {
    rule: 'name-loop',
    name: 'a chain that ends; a hostname beside addresses is not followed',
    service: {
      endpoints: endpoints(US, EU, `${AP}, hostname: api.geo.example`),
    },
    zone: record('name: www, type: CNAME, value: api'),
    expect: [],
  },
]
