/** Whatever is sent to the two routes that read bodies: nothing is believed that was not proved, and nothing breaks. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { prefixOf } from '../../src/domain/address.ts'
import { TOKEN_LIFE_MS } from '../../src/http/decision-token.ts'
import { makeSnapshot, TEST_NOW_MS } from '../helpers/snapshot.ts'
import { FRANKFURT, halfClosed, listen, makeDiscovery, statusOf } from '../unit/http/fixture.ts'

const END = 'Connection: close\r\n\r\n'
const CLIENT = { family: 4, bytes: Uint8Array.of(5, 9, 0, 1) } as const
const GIVEN = ['frankfurt', 'virginia']

const anything = fc.jsonValue({ maxDepth: 3, noUnicodeString: false })
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1, 20.5, 1e8, 1e9, -1))

/** Mostly of the right shape, with something else here and there. */
const measurement = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        endpoint: fc.oneof(fc.constantFrom(...GIVEN, 'tokyo', '', '__proto__'), anything),
        outcome: fc.oneof(fc.constantFrom('ok', 'unreachable'), anything),
        connectMs: fc.oneof(number, anything),
        firstByteMs: number,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: anything },
)
const measurements = fc.oneof(
  { weight: 8, arbitrary: fc.array(measurement, { maxLength: 20 }) },
  { weight: 1, arbitrary: anything },
)
const right = fc.array(
  fc.record({ endpoint: fc.constantFrom(...GIVEN, 'tokyo'), connectMs: fc.double({ min: 0, max: 1e8, noNaN: true }) }),
  { minLength: 1, maxLength: 16 },
)
const spoiled = fc.record({ at: fc.nat(), octet: fc.nat({ max: 255 }) })

test('a report hands on only what the token gave, whatever else it holds', async (t) => {
  let nowMs = TEST_NOW_MS
  const { app, deps, reports } = makeDiscovery({ nowMs: () => nowMs })
  t.after(() => app.close())
  const seen = new Map<number, number>()
  const token = (isGood: boolean): unknown =>
    isGood ? deps.tokens.issue({ service: 'api', endpoints: GIVEN, address: CLIENT }, nowMs) : null
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(measurements, right),
      fc.option(anything),
      fc.option(spoiled, { freq: 3 }),
      fc.constantFrom('application/json', 'text/plain', 'text/plain; charset=utf-8', 'application/json; x="'),
      async (rows, other, spoil, type) => {
        // Past every limit of a minute.
        nowMs += 60_000
        const shown = other === null ? token(true) : other
        const text = Buffer.from(JSON.stringify({ token: shown, measurements: rows }))
        if (spoil !== null && text.length > 0) text[spoil.at % text.length] = spoil.octet
        const before = reports.length
        const headers = { 'content-type': type, 'x-forwarded-for': FRANKFURT }
        const response = await app.inject({ method: 'POST', url: '/v1/reports', headers, payload: text })
        seen.set(response.statusCode, (seen.get(response.statusCode) ?? 0) + 1)
        assert.ok([202, 400, 403, 413, 415].includes(response.statusCode), response.body)
        const told = reports.slice(before)
        assert.equal(told.length, response.statusCode === 202 ? 1 : 0)
        for (const report of told) {
          assert.equal(report.service, 'api')
          assert.ok(report.measurements.length <= GIVEN.length)
          for (const { endpoint, rttMs, outcome } of report.measurements) {
            assert.ok(GIVEN.includes(endpoint))
            assert.ok(rttMs === null || (rttMs >= 1 && rttMs <= 1e8 && outcome === 'ok'))
          }
        }
      },
    ),
    { numRuns: 1_500 },
  )
  assert.ok((seen.get(202) ?? 0) > 50 && (seen.get(400) ?? 0) > 50, JSON.stringify([...seen]))
})

test('no token is accepted but those that were made, from where they were made for', () => {
  const { deps } = makeDiscovery()
  const good = deps.tokens.issue({ service: 'api', endpoints: GIVEN, address: CLIENT }, TEST_NOW_MS)
  assert.ok(good !== null)
  const octets = Buffer.from(good, 'base64url')
  const edit = fc.record({ at: fc.nat({ max: octets.length - 1 }), octet: fc.nat({ max: 255 }) })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 3 }), fc.nat({ max: octets.length }), fc.ipV4(), (edits, length, from) => {
      const changed = Buffer.from(octets.subarray(0, length))
      for (const { at, octet } of edits) if (at < length) changed[at] = octet
      const bytes = Uint8Array.from(from.split('.'), Number)
      const isSame = changed.equals(octets) && bytes.slice(0, 3).join() === '5,9,0'
      const verified = deps.tokens.verify(
        changed.toString('base64url'),
        { family: 4, bytes },
        TEST_NOW_MS,
        TOKEN_LIFE_MS,
      )
      assert.equal(typeof verified === 'object', isSame)
    }),
    { numRuns: 2_000 },
  )
})

const TOKEN = 'a-token-that-nobody-guesses'
const SNAPSHOT = makeSnapshot({
  documents: {
    'api.yaml': `
service: api
names: { discovery: api }
ttl: 30s
endpoints: { one: { a: [192.0.2.1] }, two: { a: [192.0.2.2] } }
checks: { push: { heartbeat: 30s, tokenSha256: '${createHash('sha256').update(TOKEN).digest('hex')}' } }
steer: [up]
`,
  },
})

const often = <T>(value: T) => ({ weight: 5, arbitrary: fc.constant(value) })

const network = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.option(fc.nat({ max: 32 })))
  .map(([address, length]) => (length === null ? address : `${address}/${length}`))

const beat = fc.record({
  path: fc.oneof(often('api/one'), fc.constantFrom('api/two', 'api/', '//', 'api/%00', 'a/b/c', '__proto__/x')),
  authorization: fc.oneof(
    often(`Bearer ${TOKEN}`),
    fc.constantFrom('', 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `Bearer ${TOKEN} ${TOKEN}`),
    fc.string({ maxLength: 20 }),
  ),
  body: fc.oneof(
    fc.record({
      status: fc.constantFrom('up', 'degraded', 'down', 'drain'),
      load: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.double({ min: 0, max: 1e15, noNaN: true }), {
        maxKeys: 4,
      }),
      rtt: fc.oneof(
        fc.constant({}),
        fc.dictionary(network, fc.double({ min: 0, max: 1e8, noNaN: true }), { maxKeys: 4 }),
      ),
    }),
    fc.record(
      {
        status: fc.oneof(fc.constantFrom('up', 'degraded', 'down', 'drain'), anything),
        load: fc.oneof(fc.dictionary(fc.string({ maxLength: 5 }), number), anything),
        rtt: fc.oneof(fc.dictionary(fc.oneof(network, fc.string({ maxLength: 20 })), number), anything),
      },
      { requiredKeys: [] },
    ),
    anything,
  ),
})

test('a heartbeat counts with its token and in its shape, and in no other way', async (t) => {
  let nowMs = TEST_NOW_MS
  const { app, heartbeats } = makeDiscovery({ current: () => SNAPSHOT, nowMs: () => nowMs })
  let measured = 0
  t.after(() => app.close())
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(beat, fc.option(spoiled, { freq: 3 }), async ({ path, authorization, body }, spoil) => {
      nowMs += 60_000
      const text = Buffer.from(JSON.stringify(body))
      if (spoil !== null) text[spoil.at % text.length] = spoil.octet
      const before = heartbeats.length
      const response = await app.inject({
        method: 'POST',
        url: `/v1/heartbeats/${path}`,
        headers: { authorization, 'content-type': 'application/json' },
        payload: text,
      })
      seen.set(response.statusCode, (seen.get(response.statusCode) ?? 0) + 1)
      assert.ok([204, 400, 401, 404].includes(response.statusCode), response.body)
      const told = heartbeats.slice(before)
      assert.equal(told.length, response.statusCode === 204 ? 1 : 0)
      for (const { service, endpoint, load, rtts } of told) {
        assert.equal(authorization, `Bearer ${TOKEN}`)
        assert.equal(`${service}/${endpoint}`, path)
        for (const value of Object.values(load)) assert.ok(Number.isFinite(value) && value >= 0)
        measured += rtts.length
        for (const { network, rttMs } of rtts) {
          assert.ok(rttMs >= 0 && rttMs <= 1e8)
          assert.ok(network.length <= (network.family === 4 ? 24 : 48))
          assert.deepEqual(prefixOf(network, network.length), network)
        }
      }
    }),
    { numRuns: 1_500 },
  )
  assert.ok(
    (seen.get(204) ?? 0) > 30 && (seen.get(401) ?? 0) > 30 && (seen.get(400) ?? 0) > 30,
    JSON.stringify([...seen]),
  )
  assert.ok(measured > 30, `only ${measured}`)
})

test('any octets behind the head of either route, on a socket', async (t) => {
  const { app } = makeDiscovery({ current: () => SNAPSHOT })
  const port = await listen(t, app)
  const headers = fc.array(
    fc.constantFrom(
      'Content-Type: application/json',
      'Content-Type: text/plain',
      'Content-Type: ;;',
      'Content-Length: 5',
      'Content-Length: 0',
      'Content-Length: -1',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Expect: 100-continue',
      'Expect: the unexpected',
      `Authorization: Bearer ${TOKEN}`,
      'Content-Encoding: gzip',
      'Upgrade: h2c',
    ),
    { maxLength: 4 },
  )
  const paths = fc.constantFrom('/v1/reports', '/v1/heartbeats/api/one', '/v1/reports?x', '/v1/heartbeats/api/one/')
  const body = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('5\r\nhello\r\n0\r\n\r\n', '{}', '[[[[', 'ffffffff\r\n', '0\r\n\r\n'),
  )
  let answered = 0
  await fc.assert(
    fc.asyncProperty(paths, headers, body, async (path, lines, text) => {
      const head = [`POST ${path} HTTP/1.1`, 'Host: any.example', ...lines].join('\r\n')
      const response = await halfClosed(port, `${head}\r\n${END}${text}`)
      if (response === '') return
      answered++
      const status = statusOf(response.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''))
      assert.ok([204, 400, 401, 404, 413, 415, 429].includes(status), response)
    }),
    { numRuns: 400 },
  )
  assert.ok(answered > 300, `only ${answered}`)
})
