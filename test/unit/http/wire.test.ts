/** What only a socket shows: requests that no client library would send. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { request as httpRequest } from 'undici'
import { createAdmin } from '../../../src/http/admin/admin.ts'
import { createMetrics } from '../../../src/http/admin/metrics.ts'
import { createRedirect } from '../../../src/http/redirect/redirect.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'
import {
  ASHBURN,
  exchange,
  FRANKFURT,
  frontEndDeps,
  headerOf,
  listen,
  makeDiscovery,
  snapshot,
  statusOf,
} from './fixture.ts'

const END = `X-Forwarded-For: ${ASHBURN}\r\nConnection: close\r\n\r\n`

const rows: readonly (readonly [name: string, octets: string, status: number, location?: string])[] = [
  ['a plain request', `GET /a?b HTTP/1.1\r\nHost: api.example\r\n${END}`, 302, 'https://us.api.example/a?b'],
  ['two Host headers', `GET / HTTP/1.1\r\nHost: api.example\r\nHost: plain.example\r\n${END}`, 400],
  ['two Host headers alike', `GET / HTTP/1.1\r\nHost: api.example\r\nHOST: api.example\r\n${END}`, 400],
  ['no Host', `GET / HTTP/1.1\r\n${END}`, 400],
  ['no Host, HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 400],
  ['an empty Host', `GET / HTTP/1.1\r\nHost:\r\n${END}`, 400],
  ['a Host with userinfo', `GET / HTTP/1.1\r\nHost: api.example@evil.example\r\n${END}`, 400],
  [
    'absolute-form',
    `GET http://api.example/a HTTP/1.1\r\nHost: api.example\r\n${END}`,
    302,
    'https://us.api.example/a',
  ],
  [
    'absolute-form without a path',
    `GET http://api.example HTTP/1.1\r\nHost: api.example\r\n${END}`,
    302,
    'https://us.api.example/',
  ],
  ['absolute-form against Host', `GET http://plain.example/a HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['absolute-form of another scheme', `GET ftp://api.example/a HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  [
    'a path of two slashes',
    `GET //evil.example/a HTTP/1.1\r\nHost: api.example\r\n${END}`,
    302,
    'https://us.api.example//evil.example/a',
  ],
  [
    'a backslash',
    `GET /\\evil.example HTTP/1.1\r\nHost: api.example\r\n${END}`,
    302,
    'https://us.api.example/%5Cevil.example',
  ],
  ['a backslash first', `GET \\\\evil.example HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['userinfo look-alikes', `GET @evil.example HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['a climb', `GET /../x HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['octets beyond ASCII', `GET /caf\xc3\xa9 HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['a control character', `GET /a\x01b HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['a bare line feed in the target', `GET /a\nLocation:evil HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['a space in the target', `GET /a b HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['an unknown method', `BREW / HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['a method of WebDAV', `PROPFIND / HTTP/1.1\r\nHost: api.example\r\n${END}`, 405],
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n', 405],
  ['TRACE', `TRACE / HTTP/1.1\r\nHost: api.example\r\n${END}`, 405],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\nHost: api.example\r\n${END}`, 204],
  ['GET *', `GET * HTTP/1.1\r\nHost: api.example\r\n${END}`, 400],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['HTTP/0.9 with headers', `GET /a\r\nHost: api.example\r\n${END}`, 400],
  ['HTTP/1.2', `GET / HTTP/1.2\r\nHost: api.example\r\n${END}`, 400],
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00', 400],
  ['two lengths', `POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n${END}a`, 400],
  [
    'length and chunked',
    `POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
    400,
  ],
  ['a line folded', `GET / HTTP/1.1\r\nHost: api.example\r\n evil\r\n${END}`, 400],
  ['a space before the colon', `GET / HTTP/1.1\r\nHost : api.example\r\n${END}`, 400],
  ['a target of 8 KiB', `GET /${'a'.repeat(8191)} HTTP/1.1\r\nHost: api.example\r\n${END}`, 302],
  ['one octet more', `GET /${'a'.repeat(8192)} HTTP/1.1\r\nHost: api.example\r\n${END}`, 414],
  ['a head of 20 KiB', `GET / HTTP/1.1\r\nHost: api.example\r\nX-Big: ${'a'.repeat(20_000)}\r\n${END}`, 431],
  [
    'three thousand headers, the second Host last',
    `GET / HTTP/1.1\r\nHost: api.example\r\n${'a:\r\n'.repeat(3000)}Host: plain.example\r\n${END}`,
    400,
  ],
  [
    'a spoofed line before the proxy’s',
    `GET / HTTP/1.1\r\nHost: api.example\r\nX-Forwarded-For: ${FRANKFURT}\r\n${END}`,
    302,
    'https://us.api.example/',
  ],
  [
    'Expect: 100-continue',
    `POST / HTTP/1.1\r\nHost: api.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n${END}`,
    307,
    'https://us.api.example/',
  ],
  [
    'an upgrade',
    `GET / HTTP/1.1\r\nHost: api.example\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nX-Forwarded-For: ${ASHBURN}\r\n\r\n`,
    302,
  ],
]

test('the redirector on a socket', async (t) => {
  const port = await listen(t, createRedirect(frontEndDeps().deps))
  for (const [name, octets, status, location] of rows) {
    await t.test(name, async () => {
      const response = await exchange(port, octets)
      assert.equal(statusOf(response), status, response.slice(0, 300))
      assert.equal(response.match(/^HTTP\/1\.1 \d{3} /gm)?.length, 1, 'one response')
      if (location !== undefined) assert.equal(headerOf(response, 'location'), location)
      if (status >= 400) {
        assert.match(headerOf(response, 'content-type') ?? '', /^application\/problem\+json/)
        assert.equal(headerOf(response, 'location'), null)
      }
    })
  }
})

test('a 400 of the parser names the usual causes', async (t) => {
  const port = await listen(t, createRedirect(frontEndDeps().deps))
  for (const line of ['FOO / HTTP/1.1', 'get / HTTP/1.1', 'GET /caf\xc3\xa9 HTTP/1.1']) {
    const response = await exchange(port, `${line}\r\nHost: api.example\r\n${END}`)
    assert.equal(statusOf(response), 400, line)
    assert.match(response, /"detail":"[^"]*a method that is not registered[^"]*percent-encoded/)
  }
})

test('Node looks for slow heads often enough to keep the limit within a second', (t) => {
  const { server } = createRedirect(frontEndDeps().deps)
  t.after(() => server.close())
  assert.equal(server.headersTimeout, 10_000)
  assert.equal(server.requestTimeout, 10_000)
  assert.ok(Number(Reflect.get(server, 'connectionsCheckingInterval')) <= 1000)
})

test('discovery on a socket: the same strictness', async (t) => {
  const port = await listen(t, makeDiscovery().app)
  const cases: readonly (readonly [name: string, octets: string, status: number])[] = [
    ['plain', `GET /v1/services/api HTTP/1.1\r\nHost: any.example\r\n${END}`, 200],
    ['absolute-form', `GET http://any.example/v1/services/api HTTP/1.1\r\nHost: any.example\r\n${END}`, 200],
    [
      'absolute-form against Host',
      `GET http://any.example/v1/services/api HTTP/1.1\r\nHost: other.example\r\n${END}`,
      400,
    ],
    ['two Hosts', `GET /v1/services/api HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n${END}`, 400],
    ['two Hosts for the list', `GET /v1/services HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n${END}`, 400],
    ['no Host', `GET /v1/about HTTP/1.1\r\n${END}`, 400],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\nHost: any.example\r\n${END}`, 204],
    ['CONNECT', 'CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\n', 405],
  ]
  for (const [name, octets, status] of cases) {
    await t.test(name, async () => assert.equal(statusOf(await exchange(port, octets)), status))
  }
})

test('admin on a loopback socket: health checks without Host pass, rebound names do not', async (t) => {
  const { registry } = createMetrics('0')
  const status = () => ({ startedAtMs: 0, listeners: [], refused: null, refusedGeo: [], missing: [] })
  const monitor = { health: () => [], events: () => [] }
  const app = createAdmin({ current: snapshot, status, monitor, nowMs: () => TEST_NOW_MS, registry, version: '0' })
  const port = await listen(t, app)
  assert.equal(statusOf(await exchange(port, 'GET /readyz HTTP/1.0\r\n\r\n')), 200)
  assert.equal(statusOf(await exchange(port, `GET /readyz HTTP/1.1\r\nHost: localhost:${port}\r\n${END}`)), 200)
  assert.equal(statusOf(await exchange(port, `GET /readyz HTTP/1.1\r\nHost: evil.example\r\n${END}`)), 403)
  assert.equal(statusOf(await exchange(port, `GET /readyz HTTP/1.1\r\n${END}`)), 400)
})

test('a body is neither awaited nor judged, and the connection lives on', async (t) => {
  const port = await listen(t, createRedirect(frontEndDeps().deps))
  const response = await exchange(
    port,
    `POST /a HTTP/1.1\r\nHost: api.example\r\nX-Forwarded-For: ${ASHBURN}\r\nContent-Length: 3\r\n\r\nabc` +
      `GET /b HTTP/1.1\r\nHost: api.example\r\n${END}`,
  )
  assert.deepEqual(response.match(/^location: .*$/gim), [
    'location: https://us.api.example/a',
    'location: https://us.api.example/b',
  ])
})

test('clients that break off, or never close, harm nobody', async (t) => {
  const port = await listen(t, createRedirect(frontEndDeps().deps))
  const heads = [
    'CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\n',
    'no HTTP\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 9\r\n\r\na',
  ]
  for (const head of heads) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    await new Promise<void>((resolve) => socket.write(head, () => resolve()))
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  for (const head of heads.slice(0, 2)) {
    // Never closes its own side: the server must.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume()
    socket.write(head)
    await once(socket, 'end')
    socket.on('error', () => {}).destroy()
  }
  assert.equal(statusOf(await exchange(port, `GET / HTTP/1.1\r\nHost: api.example\r\n${END}`)), 302)
})

test('a client library gets a redirect', async (t) => {
  const port = await listen(t, createRedirect(frontEndDeps().deps))
  const { statusCode, headers, body } = await httpRequest(`http://127.0.0.1:${port}/download?v=1`, {
    headers: { host: 'api.example', 'x-forwarded-for': FRANKFURT },
  })
  await body.dump()
  assert.equal(statusCode, 302)
  assert.equal(headers.location, 'https://eu.api.example:8443/base/download?v=1')
})
