import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdminDeps, createAdmin } from '../../../src/http/admin/admin.ts'
import { createMetrics } from '../../../src/http/admin/metrics.ts'
import type { NodeStatus } from '../../../src/http/admin/status.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { snapshot } from './fixture.ts'

const NODE: NodeStatus = {
  startedAtMs: TEST_NOW_MS - 61_500,
  listeners: [{ frontEnd: 'dns', transport: 'udp', address: '127.0.0.1:5353' }],
  refused: null,
  refusedGeo: [],
  missing: [],
}

function admin(changes: Partial<AdminDeps> = {}) {
  return createAdmin({
    current: snapshot,
    status: () => NODE,
    monitor: { health: () => [], events: () => [] },
    nowMs: () => TEST_NOW_MS,
    registry: createMetrics('0.0.0-test').registry,
    version: '0.0.0-test',
    ...changes,
  })
}

test('healthz says that the process lives, whatever is missing', async (t) => {
  const app = admin({ current: () => null, status: () => ({ ...NODE, missing: ['the DNS port is not open'] }) })
  t.after(() => app.close())
  const response = await app.inject({ url: '/healthz' })
  assert.deepEqual([response.statusCode, response.body], [200, 'ok\n'])
})

const readiness: readonly (readonly [name: string, changes: Partial<AdminDeps>, status: number, says: RegExp])[] = [
  ['all is there', {}, 200, /^ready\n$/],
  ['no snapshot', { current: () => null }, 503, /no policies are in force yet/],
  [
    'a port is missing',
    { status: () => ({ ...NODE, missing: ['the DNS port is not open'] }) },
    503,
    /the DNS port is not open/,
  ],
  [
    'a refused change does not make a node unready',
    { status: () => ({ ...NODE, refused: { atMs: 0, problems: [] } }) },
    200,
    /ready/,
  ],
]

for (const [name, changes, status, says] of readiness) {
  test(`readyz: ${name}`, async (t) => {
    const app = admin(changes)
    t.after(() => app.close())
    const response = await app.inject({ url: '/readyz' })
    assert.equal(response.statusCode, status)
    assert.match(response.body, says)
  })
}

test('status, with the problems of the last refusal', async (t) => {
  const at = { file: 'api.yaml', line: 3, column: 7 }
  const problem = { severity: 'error', rule: 'unknown-key', at, path: 'steer[0]', message: 'no', hint: null } as const
  const app = admin({ status: () => ({ ...NODE, refused: { atMs: TEST_NOW_MS, problems: [problem] } }) })
  t.after(() => app.close())
  const body = (await app.inject({ url: '/v1/status' })).json()
  assert.partialDeepStrictEqual(body, {
    about: { name: 'nearcast', version: '0.0.0-test', revision: 1 },
    uptimeSeconds: 61,
    ready: true,
    notReady: [],
    listeners: NODE.listeners,
    snapshot: { number: 1, freshness: 'fresh', compiledAt: '2026-01-01T00:00:00.000Z' },
    revision: { number: 1, author: 'test' },
    refused: { at: '2026-01-01T00:00:00.000Z', problems: [problem] },
    refusedGeo: [],
  })
  const closed = body.services.find(({ service }: { service: string }) => service === 'closed')
  assert.deepEqual(closed.endpoints, [
    { endpoint: 'one', enabled: true, health: 'unknown', override: 'down', out: 'set down by test (test)' },
  ])
})

test('status, with geo files that are not used', async (t) => {
  const file = { file: 'geo-data/own.mmdb', problem: 'cut off', meanwhile: 'It is left out.' }
  const app = admin({ status: () => ({ ...NODE, refusedGeo: [file] }) })
  t.after(() => app.close())
  const body = (await app.inject({ url: '/v1/status' })).json()
  assert.deepEqual([body.refusedGeo, body.ready], [[file], true])
})

test('status before the first snapshot', async (t) => {
  const app = admin({ current: () => null })
  t.after(() => app.close())
  const body = (await app.inject({ url: '/v1/status' })).json()
  assert.partialDeepStrictEqual(body, {
    ready: false,
    snapshot: null,
    revision: null,
    services: [],
    about: { geo: null },
  })
})

const requests: readonly (readonly [name: string, headers: Readonly<Record<string, string>>, status: number])[] = [
  ['localhost', { host: 'localhost:9080' }, 200],
  ['a name below localhost', { host: 'node.localhost' }, 200],
  ['an IPv4 address', { host: '127.0.0.1:9080' }, 200],
  ['an IPv6 address', { host: '[::1]:9080' }, 200],
  ['a rebound name', { host: 'evil.example' }, 403],
  ['a name that begins alike', { host: 'localhost.evil.example' }, 403],
  ['a name that ends alike', { host: 'evil-localhost' }, 403],
  ['a broken Host', { host: 'a b' }, 400],
  ['its own origin', { host: 'localhost:9080', origin: 'http://localhost:9080' }, 200],
  ['a foreign origin', { host: 'localhost:9080', origin: 'https://evil.example' }, 403],
  ['no origin to name', { host: 'localhost:9080', origin: 'null' }, 403],
]

for (const [name, headers, status] of requests) {
  test(`admin on loopback, asked by ${name}`, async (t) => {
    const app = admin()
    t.after(() => app.close())
    for (const url of ['/v1/about', '/metrics', '/healthz']) {
      const response = await app.inject({ url, headers })
      assert.equal(response.statusCode, status, url)
      assert.equal(response.headers['cache-control'], 'no-store')
      assert.equal(response.headers['x-content-type-options'], 'nosniff')
      assert.match(String(response.headers['content-security-policy']), /default-src 'none'/)
      assert.equal(response.headers['access-control-allow-origin'], undefined)
    }
  })
}

const others: readonly (readonly ['GET' | 'POST' | 'OPTIONS' | 'HEAD', string, number])[] = [
  ['GET', '/', 404],
  ['GET', '/v1/status/', 404],
  ['POST', '/v1/status', 405],
  ['OPTIONS', '/v1/status', 405],
  ['HEAD', '/readyz', 200],
]

for (const [method, url, status] of others) {
  test(`admin: ${method} ${url}`, async (t) => {
    const app = admin()
    t.after(() => app.close())
    const response = await app.inject({ method, url })
    assert.equal(response.statusCode, status)
    if (status === 405) assert.equal(response.headers.allow, 'GET, HEAD')
    if (status >= 400) assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  })
}

test('metrics: answers, snapshot, facts', async (t) => {
  const metrics = createMetrics('0.0.0-test')
  const app = admin({ registry: metrics.registry })
  t.after(() => app.close())
  metrics.setSnapshot(snapshot())
  metrics.setSnapshot(snapshot())
  const answer = {
    frontEnd: 'redirect',
    status: 302,
    service: 'api',
    endpoint: 'virginia',
    outcome: 'steered',
    decisionId: 'x',
  } as const
  metrics.onHttpAnswer(answer)
  metrics.onHttpAnswer(answer)
  metrics.onHttpAnswer({ ...answer, status: 404, service: null, endpoint: null, outcome: 'unknown-host' })
  const dns = { transport: 'udp', rcode: 0, service: 'api', endpoint: 'tokyo', outcome: 'steered' } as const
  const asker = { ecsPrefixLength: null, cookie: 'none' } as const
  metrics.onDnsAnswer({ ...dns, ecsPrefixLength: 24, cookie: 'good' })
  // All down, answered all the same: NOERROR, and yet what an alert must see.
  metrics.onDnsAnswer({ ...dns, ...asker, outcome: 'lastResort' })
  metrics.onDnsAnswer({ ...dns, ...asker, endpoint: null, outcome: 'failClosed' })
  metrics.onDnsAnswer({ ...asker, transport: 'tcp', rcode: 3, service: null, endpoint: null, outcome: null })
  metrics.onDnsCookies('client', 3)
  metrics.onDnsSubnets(56, 2)
  metrics.onDnsLimited('slip', 4)
  metrics.onDnsLimited('drop', 5)
  metrics.onRefusedRevision()
  const { body, headers } = await app.inject({ url: '/metrics' })
  assert.match(String(headers['content-type']), /^text\/plain/)
  const expected = [
    'nearcast_info{version="0.0.0-test"} 1',
    'nearcast_answers_total{front_end="redirect",service="api",endpoint="virginia",outcome="steered"} 2',
    'nearcast_answers_total{front_end="dns",service="api",endpoint="tokyo",outcome="steered"} 1',
    'nearcast_answers_total{front_end="dns",service="api",endpoint="tokyo",outcome="lastResort"} 1',
    'nearcast_answers_total{front_end="dns",service="api",endpoint="",outcome="failClosed"} 1',
    'nearcast_http_responses_total{front_end="redirect",status="302"} 2',
    'nearcast_http_responses_total{front_end="redirect",status="404"} 1',
    'nearcast_dns_responses_total{transport="udp",rcode="NOERROR"} 3',
    'nearcast_dns_responses_total{transport="tcp",rcode="NXDOMAIN"} 1',
    'nearcast_dns_client_subnets_total{prefix_length="24"} 1',
    'nearcast_dns_client_subnets_total{prefix_length="56"} 2',
    'nearcast_dns_client_subnets_total{prefix_length="none"} 3',
    'nearcast_dns_cookies_total{cookie="good"} 1',
    'nearcast_dns_cookies_total{cookie="client"} 3',
    'nearcast_dns_limited_total{verdict="slip"} 4',
    'nearcast_dns_limited_total{verdict="drop"} 5',
    'nearcast_refused_revisions_total 1',
    'nearcast_snapshot_number 1',
    'nearcast_revision_number 1',
    'nearcast_services 9',
    'nearcast_geo_info{name="fake",precision="city"} 1',
    'nearcast_facts_freshness{state="fresh"} 1',
    'nearcast_facts_freshness{state="static"} 0',
    'nearcast_endpoint_eligible{service="closed",endpoint="one"} 0',
    'nearcast_endpoint_eligible{service="api",endpoint="virginia"} 1',
  ]
  for (const line of expected) assert.ok(body.includes(`${line}\n`), line)
  assert.match(body, /^process_cpu_seconds_total /m)
  assert.doesNotMatch(body, /answers_total\{[^}]*unknown-host/)
})

test('metrics: a publication walks no endpoints, and whoever scrapes sees those in force', async () => {
  const metrics = createMetrics('0.0.0-test')
  const published = snapshot()
  const walks = { count: 0 }
  const services = {
    size: published.services.size,
    *[Symbol.iterator]() {
      walks.count++
      yield* published.services
    },
  } as unknown as typeof published.services
  metrics.setSnapshot({ ...published, services })
  assert.equal(walks.count, 0)
  assert.match(await metrics.registry.metrics(), /nearcast_endpoint_eligible\{service="api",endpoint="virginia"\} 1/)
  assert.ok(walks.count > 0)
  metrics.setSnapshot({ ...published, services: new Map() })
  assert.doesNotMatch(await metrics.registry.metrics(), /nearcast_endpoint_eligible\{/)
})
