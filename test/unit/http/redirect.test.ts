import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpAnswer } from '../../../src/http/front-end.ts'
import { createRedirect } from '../../../src/http/redirect/redirect.ts'
import { ASHBURN, FRANKFURT, frontEndDeps, TOKYO } from './fixture.ts'

interface Row {
  readonly name: string
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'TRACE' | 'PROPFIND'
  readonly host?: string
  readonly url?: string
  readonly from?: string
  readonly peer?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly location?: string
  /** Header → value; null: must not be there. */
  readonly expect?: Readonly<Record<string, string | null>>
  readonly answer?: Partial<HttpAnswer>
}

const rows: readonly Row[] = [
  {
    name: 'the nearest endpoint',
    from: ASHBURN,
    status: 302,
    location: 'https://us.api.example/',
    expect: {
      'cache-control': 'private, max-age=30',
      vary: 'accept',
      'nearcast-endpoint': 'virginia',
      'x-content-type-options': 'nosniff',
    },
    answer: { service: 'api', endpoint: 'virginia', outcome: 'steered', status: 302, frontEnd: 'redirect' },
  },
  { name: 'for another client another', from: FRANKFURT, status: 302, location: 'https://eu.api.example:8443/base/' },
  {
    name: 'path and query as they came',
    from: FRANKFURT,
    url: '/a%2Fb/%7Euser;v=1?q=%0d%0a&r=a+b',
    status: 302,
    location: 'https://eu.api.example:8443/base/a%2Fb/%7Euser;v=1?q=%0d%0a&r=a+b',
  },
  {
    name: 'the next that has a URL',
    from: TOKYO,
    status: 302,
    location: 'https://eu.api.example:8443/base/',
    expect: { 'nearcast-endpoint': 'frankfurt' },
  },
  { name: 'HEAD', method: 'HEAD', from: ASHBURN, status: 302, location: 'https://us.api.example/' },
  {
    name: 'POST keeps its method',
    method: 'POST',
    from: ASHBURN,
    status: 307,
    location: 'https://us.api.example/',
    expect: { 'cache-control': 'no-store' },
  },
  { name: 'PUT keeps its method', method: 'PUT', from: ASHBURN, status: 307 },
  { name: 'DELETE keeps its method', method: 'DELETE', from: ASHBURN, status: 307 },
  { name: 'a body of any kind is not judged', method: 'POST', headers: { 'content-type': 'not a type' }, status: 307 },
  {
    name: 'the policy says 308: for GET',
    host: 'plain.example',
    status: 308,
    location: 'https://plain.endpoint.example/',
  },
  { name: 'the policy says 308: for POST', host: 'plain.example', method: 'POST', status: 308 },
  { name: 'the policy says 303: for GET', host: 'app.example', status: 303 },
  { name: 'the policy says 303: not for POST', host: 'app.example', method: 'POST', status: 307 },
  {
    name: 'OPTIONS',
    method: 'OPTIONS',
    status: 204,
    expect: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS', location: null },
  },
  {
    name: 'TRACE',
    method: 'TRACE',
    status: 405,
    expect: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
    answer: { service: null, outcome: 'method-not-allowed' },
  },
  { name: 'PROPFIND', method: 'PROPFIND', status: 405 },
  {
    name: 'an unknown host',
    host: 'evil.example',
    status: 404,
    expect: { 'content-type': 'application/problem+json; charset=utf-8', location: null, 'cache-control': 'no-store' },
    answer: { service: null, endpoint: null, outcome: 'unknown-host', decisionId: null },
  },
  { name: 'the name above a wildcard is not under it', host: 'wild.example', status: 404 },
  { name: 'a name that ends alike is not under it', host: 'notwild.example', status: 404 },
  { name: 'under a wildcard', host: 'a.wild.example', from: ASHBURN, status: 302, location: 'https://us.api.example/' },
  {
    name: 'under a wildcard, two labels',
    host: 'b.a.wild.example',
    from: ASHBURN,
    status: 302,
    location: 'https://us.api.example/',
  },
  { name: 'under the longer wildcard', host: 'a.deep.wild.example', status: 302, location: 'https://deep.example/' },
  {
    name: 'the host in any case, with port and dot',
    host: 'API.Example.:8080',
    from: ASHBURN,
    status: 302,
    location: 'https://us.api.example/',
  },
  { name: 'no host at all', host: '@', status: 400, answer: { outcome: 'bad-request' } },
  { name: 'bad percent-encoding', url: '/%zz', status: 400 },
  {
    name: 'an untrusted peer cannot choose its place',
    from: FRANKFURT,
    peer: ASHBURN,
    status: 302,
    location: 'https://us.api.example/',
  },
  {
    name: 'nothing of the client is read: for all',
    host: 'plain.example',
    from: ASHBURN,
    status: 308,
    expect: { 'cache-control': 'public, max-age=60' },
  },
  {
    name: 'a die is not for all',
    host: 'dice.example',
    status: 302,
    expect: { 'cache-control': 'private, max-age=20' },
  },
  {
    name: 'what was read is in Vary',
    host: 'app.example',
    status: 303,
    location: 'https://us.app.example/',
    expect: { vary: 'accept, x-beta, cookie, x-tenant' },
  },
  {
    name: 'a header decides',
    host: 'app.example',
    headers: { 'x-beta': '1' },
    status: 303,
    location: 'https://beta.app.example/',
  },
  {
    name: 'a cookie decides',
    host: 'app.example',
    headers: { cookie: 'a=b; beta="yes"' },
    status: 303,
    location: 'https://beta.app.example/',
  },
  { name: 'the tenant by host', host: 'acme.app.example', status: 303, location: 'https://eu.app.example/' },
  { name: 'another tenant by host', host: 'tiny.app.example', status: 303, location: 'https://us.app.example/' },
  { name: 'an unknown tenant', host: 'nobody.app.example', status: 303, location: 'https://us.app.example/' },
  {
    name: 'the tenant by header from a proxy',
    host: 'app.example',
    headers: { 'x-tenant': 'acme' },
    status: 303,
    location: 'https://eu.app.example/',
  },
  {
    name: 'the tenant by header from anybody',
    host: 'app.example',
    headers: { 'x-tenant': 'acme' },
    peer: ASHBURN,
    status: 303,
    location: 'https://us.app.example/',
  },
  {
    name: 'the tenant by path',
    host: 'app.example',
    url: '/acme/x',
    status: 303,
    location: 'https://eu.app.example/acme/x',
  },
  {
    name: 'the tenant by path, encoded',
    host: 'app.example',
    url: '/%61cme/x',
    status: 303,
    location: 'https://eu.app.example/%61cme/x',
  },
  {
    name: 'a property of objects is no tenant',
    host: 'app.example',
    url: '/__proto__/x',
    status: 303,
    location: 'https://us.app.example/__proto__/x',
  },
  {
    name: 'all down, closed',
    host: 'closed.example',
    status: 503,
    expect: { 'retry-after': '10', 'content-type': 'application/problem+json; charset=utf-8', location: null },
    answer: { service: 'closed', endpoint: null, outcome: 'failClosed', status: 503 },
  },
  {
    name: 'all down, static',
    host: 'sorry.example',
    url: '/a?b',
    status: 302,
    location: 'https://sorry.endpoint.example/a?b',
    expect: { 'nearcast-endpoint': null },
    answer: { service: 'sorry', endpoint: null, outcome: 'static' },
  },
  {
    name: 'outside the fence',
    host: 'fenced.example',
    from: ASHBURN,
    status: 403,
    expect: { 'retry-after': null },
    answer: { service: 'fenced', outcome: 'fenced' },
  },
  { name: 'inside the fence', host: 'fenced.example', from: FRANKFURT, status: 302, location: 'https://one.example/' },
  {
    name: 'no endpoint has a URL',
    host: 'addresses.example',
    status: 502,
    answer: { service: 'addresses', outcome: 'no-url' },
  },
  { name: 'other headers are nobody’s business', headers: { 'accept-version': '2.0' }, status: 302 },
]

for (const {
  name,
  method = 'GET',
  host = 'api.example',
  url = '/',
  from = ASHBURN,
  peer,
  headers,
  ...wanted
} of rows) {
  test(`redirect: ${name}`, async (t) => {
    const { deps, answers } = frontEndDeps()
    const app = createRedirect(deps)
    t.after(() => app.close())
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers: { host, 'x-forwarded-for': from, ...headers },
      remoteAddress: peer ?? '127.0.0.1',
    })
    assert.equal(response.statusCode, wanted.status)
    if (wanted.location !== undefined) assert.equal(response.headers.location, wanted.location)
    for (const [header, value] of Object.entries(wanted.expect ?? {})) {
      assert.equal(response.headers[header] ?? null, value, header)
    }
    if (method === 'HEAD' || method === 'OPTIONS') assert.equal(response.body, '')
    assert.equal(answers.length, method === 'OPTIONS' ? 0 : 1)
    assert.partialDeepStrictEqual(answers[0] ?? {}, wanted.answer ?? {})
    if (answers[0]?.decisionId != null) assert.equal(response.headers['nearcast-decision'], answers[0].decisionId)
  })
}
