import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { formatPrefix } from '../../../src/domain/address.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { makeDiscovery } from './fixture.ts'

const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex')

/** `push` and `other` are of every endpoint but `named`; `inner` counts through `either`. */
const DOCUMENTS = {
  'api.yaml': `
service: api
names: { discovery: api }
ttl: 30s
endpoints:
  one: { a: [192.0.2.1] }
  two: { a: [192.0.2.2] }
  named: { a: [192.0.2.3], checks: [either] }
checks:
  push: { heartbeat: 30s, tokenSha256: ${sha256('secret-of-push')} }
  other: { heartbeat: 30s, tokenSha256: ${sha256('secret-of-other')} }
  inner: { heartbeat: 30s, tokenSha256: ${sha256('secret-of-inner')} }
  web: { http: /healthz }
  either: { any: [inner, web] }
steer: [up]
`,
  'plain.yaml': `
service: plain
names: { discovery: plain }
ttl: 30s
endpoints: { one: { a: [192.0.2.1] } }
steer: [up]
`,
}

const SNAPSHOT = makeSnapshot({ documents: DOCUMENTS })

function fixture(changes: Parameters<typeof makeDiscovery>[0] = {}) {
  return makeDiscovery({ current: () => SNAPSHOT, ...changes })
}

interface Beat {
  readonly path?: string
  readonly authorization?: string | null
  readonly body?: string
  readonly type?: string
}

type App = ReturnType<typeof makeDiscovery>['app']

const beat = (
  app: App,
  { path = 'api/one', authorization = 'Bearer secret-of-push', body, type = 'application/json' }: Beat,
) =>
  app.inject({
    method: 'POST',
    url: `/v1/heartbeats/${path}`,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { payload: body }),
  })

const taken: readonly (readonly [name: string, beat: Beat, expected: Record<string, unknown>])[] = [
  ['without a body: it is up', {}, {}],
  ['with an empty body', { body: '' }, {}],
  ['with an empty object', { body: '{}' }, {}],
  ['degraded', { body: '{"status":"degraded"}' }, { status: 'degraded' }],
  ['down', { body: '{"status":"down"}' }, { status: 'down' }],
  ['draining', { body: '{"status":"drain"}' }, { status: 'drain' }],
  ['with load', { body: '{"load":{"load":0.75,"sessions":1200}}' }, { load: { load: 0.75, sessions: 1200 } }],
  ['of nothing', { body: '{"load":{"load":0}}' }, { load: { load: 0 } }],
  ['with a name that objects have', { body: '{"load":{"constructor":1}}' }, { load: { constructor: 1 } }],
  ['of another endpoint', { path: 'api/two' }, { endpoint: 'two' }],
  ['by another check’s token', { authorization: 'Bearer secret-of-other' }, { checks: ['other'] }],
  ['with the scheme in small letters', { authorization: 'bearer  secret-of-push' }, {}],
  [
    'for a check that counts through another',
    { path: 'api/named', authorization: 'Bearer secret-of-inner' },
    { endpoint: 'named', checks: ['inner'] },
  ],
  ['percent-encoded', { path: '%61pi/%6Fne' }, {}],
]
for (const [name, sent, expected] of taken) {
  test(`taken: ${name}`, async (t) => {
    const { app, heartbeats } = fixture()
    t.after(() => app.close())
    const response = await beat(app, sent)
    assert.equal(response.statusCode, 204, response.body)
    assert.equal(response.body, '')
    assert.equal(response.headers['cache-control'], 'no-store')
    const usual = {
      service: 'api',
      endpoint: 'one',
      checks: ['push'],
      status: 'up',
      load: {},
      rtts: [],
      atMs: TEST_NOW_MS,
    }
    assert.deepEqual(heartbeats, [{ ...usual, ...expected }])
  })
}

/** Networks as a heartbeat tells them, and what is handed on. */
const rtts: readonly (readonly [name: string, told: Record<string, number>, handedOn: readonly string[]])[] = [
  [
    'of each family',
    { '81.2.69.0/24': 23.5, '2a02:8010:6000::/48': 40 },
    ['81.2.69.0/24 23.5', '2a02:8010:6000::/48 40'],
  ],
  ['an address is cut to its network', { '81.2.69.142': 9 }, ['81.2.69.0/24 9']],
  ['so is a part of one', { '2a02:8010:6000:7::/64': 9 }, ['2a02:8010:6000::/48 9']],
  ['an address with the length of its network', { '81.2.69.142/24': 9 }, ['81.2.69.0/24 9']],
  ['the shortest of a network', { '81.2.69.1': 9, '81.2.69.2': 8, '81.2.69.0/25': 10 }, ['81.2.69.0/24 8']],
  ['as dual-stack sockets call it', { '::ffff:81.2.69.142': 9 }, ['81.2.69.0/24 9']],
  ['so with a length', { '::ffff:81.2.69.0/120': 9, '::ffff:81.2.0.0/112': 8 }, ['81.2.69.0/24 9', '81.2.0.0/16 8']],
  ['what is wide stays wide', { '81.2.0.0/16': 9, '::/0': 9 }, ['81.2.0.0/16 9', '::/0 9']],
  ['what others judge', { '10.0.0.0/24': 0.3, '81.2.69.0/24': 0 }, ['10.0.0.0/24 0.3', '81.2.69.0/24 0']],
  ['none', {}, []],
]
for (const [name, told, handedOn] of rtts) {
  test(`round trips: ${name}`, async (t) => {
    const { app, heartbeats } = fixture()
    t.after(() => app.close())
    const response = await beat(app, { body: JSON.stringify({ rtt: told }) })
    assert.equal(response.statusCode, 204, response.body)
    assert.deepEqual(
      heartbeats[0]?.rtts.map(({ network, rttMs }) => `${formatPrefix(network)} ${rttMs}`),
      handedOn,
    )
  })
}

const networks = (count: number): string => {
  const told = Array.from({ length: count }, (_, i) => [
    `2001:4860:${(0x1000 + i).toString(16)}::/48`,
    100.123456789 + i,
  ])
  return JSON.stringify({ status: 'degraded', load: { load: 0.75 }, rtt: Object.fromEntries(told) })
}

test('as many round trips as are read, written at length', async (t) => {
  const { app, heartbeats } = fixture()
  t.after(() => app.close())
  assert.equal((await beat(app, { body: networks(256) })).statusCode, 204)
  assert.equal(heartbeats[0]?.rtts.length, 256)
})

const refused: readonly (readonly [name: string, beat: Beat, status: number, kind: string])[] = [
  ['no token', { authorization: null }, 401, 'unauthorized'],
  ['another token', { authorization: 'Bearer guessed' }, 401, 'unauthorized'],
  ['the digest in place of the token', { authorization: `Bearer ${sha256('secret-of-push')}` }, 401, 'unauthorized'],
  ['another scheme', { authorization: 'Basic c2VjcmV0OnB1c2g=' }, 401, 'unauthorized'],
  ['an empty token', { authorization: 'Bearer ' }, 401, 'unauthorized'],
  ['a token with a space in it', { authorization: 'Bearer secret of push' }, 401, 'unauthorized'],
  ['the token of a check that the endpoint does not name', { path: 'api/named' }, 401, 'unauthorized'],
  ['an endpoint that is not there', { path: 'api/three' }, 401, 'unauthorized'],
  ['a name that objects have', { path: 'api/constructor' }, 401, 'unauthorized'],
  ['a service that is not there', { path: 'nobody/one' }, 401, 'unauthorized'],
  ['a service without checks', { path: 'plain/one' }, 401, 'unauthorized'],
  ['no JSON', { body: 'up' }, 400, 'bad-body'],
  ['a list', { body: '[]' }, 400, 'bad-body'],
  ['an unknown status', { body: '{"status":"fine"}' }, 400, 'bad-body'],
  ['a misspelt field', { body: '{"state":"down"}' }, 400, 'bad-body'],
  ['load that is a number', { body: '{"load":0.5}' }, 400, 'bad-body'],
  ['load as text', { body: '{"load":{"load":"0.5"}}' }, 400, 'bad-body'],
  ['less than nothing', { body: '{"load":{"load":-1}}' }, 400, 'bad-body'],
  ['more than everything', { body: '{"load":{"load":1e300}}' }, 400, 'bad-body'],
  ['a metric without a name', { body: '{"load":{"":1}}' }, 400, 'bad-body'],
  ['a metric that is a prototype', { body: '{"load":{"__proto__":1}}' }, 400, 'bad-body'],
  [
    'seventeen metrics',
    { body: JSON.stringify({ load: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`m${i}`, i])) }) },
    400,
    'bad-body',
  ],
  ['a form', { body: 'status=up', type: 'application/x-www-form-urlencoded' }, 415, 'unknown-media-type'],
  ['round trips as a list', { body: '{"rtt":[23.5]}' }, 400, 'bad-body'],
  ['a round trip of no network', { body: '{"rtt":{"frankfurt":23.5}}' }, 400, 'bad-body'],
  ['of a network that is longer than an address', { body: '{"rtt":{"81.2.69.0/33":23.5}}' }, 400, 'bad-body'],
  ['a round trip as text', { body: '{"rtt":{"81.2.69.0/24":"23.5"}}' }, 400, 'bad-body'],
  ['no round trip', { body: '{"rtt":{"81.2.69.0/24":null}}' }, 400, 'bad-body'],
  ['less than no time', { body: '{"rtt":{"81.2.69.0/24":-1}}' }, 400, 'bad-body'],
  ['an eternity', { body: '{"rtt":{"81.2.69.0/24":1e300}}' }, 400, 'bad-body'],
  ['257 networks', { body: networks(257) }, 400, 'bad-body'],
  ['more than is read', { body: ' '.repeat(16_385) }, 413, 'body-too-large'],
]
for (const [name, sent, status, kind] of refused) {
  test(`refused: ${name}`, async (t) => {
    const { app, heartbeats } = fixture()
    t.after(() => app.close())
    const response = await beat(app, sent)
    assert.equal(response.statusCode, status, response.body)
    assert.equal(response.json<{ type: string }>().type, `urn:nearcast:problem:${kind}`)
    assert.equal(response.headers['www-authenticate'], status === 401 ? 'Bearer' : undefined)
    assert.deepEqual(heartbeats, [])
  })
}

test('an endpoint that sends without pause is told to slow down, and others are not', async (t) => {
  const results: string[] = []
  const sink = { take: () => {} }
  const { app } = fixture({ heartbeats: { sink, onHeartbeat: (result) => results.push(result) } })
  t.after(() => app.close())
  for (let count = 0; count < 10; count++) await beat(app, {})
  const limited = await beat(app, {})
  assert.equal(limited.statusCode, 429)
  assert.equal(limited.headers['retry-after'], '1')
  assert.equal((await beat(app, { path: 'api/two' })).statusCode, 204)
  // Guessing costs the endpoint nothing of its own.
  for (let count = 0; count < 20; count++) await beat(app, { path: 'api/two', authorization: 'Bearer guess' })
  assert.equal((await beat(app, { path: 'api/two' })).statusCode, 204)
  assert.deepEqual([...new Set(results)], ['taken', 'too-many-requests', 'unauthorized'])
})
