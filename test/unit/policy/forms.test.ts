import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, formatPrefix, parsePrefix } from '../../../src/domain/address.ts'
import type { Condition, OnAllDown, Policy, StepAction } from '../../../src/domain/policy.ts'
import { loadText } from './load-text.ts'

/** A service of two endpoints, with these lines more. */
function policyWith(lines: string): Policy {
  const endpoints = 'endpoints: { one: { a: 192.0.2.1, tags: [t], site: fra }, two: { a: 192.0.2.2, tags: [u, v] } }'
  const [policy] = loadText(
    `service: api\n${lines.includes('endpoints:') ? '' : endpoints}\n${lines.includes('steer:') ? '' : 'steer: []'}\n${lines}`,
  ).policies
  assert(policy !== undefined)
  return policy
}

const prefix = (text: string) => {
  const parsed = parsePrefix(text)
  assert(parsed.ok)
  return parsed.prefix
}

const UP = { kind: 'up', degraded: 'keep', slowStartSeconds: 30, failover: { to: 'next' } } as const

const STEPS: readonly (readonly [text: string, action: StepAction])[] = [
  ['up', { ...UP, threshold: { ipv4: 0.5, ipv6: 0.5 }, minHealthy: null }],
  ['up:', { ...UP, threshold: { ipv4: 0.5, ipv6: 0.5 }, minHealthy: null }],
  ['up: { threshold: 1 }', { ...UP, threshold: { ipv4: 1, ipv6: 1 }, minHealthy: null }],
  ['up: { threshold: { ipv6: 0 } }', { ...UP, threshold: { ipv4: 0.5, ipv6: 0 }, minHealthy: null }],
  [
    'up: { minHealthy: { per: site, n: 2 } }',
    { ...UP, threshold: { ipv4: 0.5, ipv6: 0.5 }, minHealthy: { per: 'site', n: 2 } },
  ],
  [
    'up: { minHealthy: { per: { tag: t }, n: 1 } }',
    { ...UP, threshold: { ipv4: 0.5, ipv6: 0.5 }, minHealthy: { per: { tags: ['t'] }, n: 1 } },
  ],
  [
    'up: { degraded: behind, slowStart: 0s }',
    { ...UP, threshold: { ipv4: 0.5, ipv6: 0.5 }, minHealthy: null, degraded: 'behind', slowStartSeconds: 0 },
  ],
  [
    'up: { failover: headroom, slowStart: 5m }',
    {
      ...UP,
      threshold: { ipv4: 0.5, ipv6: 0.5 },
      minHealthy: null,
      slowStartSeconds: 300,
      failover: { to: 'headroom', metric: 'load' },
    },
  ],
  [
    'up: { failover: headroom, metric: rps, degraded: drop }',
    {
      ...UP,
      threshold: { ipv4: 0.5, ipv6: 0.5 },
      minHealthy: null,
      degraded: 'drop',
      failover: { to: 'headroom', metric: 'rps' },
    },
  ],
  ['keep: { tag: t }', { kind: 'keep', match: { tags: ['t'] }, hard: false }],
  ['{ drop: { tag: [t, u] }, hard: true }', { kind: 'drop', match: { tags: ['t', 'u'] }, hard: true }],
  [
    'keep: { id: o*e, site: iad, country: NO, continent: [EU, AS], subdivision: US-VA, asn: 1, cidr: [10.0.0.0/8] }',
    {
      kind: 'keep',
      match: {
        ids: ['o*e'],
        sites: ['iad'],
        countries: ['NO'],
        continents: ['EU', 'AS'],
        subdivisions: ['US-VA'],
        asns: [1],
        prefixes: [prefix('10.0.0.0/8')],
      },
      hard: false,
    },
  ],
  ['geofence', { kind: 'geofence', hard: false }],
  ['{ geofence: , hard: true }', { kind: 'geofence', hard: true }],
  [
    'prefer: [{ tag: t }, { id: two }]',
    { kind: 'prefer', tiers: [{ tags: ['t'] }, { ids: ['two'] }], tricklePercent: 0 },
  ],
  ['prefer: { tiers: [{ tag: t }], trickle: 5% }', { kind: 'prefer', tiers: [{ tags: ['t'] }], tricklePercent: 5 }],
  ['prefer: { tiers: [{ tag: t }], trickle: 2.5 }', { kind: 'prefer', tiers: [{ tags: ['t'] }], tricklePercent: 2.5 }],
  ['nearest', { kind: 'nearest', within: null, foreignFactor: 1, bias: new Map() }],
  ['nearest: { within: 300km }', { kind: 'nearest', within: { km: 300 }, foreignFactor: 1, bias: new Map() }],
  [
    'nearest: { within: 1.2x, foreignFactor: 2, bias: { two: -99 } }',
    { kind: 'nearest', within: { ratio: 1.2 }, foreignFactor: 2, bias: new Map([[1, -99]]) },
  ],
  ['fastest', { kind: 'fastest', withinMs: 0, explorePercent: 0.5 }],
  ['fastest: { within: 10ms, explore: 0 }', { kind: 'fastest', withinMs: 10, explorePercent: 0 }],
  ['fastest: { within: 0.5s, explore: 2% }', { kind: 'fastest', withinMs: 500, explorePercent: 2 }],
  ['shed: { low: 0.7, high: 0.95 }', { kind: 'shed', metric: 'load', low: 0.7, high: 0.95, percentPerMinute: 20 }],
  [
    'shed: { metric: connections, low: 1e3, high: 2e3, perMinute: 100% }',
    { kind: 'shed', metric: 'connections', low: 1000, high: 2000, percentPerMinute: 100 },
  ],
  ['spread', { kind: 'spread', by: 'weight', metric: 'load', sticky: { by: 'none' } }],
  ['spread: { by: equal, sticky: tenant }', { kind: 'spread', by: 'equal', metric: 'load', sticky: { by: 'tenant' } }],
  [
    'spread: { by: capacity, sticky: { header: X-User } }',
    { kind: 'spread', by: 'capacity', metric: 'load', sticky: { by: 'header', name: 'x-user' } },
  ],
  ['spread: { by: headroom, metric: rps }', { kind: 'spread', by: 'headroom', metric: 'rps', sticky: { by: 'none' } }],
  ['take: 2', { kind: 'take', n: 2 }],
  ['take: { n: 3 }', { kind: 'take', n: 3 }],
]

for (const [text, action] of STEPS) {
  test(`step: ${text}`, () => {
    const [step] = policyWith(`steer:\n  - ${text}`).steps
    assert.deepEqual(step, {
      index: 0,
      when: null,
      assume: null,
      because: null,
      at: { file: 'x.yaml', line: 5, column: 5 },
      ...action,
    })
  })
}

test('step: what stands beside it', () => {
  const { steps } = policyWith(
    'steer:\n  - up\n  - take: 1\n    when: { asn: 1 }\n    assume: false\n    because: one is enough',
  )
  assert.deepEqual(steps[1], {
    index: 1,
    when: { kind: 'asn', in: [1] },
    assume: false,
    because: 'one is enough',
    at: { file: 'x.yaml', line: 6, column: 5 },
    kind: 'take',
    n: 1,
  })
})

const CONDITIONS: readonly (readonly [text: string, condition: Condition])[] = [
  ['{ country: NO }', { kind: 'country', in: ['NO'] }],
  ['{ country: [NO, SE] }', { kind: 'country', in: ['NO', 'SE'] }],
  ['{ continent: OC }', { kind: 'continent', in: ['OC'] }],
  ['{ subdivision: [US-VA, DE-BY, XK-1] }', { kind: 'subdivision', in: ['US-VA', 'DE-BY', 'XK-1'] }],
  ['{ asn: [1, 4294967295] }', { kind: 'asn', in: [1, 4294967295] }],
  [
    '{ cidr: [192.0.2.7, 2001:db8::/32, ::/0] }',
    { kind: 'cidr', in: [prefix('192.0.2.7/32'), prefix('2001:db8::/32'), prefix('::/0')] },
  ],
  ['{ located: false }', { kind: 'located', is: false }],
  ['{ frontEnd: [dns, discovery] }', { kind: 'frontEnd', in: ['dns', 'discovery'] }],
  ['{ percent: 10% }', { kind: 'percent', percent: 10 }],
  ['{ percent: 0.1 }', { kind: 'percent', percent: 0.1 }],
  ['{ path: [/a, /é] }', { kind: 'path', prefixes: ['/a', '/é'] }],
  ['{ host: "*.Api.Example." }', { kind: 'host', in: ['*.api.example'] }],
  ['{ tenant.plan: on }', { kind: 'tenant', attribute: 'plan', in: ['on'] }],
  ['{ tenant.id: [acme, "x*"] }', { kind: 'tenant', attribute: 'id', in: ['acme', 'x*'] }],
  ['{ header: { X-Beta: "1" } }', { kind: 'header', name: 'x-beta', in: ['1'] }],
  [
    '{ header: { a: b, c: [d, e] } }',
    {
      kind: 'all',
      of: [
        { kind: 'header', name: 'a', in: ['b'] },
        { kind: 'header', name: 'c', in: ['d', 'e'] },
      ],
    },
  ],
  ['{ cookie: { Beta: off } }', { kind: 'cookie', name: 'beta', in: ['off'] }],
  [
    '{ time: { zone: UTC } }',
    {
      kind: 'time',
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      fromMinute: 0,
      toMinute: 1440,
      timeZone: 'UTC',
    },
  ],
  [
    '{ time: { days: sat, from: 22:30, to: 06:00, zone: Europe/Berlin } }',
    { kind: 'time', days: ['sat'], fromMinute: 1350, toMinute: 360, timeZone: 'Europe/Berlin' },
  ],
  [
    '{ time: { from: "24:00", to: "00:00", zone: Asia/Kolkata } }',
    {
      kind: 'time',
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      fromMinute: 0,
      toMinute: 1440,
      timeZone: 'Asia/Kolkata',
    },
  ],
  [
    '{ time: [{ to: 01:00, zone: UTC }, { from: 23:00, zone: UTC }] }',
    {
      kind: 'any',
      of: [
        {
          kind: 'time',
          days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          fromMinute: 0,
          toMinute: 60,
          timeZone: 'UTC',
        },
        {
          kind: 'time',
          days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          fromMinute: 1380,
          toMinute: 1440,
          timeZone: 'UTC',
        },
      ],
    },
  ],
  ['{ not: { asn: 1 } }', { kind: 'not', of: { kind: 'asn', in: [1] } }],
  [
    '{ any: [{ asn: 1 }, { asn: 2, located: true }] }',
    {
      kind: 'any',
      of: [
        { kind: 'asn', in: [1] },
        {
          kind: 'all',
          of: [
            { kind: 'asn', in: [2] },
            { kind: 'located', is: true },
          ],
        },
      ],
    },
  ],
  [
    '{ all: [{ asn: 1 }], asn: 2 }',
    {
      kind: 'all',
      of: [
        { kind: 'all', of: [{ kind: 'asn', in: [1] }] },
        { kind: 'asn', in: [2] },
      ],
    },
  ],
]

for (const [text, condition] of CONDITIONS) {
  test(`when: ${text}`, () => {
    assert.deepEqual(policyWith(`steer:\n  - up:\n    when: ${text}`).steps[0]?.when, condition)
  })
}

const ALL_DOWN: readonly (readonly [text: string, expected: OnAllDown])[] = [
  ['', { mode: 'lastResort' }],
  ['onAllDown: lastResort', { mode: 'lastResort' }],
  ['onAllDown: failClosed', { mode: 'failClosed' }],
  ['onAllDown: { static: two }', { mode: 'static', endpoint: 1 }],
  [
    'onAllDown: { static: { hostname: Sorry.Example. } }',
    { mode: 'static', target: { a: [], aaaa: [], hostname: 'sorry.example', url: null } },
  ],
]

for (const [text, expected] of ALL_DOWN) {
  test(`all down: ${text || 'nothing said'}`, () => assert.deepEqual(policyWith(text).onAllDown, expected))
}

test('a service that says the least', () => {
  const policy = policyWith('endpoints: { only: { hostname: x.example } }')
  assert.deepEqual(policy, {
    service: 'api',
    names: { dns: [], http: [], discovery: 'api' },
    ttlSeconds: 30,
    https: null,
    missingFamily: 'nodata',
    minInService: 1,
    redirect: { status: 302 },
    tenants: [],
    endpoints: [
      {
        id: 'only',
        index: 0,
        sites: [],
        a: [],
        aaaa: [],
        hostname: 'x.example',
        url: null,
        weight: 1,
        capacity: null,
        tags: [],
        serves: null,
        bias: 0,
        asn: null,
        enabled: true,
        checks: [],
      },
    ],
    checks: [],
    steps: [],
    onAllDown: { mode: 'lastResort' },
    tests: [],
    at: { file: 'x.yaml', line: 1, column: 1 },
  } satisfies Policy)
})

const FRAMES: readonly (readonly [text: string, pick: (policy: Policy) => unknown, expected: unknown])[] = [
  [
    'names: { dns: API.Geo.Example., http: ["*.Api.Example"], discovery: other }',
    (policy) => policy.names,
    { dns: ['api.geo.example'], http: ['*.api.example'], discovery: 'other' },
  ],
  ['names: { discovery: false }', (policy) => policy.names.discovery, null],
  ['ttl: 0s', (policy) => policy.ttlSeconds, 0],
  ['ttl: 2147483647s', (policy) => policy.ttlSeconds, 2_147_483_647],
  ['ttl: 1.5m', (policy) => policy.ttlSeconds, 90],
  ['ttl: 1d', (policy) => policy.ttlSeconds, 86_400],
  ['https: true', (policy) => policy.https, { alpn: ['h2'], port: null }],
  ['https: {}', (policy) => policy.https, { alpn: ['h2'], port: null }],
  ['https: false', (policy) => policy.https, null],
  ['https: { alpn: h3 }', (policy) => policy.https, { alpn: ['h3'], port: null }],
  ['https: { alpn: [h3, h2], port: 65535 }', (policy) => policy.https, { alpn: ['h3', 'h2'], port: 65_535 }],
  ['https: { port: 8443 }', (policy) => policy.https, { alpn: ['h2'], port: 8443 }],
  ['missingFamily: nextEndpoint', (policy) => policy.missingFamily, 'nextEndpoint'],
  ['missingFamily: nodata', (policy) => policy.missingFamily, 'nodata'],
  ['redirect: { status: 308 }', (policy) => policy.redirect.status, 308],
  ['tenant: host', (policy) => policy.tenants, [{ from: 'host' }]],
  [
    'tenant: [path, { header: X-Tenant }]',
    (policy) => policy.tenants,
    [{ from: 'path' }, { from: 'header', name: 'x-tenant' }],
  ],
  ['minInService: 0', (policy) => policy.minInService, 0],
  [
    'tests: [{ from: 81.2.69.0/24, expect: one, down: t* }, { from: US-VA, never: [one, two] }]'.replace('t*', '"t*"'),
    (policy) => policy.tests.map(({ at, ...rest }) => ({ ...rest, column: at.column })),
    [
      { from: { prefix: prefix('81.2.69.0/24') }, expect: ['one'], never: [], down: ['t*'], column: 9 },
      { from: { country: 'US', subdivision: 'VA' }, expect: [], never: ['one', 'two'], down: [], column: 58 },
    ],
  ],
  ['tests: [{ from: NO, expect: o* }]', (policy) => policy.tests[0]?.from, { country: 'NO', subdivision: null }],
  [
    'endpoints: { a: { url: "HTTPS://Us.Example" }, b: { url: "http://x.example:8080/base/" }, c: { url: "https://[2001:db8::1]/" } }',
    (policy) => policy.endpoints.map(({ url }) => url),
    ['https://us.example', 'http://x.example:8080/base/', 'https://[2001:db8::1]/'],
  ],
  [
    'endpoints: { a: { a: [192.0.2.1, 192.0.2.2], aaaa: 2001:DB8:0::1, sites: [iad, fra] } }',
    (policy) =>
      policy.endpoints.map(({ a, aaaa, sites }) => [
        a.map(formatAddress),
        aaaa.map(formatAddress),
        sites.map(({ id, continent, subdivision, region, city }) => ({ id, continent, subdivision, region, city })),
      ]),
    [
      [
        ['192.0.2.1', '192.0.2.2'],
        ['2001:db8::1'],
        [
          { id: 'iad', continent: 'NA', subdivision: 'VA', region: 'iad', city: null },
          { id: 'fra', continent: 'EU', subdivision: null, region: 'fra', city: null },
        ],
      ],
    ],
  ],
  [
    'endpoints: { a: { a: 192.0.2.1, serves: { country: NO, cidr: 10.0.0.0/8 } } }',
    ({ endpoints }) => [
      endpoints[0]?.serves?.countries,
      endpoints[0]?.serves?.prefixes.map(formatPrefix),
      endpoints[0]?.serves?.asns,
    ],
    [['NO'], ['10.0.0.0/8'], []],
  ],
]

for (const [text, pick, expected] of FRAMES)
  test(`service: ${text}`, () => assert.deepEqual(pick(policyWith(text)), expected))

test('tenants have their id as an attribute', () => {
  const { tenants } = loadText('tenants: { acme: { plan: enterprise }, bare: , "7": { flag: "on" } }')
  assert.deepEqual(
    [...tenants],
    [
      ['acme', { plan: 'enterprise', id: 'acme' }],
      ['bare', { id: 'bare' }],
      ['7', { flag: 'on', id: '7' }],
    ],
  )
})

test('endpoints keep the order in which they are written, also those whose ids look like numbers', () => {
  const { endpoints } = policyWith(
    'endpoints: { b: { a: 192.0.2.1 }, 2: { a: 192.0.2.2 }, a: { a: 192.0.2.3 }, 1: { a: 192.0.2.4 } }',
  )
  assert.deepEqual(
    endpoints.map(({ id, index }) => [id, index]),
    [
      ['b', 0],
      ['2', 1],
      ['a', 2],
      ['1', 3],
    ],
  )
})
