import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDiscovery } from '../../../src/http/discovery/discovery.ts'
import { ASHBURN, FRANKFURT, frontEndDeps, makeDiscovery, snapshot, TOKYO } from './fixture.ts'

test('an answer, whole', async (t) => {
  const { app, answers } = makeDiscovery()
  t.after(() => app.close())
  const response = await app.inject({ url: '/v1/services/api', headers: { 'x-forwarded-for': FRANKFURT } })
  assert.equal(response.statusCode, 200)
  const { decision, token, ...body } = response.json<Record<string, unknown>>()
  assert.deepEqual(body, {
    service: 'api',
    endpoint: 'frankfurt',
    region: 'eu-central',
    url: 'https://eu.api.example:8443/base/',
    hostname: null,
    addresses: { ipv4: ['198.51.100.10'], ipv6: [] },
    distanceKm: 16,
    ttl: 30,
    validUntil: null,
    outcome: 'steered',
    alternatives: [
      {
        rank: 2,
        endpoint: 'virginia',
        region: 'us-east',
        url: 'https://us.api.example',
        hostname: null,
        addresses: { ipv4: ['192.0.2.10'], ipv6: ['2001:db8::10'] },
        distanceKm: 6547,
      },
    ],
    next: { refreshAfterSeconds: 30, url: '/v1/services/api' },
    reports: '/v1/reports',
  })
  assert.match(String(token), /^[\w-]{60,}$/)
  assert.equal(response.headers['nearcast-token'], token)
  assert.equal(response.headers['nearcast-decision'], decision)
  assert.equal(response.headers['nearcast-endpoint'], 'frankfurt')
  assert.equal(response.headers['cache-control'], 'private, max-age=30')
  assert.equal(response.headers['access-control-allow-origin'], '*')
  assert.match(String(response.headers['content-type']), /^application\/json/)
  assert.deepEqual(answers, [
    {
      frontEnd: 'discovery',
      service: 'api',
      endpoint: 'frankfurt',
      outcome: 'steered',
      status: 200,
      decisionId: decision,
    },
  ])
})

interface Row {
  readonly name: string
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'OPTIONS' | 'DELETE'
  readonly url: string
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly expect?: Readonly<Record<string, string | null>>
  /** Part of the JSON body. */
  readonly body?: object
}

const rows: readonly Row[] = [
  {
    name: 'the nearest, its hostname, an alternative',
    url: '/v1/services/api',
    from: TOKYO,
    status: 200,
    body: { endpoint: 'tokyo', region: 'ap-northeast', hostname: 'tokyo.api.example', url: null },
  },
  { name: 'HEAD', method: 'HEAD', url: '/v1/services/api', status: 200 },
  { name: 'take 1: no alternatives', url: '/v1/services/app', status: 200, body: { endpoint: 'us', alternatives: [] } },
  {
    name: 'nothing of the client is read: for all caches',
    url: '/v1/services/plain',
    status: 200,
    expect: { 'cache-control': 'public, max-age=60', vary: null },
  },
  {
    name: 'a header decides and is in Vary',
    url: '/v1/services/app',
    headers: { 'x-beta': '1' },
    status: 200,
    body: { endpoint: 'beta' },
    expect: { vary: 'x-beta, x-tenant' },
  },
  {
    name: 'the tenant by header from a proxy',
    url: '/v1/services/app',
    headers: { 'x-tenant': 'acme' },
    status: 200,
    body: { endpoint: 'eu' },
  },
  {
    name: 'static',
    url: '/v1/services/sorry',
    status: 200,
    body: {
      endpoint: null,
      region: null,
      url: 'https://sorry.endpoint.example',
      outcome: 'static',
      addresses: { ipv4: [], ipv6: [] },
    },
  },
  {
    name: 'all down',
    url: '/v1/services/closed',
    status: 503,
    body: { type: 'urn:nearcast:problem:all-down', title: 'All endpoints are down', status: 503 },
    expect: {
      'retry-after': '10',
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    },
  },
  {
    name: 'fenced',
    url: '/v1/services/fenced',
    status: 403,
    body: { type: 'urn:nearcast:problem:fenced' },
    expect: { 'retry-after': null },
  },
  {
    name: 'unknown service',
    url: '/v1/services/nobody',
    status: 404,
    body: {
      type: 'urn:nearcast:problem:unknown-service',
      title: 'No service has this name',
      status: 404,
      instance: '/v1/services/nobody',
    },
    expect: { 'access-control-allow-origin': '*' },
  },
  { name: 'a property of objects is no service', url: '/v1/services/__proto__', status: 404 },
  { name: 'a very long name', url: `/v1/services/${'a'.repeat(4000)}`, status: 404 },
  {
    name: 'a name in bad encoding',
    url: '/v1/services/%zz',
    status: 400,
    body: { type: 'urn:nearcast:problem:bad-request' },
  },
  {
    name: 'a trailing slash is another path',
    url: '/v1/services/api/',
    status: 404,
    body: { type: 'urn:nearcast:problem:unknown-path' },
  },
  { name: 'an unknown path', url: '/', status: 404, body: { type: 'urn:nearcast:problem:unknown-path' } },
  {
    name: 'no simulation',
    url: '/v1/services/api?client=8.8.8.8',
    status: 400,
    body: { type: 'urn:nearcast:problem:bad-parameter' },
  },
  { name: 'explain with another value', url: '/v1/services/api?explain=yes', status: 400 },
  { name: 'explain twice', url: '/v1/services/api?explain=1&explain=1', status: 400 },
  { name: 'explain off', url: '/v1/services/api?explain=0', status: 200 },
  { name: 'POST', method: 'POST', url: '/v1/services/api', status: 405, expect: { allow: 'GET, HEAD, OPTIONS' } },
  {
    name: 'POST with a strange body',
    method: 'POST',
    url: '/v1/services/api',
    headers: { 'content-type': 'no type' },
    status: 405,
  },
  { name: 'DELETE', method: 'DELETE', url: '/nowhere', status: 405 },
  {
    name: 'CORS preflight',
    method: 'OPTIONS',
    url: '/v1/services/api',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'x-beta',
    },
    status: 204,
    expect: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS' },
  },
  {
    name: 'a version in Accept-Version is not ours',
    url: '/v1/services/api',
    headers: { 'accept-version': '1.0.0' },
    status: 200,
  },
  {
    name: 'list',
    url: '/v1/services',
    status: 200,
    body: {
      services: ['addresses', 'api', 'app', 'closed', 'deeper', 'dice', 'fenced', 'plain', 'sorry'].map((name) => ({
        name,
        url: `/v1/services/${name}`,
      })),
    },
  },
  {
    name: 'about',
    url: '/v1/about',
    status: 200,
    body: {
      name: 'nearcast',
      version: '0.0.0-test',
      revision: 1,
      geo: { name: 'fake', precision: 'city', built: null, hasAsn: false, attributions: [] },
    },
  },
]

for (const { name, method = 'GET', url, from = ASHBURN, headers, status, expect = {}, body } of rows) {
  test(`discovery: ${name}`, async (t) => {
    const { app } = makeDiscovery()
    t.after(() => app.close())
    const response = await app.inject({ method, url, headers: { 'x-forwarded-for': from, ...headers } })
    assert.equal(response.statusCode, status, response.body)
    for (const [header, value] of Object.entries(expect)) assert.equal(response.headers[header] ?? null, value, header)
    if (body !== undefined) assert.partialDeepStrictEqual(response.json(), body)
    if (method === 'HEAD') assert.equal(response.body, '')
  })
}

test('every discovery name is listed and answers', async (t) => {
  const { app } = makeDiscovery()
  t.after(() => app.close())
  const list = (await app.inject({ url: '/v1/services' })).json<{ services: { name: string; url: string }[] }>()
    .services
  assert.equal(list.length, snapshot().byDiscoveryName.size)
  for (const { url } of list) assert.notEqual((await app.inject({ url })).statusCode, 404)
})

test('it answers also when nobody listens to what it answered', async (t) => {
  const { onAnswer: _, ...deps } = frontEndDeps().deps
  const app = createDiscovery({ ...deps, version: '0', reports: null, heartbeats: { sink: { take: () => {} } } })
  t.after(() => app.close())
  assert.equal((await app.inject({ url: '/v1/services/api' })).statusCode, 200)
})
