import { AP, EU, endpoints, type Row, steer, US } from './documents.ts'

const REST = ['up', 'nearest', 'take: 2']
const TENANTS = { 'tenants.yaml': 'tenants:\n  acme: { home: us, plan: gold }\n  globex: { home: eu, plan: free }\n' }
const HTTP_ONLY = '{ http: [api.example], discovery: false }'

export const FRONT_END_ROWS: readonly Row[] = [
  {
    rule: 'unseen-condition',
    name: 'a soft step: DNS sees no header, discovery no path',
    service: {
      steer: steer(
        'keep: { id: eu }\n    when: { header: { x-beta: yes } }',
        'keep: { id: us }\n    when: { path: /us }',
        ...REST,
      ),
    },
    expect: [
      ['warning', 'steer[0].when', 'dns cannot see `header x-beta`'],
      ['warning', 'steer[1].when', 'dns cannot see `path`'],
      ['warning', 'steer[1].when', 'discovery cannot see `path`'],
    ],
  },
  {
    rule: 'unseen-condition',
    name: 'under a hard fence and a soft drop it is an error',
    service: {
      tenant: '[{ header: x-tenant }]',
      steer: steer(
        'keep: { id: eu }\n    hard: true\n    when: { tenant.home: eu }\n    because: x',
        'drop: { id: us }\n    when: { cookie: { region: eu } }',
        ...REST,
      ),
    },
    more: TENANTS,
    expect: [
      ['error', 'steer[0].when', '`tenant.home`'],
      ['error', 'steer[1].when', '`cookie region`'],
    ],
  },
  {
    rule: 'unseen-condition',
    name: '`assume: true` does not reach discovery, which takes its own path for an answer',
    service: {
      steer: steer(
        'keep: { id: eu }\n    hard: true\n    assume: true\n    when: { path: /eu }\n    because: x',
        ...REST,
      ),
    },
    expect: [['error', 'steer[0].when', 'discovery cannot see `path`']],
  },
  {
    rule: 'unseen-condition',
    name: 'assumed; not needed to decide; a service without DNS',
    service: {
      tenant: '[{ header: x-tenant }]',
      steer: steer(
        'keep: { id: eu }\n    hard: true\n    assume: false\n    when: { tenant.home: eu }\n    because: x',
        'keep: { id: us }\n    when: { frontEnd: redirect, header: { x-beta: yes } }',
        ...REST,
      ),
    },
    more: TENANTS,
    expect: [],
  },
  {
    rule: 'unseen-condition',
    name: 'only a redirector',
    service: {
      names: HTTP_ONLY,
      steer: steer('drop: { id: us }\n    when: { path: /eu, host: api.example }', ...REST),
    },
    expect: [],
  },
  {
    rule: 'unseen-sticky',
    name: 'DNS sees no tenant',
    service: {
      tenant: '[{ header: x-tenant }]',
      steer: steer('up', 'nearest: { within: 300km }', 'spread: { by: weight, sticky: tenant }'),
    },
    expect: [['warning', 'steer[2].spread.sticky', "sticky by the client's network"]],
  },
  {
    rule: 'unseen-sticky',
    name: 'the path of discovery is its own',
    service: {
      names: '{ http: [api.example] }',
      steer: steer('up', 'nearest: { within: 300km }', 'spread: { by: weight, sticky: path }'),
    },
    expect: [['warning', 'steer[2].spread.sticky', 'all clients of an area the same endpoint']],
  },
  {
    rule: 'unseen-sticky',
    name: 'all see the network; a redirector sees the path',
    service: {
      names: HTTP_ONLY,
      steer: steer('up', 'nearest: { within: 300km }', 'spread: { by: weight, sticky: path }'),
    },
    expect: [],
  },
  {
    rule: 'needless-assume',
    name: 'everybody sees a country',
    service: { steer: steer('keep: { id: eu }\n    assume: true\n    when: { country: DE }', ...REST) },
    expect: [['warning', 'steer[0].assume', 'never used']],
  },
  {
    rule: 'needless-assume',
    name: 'DNS needs it',
    service: { steer: steer('keep: { id: eu }\n    assume: true\n    when: { header: { x-beta: yes } }', ...REST) },
    expect: [],
  },
  {
    rule: 'tenant-untold',
    name: 'nobody says how a tenant is told, or only by a wildcard that is not there',
    service: { steer: steer('keep: { id: eu }\n    assume: false\n    when: { tenant.home: eu }', ...REST) },
    more: TENANTS,
    expect: [['warning', 'steer[0]', 'no request has any']],
  },
  {
    rule: 'tenant-untold',
    name: 'told by a host without a wildcard',
    service: {
      tenant: '[host]',
      steer: steer('keep: { id: eu }\n    assume: false\n    when: { tenant.home: eu }', ...REST),
    },
    more: TENANTS,
    expect: [['warning', 'tenant', 'begins with `*.`']],
  },
  {
    rule: 'tenant-untold',
    name: 'told by a host with one',
    service: {
      names: "{ dns: [api.geo.example], http: ['*.app.example'] }",
      tenant: '[host]',
      steer: steer('keep: { id: eu }\n    assume: false\n    when: { tenant.home: eu }', ...REST),
    },
    more: TENANTS,
    expect: [],
  },
  {
    rule: 'tenant-matches-none',
    name: 'a value that no tenant has, an attribute that no tenant has',
    service: {
      tenant: '[{ header: x-tenant }]',
      steer: steer(
        'keep: { id: eu }\n    assume: false\n    when: { tenant.home: eu1 }',
        'keep: { id: us }\n    assume: false\n    when: { tenant.tier: gold }',
        ...REST,
      ),
    },
    more: TENANTS,
    expect: [
      ['warning', 'steer[0].when', 'no tenant has `home` `eu1`'],
      ['warning', 'steer[1].when', 'no tenant has `tier` `gold`'],
    ],
  },
  {
    rule: 'tenant-matches-none',
    name: 'a glob, and the id itself',
    service: {
      tenant: '[{ header: x-tenant }]',
      steer: steer(
        "keep: { id: eu }\n    assume: false\n    when: { tenant.home: 'e*' }",
        'keep: { id: us }\n    assume: false\n    when: { tenant.id: acme }',
        ...REST,
      ),
    },
    more: TENANTS,
    expect: [],
  },
  {
    rule: 'contradictory-tests',
    name: 'expected and forbidden at once; two that cannot both hold',
    service: {
      tests: `
  - { from: DE, expect: eu, never: 'e*' }
  - { from: US, expect: us }
  - { from: US, expect: [eu, ap] }`,
    },
    expect: [
      ['error', 'tests[0]', 'it always fails'],
      ['error', 'tests[2].expect', 'line'],
    ],
  },
  {
    rule: 'contradictory-tests',
    name: 'what is down makes another question; a wider test agrees',
    service: {
      tests: `
  - { from: US, expect: us }
  - { from: US, down: us, expect: eu }
  - { from: US, expect: ['u*', eu], never: eu }
  - { from: US-VA, expect: ap }`,
    },
    expect: [],
  },
  {
    rule: 'missing-up',
    name: 'checks that nobody listens to, a disabled endpoint that is answered',
    service: { endpoints: endpoints(US, `${EU}, enabled: false`, AP), steer: steer('nearest', 'take: 2') },
    expect: [
      ['warning', 'checks', 'endpoints that are down'],
      ['warning', 'endpoints.eu.enabled', 'answered all the same'],
    ],
  },
  {
    rule: 'missing-up',
    name: 'no checks, none disabled',
    service: { checks: '', steer: steer('nearest', 'take: 2') },
    expect: [],
  },
  {
    rule: 'all-down-never',
    name: 'nothing is ever down',
    service: { checks: '', steer: steer('nearest', 'take: 2'), onAllDown: 'failClosed' },
    expect: [['warning', 'onAllDown', 'never used']],
  },
  {
    rule: 'all-down-never',
    name: 'with `up`, or left as it is',
    service: { checks: '', steer: steer('nearest', 'take: 2') },
    expect: [],
  },
  {
    rule: 'ttl-outlives-health',
    name: 'five minutes against thirty seconds',
    service: { ttl: '5m' },
    expect: [['warning', 'ttl', 'within 30s, but with `ttl: 5m`']],
  },
  { rule: 'ttl-outlives-health', name: 'two minutes against thirty seconds', service: { ttl: '2m' }, expect: [] },
  {
    rule: 'ttl-outlives-health',
    name: 'a minute is never long; without `up` nothing is learned',
    service: { ttl: '1m', checks: '{ web: { http: /, every: 1s, timeout: 500ms, fall: 2 } }' },
    expect: [],
  },
  {
    rule: 'ttl-zero',
    name: 'nothing may be kept',
    service: { ttl: '0s' },
    expect: [['warning', 'ttl', 'every look-up']],
  },
  { rule: 'ttl-zero', name: 'a second may', service: { ttl: '1s' }, expect: [] },
]
