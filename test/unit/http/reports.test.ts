import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceAnswer } from '../../../src/domain/discovery-wire.ts'
import { createMetrics } from '../../../src/http/admin/metrics.ts'
import { MAX_MEASUREMENTS } from '../../../src/http/discovery/report-body.ts'
import type { MeasurementVerdict } from '../../../src/ports/report-sink.ts'
import { TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { ASHBURN, FRANKFURT, makeDiscovery } from './fixture.ts'

type App = ReturnType<typeof makeDiscovery>['app']

async function tokenFor(app: App, from: string, service = 'api'): Promise<string> {
  const response = await app.inject({ url: `/v1/services/${service}`, headers: { 'x-forwarded-for': from } })
  const { token } = response.json<ServiceAnswer>()
  assert.ok(token !== null)
  return token
}

interface Sent {
  readonly body: unknown
  readonly from?: string
  readonly type?: string
}

const post = (app: App, { body, from = FRANKFURT, type = 'application/json' }: Sent) =>
  app.inject({
    method: 'POST',
    url: '/v1/reports',
    headers: { 'content-type': type, 'x-forwarded-for': from },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('what was measured is handed on by the network it came from', async (t) => {
  const { app, reports } = makeDiscovery()
  t.after(() => app.close())
  const token = await tokenFor(app, FRANKFURT)
  const measurements = [
    { endpoint: 'virginia', outcome: 'unreachable' },
    { endpoint: 'frankfurt', connectMs: 21.5, tlsMs: 23, firstByteMs: 20.25, extra: 'passed over' },
    { endpoint: 'frankfurt', connectMs: 0, firstByteMs: 19 },
    { endpoint: 'nowhere', connectMs: 3 },
  ]
  const response = await post(app, { body: { token, measurements } })
  assert.equal(response.statusCode, 202)
  assert.deepEqual(response.json(), {
    taken: ['virginia', 'frankfurt'],
    ignored: [{ measurement: 3, reason: 'notGiven' }],
  })
  assert.equal(response.headers['cache-control'], 'no-store')
  assert.equal(response.headers['access-control-allow-origin'], '*')
  const address = { family: 4, bytes: Uint8Array.of(5, 9, 0, 1) }
  assert.deepEqual(reports, [
    {
      service: 'api',
      address,
      prefix: { family: 4, bytes: Uint8Array.of(5, 9, 0, 0), length: 24 },
      measurements: [
        { endpoint: 'virginia', outcome: 'unreachable', rttMs: null },
        { endpoint: 'frankfurt', outcome: 'ok', rttMs: 19 },
      ],
      atMs: TEST_NOW_MS,
    },
  ])
})

test('what the estimator makes of each is told', async (t) => {
  const verdicts: MeasurementVerdict[] = ['enough', 'implausible']
  const { app } = makeDiscovery({ reports: { sink: { take: () => verdicts } } })
  t.after(() => app.close())
  const token = await tokenFor(app, FRANKFURT)
  const measurements = ['frankfurt', 'virginia', 'frankfurt'].map((endpoint) => ({ endpoint, connectMs: 20 }))
  assert.deepEqual((await post(app, { body: { token, measurements } })).json(), {
    taken: [],
    ignored: [
      { measurement: 0, reason: 'enough' },
      { measurement: 1, reason: 'implausible' },
      { measurement: 2, reason: 'enough' },
    ],
  })
})

const ok = [{ endpoint: 'frankfurt', connectMs: 20 }]

interface Refused {
  readonly name: string
  readonly sent: (token: string) => Sent
  readonly status: number
  readonly kind: string
}

const refused: readonly Refused[] = [
  { name: 'no body', sent: () => ({ body: '' }), status: 400, kind: 'bad-body' },
  { name: 'no JSON', sent: () => ({ body: '{' }), status: 400, kind: 'bad-body' },
  { name: 'a list', sent: () => ({ body: [] }), status: 400, kind: 'bad-body' },
  { name: 'null', sent: () => ({ body: 'null' }), status: 400, kind: 'bad-body' },
  { name: 'no token', sent: () => ({ body: { measurements: ok } }), status: 400, kind: 'bad-body' },
  { name: 'a number as token', sent: () => ({ body: { token: 1, measurements: ok } }), status: 400, kind: 'bad-body' },
  { name: 'no measurements', sent: (token) => ({ body: { token } }), status: 400, kind: 'bad-body' },
  { name: 'an empty list', sent: (token) => ({ body: { token, measurements: [] } }), status: 400, kind: 'bad-body' },
  {
    name: 'too many measurements',
    sent: (token) => ({ body: { token, measurements: new Array(MAX_MEASUREMENTS + 1).fill(ok[0]) } }),
    status: 400,
    kind: 'bad-body',
  },
  ...[
    null,
    7,
    [],
    {},
    { endpoint: '' },
    { endpoint: 5 },
    { endpoint: 'frankfurt', outcome: 'slow' },
    { endpoint: 'frankfurt', connectMs: -1 },
    { endpoint: 'frankfurt', connectMs: '20' },
    { endpoint: 'frankfurt', tlsMs: 1e9 },
    { endpoint: 'frankfurt', firstByteMs: {} },
    { endpoint: 'frankfurt', outcome: 'unreachable', connectMs: [] },
  ].map((row) => ({
    name: `the measurement ${JSON.stringify(row)}`,
    sent: (token: string) => ({ body: { token, measurements: [...ok, row] } }),
    status: 400,
    kind: 'bad-body',
  })),
  {
    name: 'a made-up token',
    sent: () => ({ body: { token: 'hello', measurements: ok } }),
    status: 403,
    kind: 'bad-token',
  },
  {
    name: 'a token of another network',
    sent: (token) => ({ body: { token, measurements: ok }, from: ASHBURN }),
    status: 403,
    kind: 'bad-token',
  },
  {
    name: 'an image',
    sent: (token) => ({ body: { token, measurements: ok }, type: 'image/png' }),
    status: 415,
    kind: 'unknown-media-type',
  },
  { name: 'a book', sent: () => ({ body: 'x'.repeat(16_385) }), status: 413, kind: 'body-too-large' },
]

for (const { name, sent, status, kind } of refused) {
  test(`refused: ${name}`, async (t) => {
    const { app, reports } = makeDiscovery()
    t.after(() => app.close())
    const token = await tokenFor(app, FRANKFURT)
    const response = await post(app, sent(token))
    assert.equal(response.statusCode, status, response.body)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
    assert.equal(response.json<{ type: string }>().type, `urn:nearcast:problem:${kind}`)
    assert.deepEqual(reports, [])
    // The token was not spent by it.
    assert.equal((await post(app, { body: { token, measurements: ok } })).statusCode, 202)
  })
}

test('a report without any body at all', async (t) => {
  const { app } = makeDiscovery()
  t.after(() => app.close())
  assert.equal((await app.inject({ method: 'POST', url: '/v1/reports' })).statusCode, 400)
})

test('a token counts once, and four reports of a network in a minute', async (t) => {
  let nowMs = TEST_NOW_MS
  const results: string[] = []
  const sink = { take: () => [] }
  const { app } = makeDiscovery({ nowMs: () => nowMs, reports: { sink, onReport: (result) => results.push(result) } })
  t.after(() => app.close())
  const token = await tokenFor(app, FRANKFURT)
  const others = await Promise.all([1, 2, 3, 4].map(() => tokenFor(app, FRANKFURT)))
  for (const each of [token, token, ...others]) await post(app, { body: { token: each, measurements: ok } })
  assert.deepEqual(results, ['taken', 'used-token', 'taken', 'taken', 'taken', 'too-many-requests'])
  const limited = await post(app, { body: { token: others[3], measurements: ok } })
  assert.equal(limited.headers['retry-after'], '60')
  nowMs += 60_000
  assert.equal((await post(app, { body: { token: others[3], measurements: ok } })).statusCode, 202)
  nowMs += 300_000
  const late = await post(app, { body: { token: others[2], measurements: ok } })
  assert.equal(late.json<{ type: string }>().type, 'urn:nearcast:problem:bad-token')
})

test('sendBeacon sends text, and no browser asks before', async (t) => {
  const { app, reports } = makeDiscovery()
  t.after(() => app.close())
  const token = await tokenFor(app, FRANKFURT)
  const body = { token, measurements: ok }
  assert.equal((await post(app, { body, type: 'text/plain;charset=UTF-8' })).statusCode, 202)
  assert.equal(reports.length, 1)
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/v1/reports',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  })
  assert.equal(preflight.statusCode, 204)
  assert.match(String(preflight.headers['access-control-allow-methods']), /POST/)
  assert.match(String(preflight.headers['access-control-allow-headers']), /content-type/)
})

test('a redirect’s token speaks for the one endpoint that it led to', async (t) => {
  const { app, deps, reports } = makeDiscovery()
  t.after(() => app.close())
  const grant = {
    service: 'api',
    endpoints: ['virginia'],
    address: { family: 4, bytes: Uint8Array.of(5, 9, 0, 1) },
  } as const
  const token = deps.tokens.issue(grant, TEST_NOW_MS)
  const response = await post(app, { body: { token, measurements: ok } })
  assert.deepEqual(response.json(), { taken: [], ignored: [{ measurement: 0, reason: 'notGiven' }] })
  assert.deepEqual(reports[0]?.measurements, [])
})

test('where reports are off there are no such path and no such URL', async (t) => {
  const { app } = makeDiscovery({ reports: null })
  t.after(() => app.close())
  const answer = (await app.inject({ url: '/v1/services/api' })).json<ServiceAnswer>()
  assert.equal(answer.reports, null)
  assert.ok(answer.token !== null)
  const response = await post(app, { body: { token: answer.token, measurements: ok } })
  assert.equal(response.statusCode, 404)
})

const methods: readonly (readonly [
  method: 'GET' | 'PUT' | 'DELETE' | 'POST',
  url: string,
  status: number,
  allow: string | undefined,
])[] = [
  ['GET', '/v1/reports', 405, 'POST, OPTIONS'],
  ['PUT', '/v1/reports?x=1', 405, 'POST, OPTIONS'],
  ['GET', '/v1/heartbeats/api/virginia', 405, 'POST, OPTIONS'],
  ['POST', '/v1/reportsx', 405, 'GET, HEAD, OPTIONS'],
  ['POST', '/v1/about', 405, 'GET, HEAD, OPTIONS'],
  ['GET', '/v1/reports/x', 404, undefined],
  ['POST', '/v1/heartbeats/api', 404, undefined],
]
for (const [method, url, status, allow] of methods) {
  test(`${method} ${url}: ${status}`, async (t) => {
    const { app } = makeDiscovery()
    t.after(() => app.close())
    const response = await app.inject({ method, url })
    assert.equal(response.statusCode, status)
    assert.equal(response.headers.allow, allow)
  })
}

test('metrics count reports and heartbeats by what became of them', async () => {
  const metrics = createMetrics('0')
  metrics.onReport('taken')
  metrics.onReport('bad-token')
  metrics.onHeartbeat('unauthorized')
  const text = await metrics.registry.metrics()
  assert.match(text, /^nearcast_reports_total\{result="taken"\} 1$/m)
  assert.match(text, /^nearcast_reports_total\{result="bad-token"\} 1$/m)
  assert.match(text, /^nearcast_heartbeats_total\{result="unauthorized"\} 1$/m)
})
