import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { ASHBURN, FRANKFURT, makeDiscovery } from './fixture.ts'

const discovery = (changes: Parameters<typeof makeDiscovery>[0] = {}) => makeDiscovery(changes).app

test('ETag: the same answer is not sent again, another client’s is', async (t) => {
  const app = discovery()
  t.after(() => app.close())
  const get = (from: string, ifNoneMatch?: string) =>
    app.inject({
      url: '/v1/services/api',
      headers: { 'x-forwarded-for': from, ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }) },
    })
  const first = await get(FRANKFURT)
  const etag = String(first.headers.etag)
  assert.match(etag, /^W\/"[\w-]+"$/)
  const rows: readonly (readonly [from: string, ifNoneMatch: string, status: number])[] = [
    [FRANKFURT, etag, 304],
    [FRANKFURT, etag.replace('W/', ''), 304],
    [FRANKFURT, `"x", ${etag}`, 304],
    [FRANKFURT, '*', 304],
    [FRANKFURT, '"x"', 200],
    [FRANKFURT, '', 200],
    [ASHBURN, etag, 200],
  ]
  for (const [from, ifNoneMatch, status] of rows) {
    const response = await get(from, ifNoneMatch)
    assert.equal(response.statusCode, status, `${from} ${ifNoneMatch}`)
    if (status !== 304) continue
    assert.equal(response.body, '')
    assert.equal(response.headers.etag, etag)
    assert.equal(response.headers['cache-control'], 'private, max-age=30')
    assert.ok(response.headers['nearcast-decision'])
    assert.notEqual(response.headers['nearcast-token'], first.headers['nearcast-token'])
    assert.ok(response.headers['nearcast-token'])
  }
})

test('ETag: it outlives the clock and the draw, not a change of the answer', async (t) => {
  const windowed = makeSnapshot({
    documents: {
      'a.yaml': `
service: api
names: { discovery: api }
ttl: 1h
endpoints: { one: { a: [192.0.2.1] }, two: { a: [192.0.2.2] } }
steer:
  - up
  - prefer: [{ id: one }, { id: two }]
    when: { time: { days: [thu], from: '00:00', to: '00:10', zone: UTC } }
  - take: 1
`,
    },
  })
  let nowMs = TEST_NOW_MS
  const app = discovery({ current: () => windowed, nowMs: () => nowMs })
  t.after(() => app.close())
  const first = await app.inject({ url: '/v1/services/api' })
  nowMs += 60_000
  const second = await app.inject({ url: '/v1/services/api' })
  assert.equal(first.json<{ ttl: number }>().ttl, 600)
  assert.equal(second.json<{ ttl: number }>().ttl, 540)
  assert.equal(first.json<{ validUntil: string }>().validUntil, '2026-01-01T00:10:00.000Z')
  assert.equal(first.headers.etag, second.headers.etag)

  let die = 0
  const dealt = discovery({ dice: () => die })
  t.after(() => dealt.close())
  const tags = new Map<unknown, unknown>()
  for (; die < 0xffffffff; die += 0x11111111) {
    const response = await dealt.inject({ url: '/v1/services/dice' })
    const { endpoint } = response.json<{ endpoint: string }>()
    assert.equal(tags.get(endpoint) ?? response.headers.etag, response.headers.etag)
    tags.set(endpoint, response.headers.etag)
  }
  assert.equal(tags.size, 2)
  assert.equal(new Set(tags.values()).size, 2)
})
