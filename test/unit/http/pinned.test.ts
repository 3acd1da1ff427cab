import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceAnswer } from '../../../src/domain/discovery-wire.ts'
import { createRedirect } from '../../../src/http/redirect/redirect.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { frontEndDeps, makeDiscovery } from './fixture.ts'

const documents = {
  'api.yaml': `
service: api
names: { http: [api.example], discovery: api }
ttl: 30s
endpoints:
  one: { a: [192.0.2.1], url: https://one.example }
  two: { a: [192.0.2.2], url: https://two.example }
steer: [up, prefer: [{ id: one }, { id: two }], take: 1]
`,
  'other.yaml': `
service: other
names: { http: [other.example], discovery: other }
ttl: 30s
endpoints: { one: { a: [192.0.2.1], url: https://one.example } }
steer: [up]
`,
}
const BEFORE = makeSnapshot({ documents })
const DRAINING = makeSnapshot({ documents, overrides: [override('api/one', 'drain')] })
const DOWN = makeSnapshot({ documents, overrides: [override('api/one', 'down')] })

const ME = '5.9.0.1'
const from = (address: string) => ({ 'x-forwarded-for': address })

interface Row {
  readonly name: string
  readonly later: Snapshot
  /** Of the token that was given by `service` to `ME`. */
  readonly service?: string
  readonly shownFrom?: string
  readonly afterMs?: number
  readonly shown?: (token: string) => string | null
  readonly expect: string
}

const rows: readonly Row[] = [
  { name: 'without a drain nothing changes', later: BEFORE, expect: 'one' },
  { name: 'a client that was given it keeps it while it drains', later: DRAINING, expect: 'one' },
  { name: 'nobody new is sent there', later: DRAINING, shown: () => null, expect: 'two' },
  { name: 'an hour later as well', later: DRAINING, afterMs: 3_600_000, expect: 'one' },
  { name: 'not after that', later: DRAINING, afterMs: 3_601_000, expect: 'two' },
  { name: 'not from another network', later: DRAINING, shownFrom: '8.8.8.8', expect: 'two' },
  { name: 'not by the token of another service', later: DRAINING, service: 'other', expect: 'two' },
  { name: 'not by something made up', later: DRAINING, shown: () => 'one', expect: 'two' },
  {
    name: 'not by a token that was changed',
    later: DRAINING,
    shown: (token) => `${token.slice(0, -2)}AA`,
    expect: 'two',
  },
  { name: 'not when it is down', later: DOWN, expect: 'two' },
]
for (const {
  name,
  later,
  service = 'api',
  shownFrom = ME,
  afterMs = 0,
  shown = (token: string) => token,
  expect,
} of rows) {
  test(`pinned: ${name}`, async (t) => {
    let current = BEFORE
    let nowMs = TEST_NOW_MS
    const changes = { current: () => current, nowMs: () => nowMs }
    const { app: discovery } = makeDiscovery(changes)
    const redirect = createRedirect(frontEndDeps(changes).deps)
    t.after(() => Promise.all([discovery.close(), redirect.close()]))
    const given = await discovery.inject({ url: `/v1/services/${service}`, headers: from(ME) })
    const moved = await redirect.inject({ url: '/', headers: { host: `${service}.example`, ...from(ME) } })
    assert.equal(given.json<ServiceAnswer>().endpoint, 'one')
    assert.equal(moved.headers['nearcast-endpoint'], 'one')
    current = later
    nowMs += afterMs

    // Either front end's token is good at the other.
    for (const token of [given.headers['nearcast-token'], moved.headers['nearcast-token']]) {
      const keep = shown(String(token))
      const url = `/v1/services/api${keep === null ? '' : `?keep=${keep}`}`
      const answer = await discovery.inject({ url, headers: from(shownFrom) })
      assert.equal(answer.json<ServiceAnswer>().endpoint, expect)
      const headers = { host: 'api.example', ...from(shownFrom), ...(keep === null ? {} : { 'nearcast-token': keep }) }
      const response = await redirect.inject({ url: '/', headers })
      assert.equal(response.headers.location, `https://${expect}.example/`)
      // A cache must not hand one client's privilege to another.
      const isKept = later === DRAINING && expect === 'one'
      assert.equal(response.headers['cache-control'], `${isKept ? 'private' : 'public'}, max-age=30`)
    }
  })
}

test('a session goes on from answer to answer', async (t) => {
  let current = BEFORE
  let nowMs = TEST_NOW_MS
  const { app } = makeDiscovery({ current: () => current, nowMs: () => nowMs })
  t.after(() => app.close())
  const ask = async (query: string) =>
    (await app.inject({ url: `/v1/services/api${query}`, headers: from(ME) })).json<ServiceAnswer>()
  let answer = await ask('')
  current = DRAINING
  for (let half = 0; half < 6; half++) {
    nowMs += 1_800_000
    answer = await ask(`?keep=${answer.token}`)
    assert.equal(answer.endpoint, 'one')
  }
  assert.equal((await ask('')).endpoint, 'two')
})

test('keep is one text', async (t) => {
  const { app } = makeDiscovery()
  t.after(() => app.close())
  const twice = await app.inject({ url: '/v1/services/api?keep=a&keep=b' })
  assert.equal(twice.json<{ type: string }>().type, 'urn:nearcast:problem:bad-parameter')
  assert.equal((await app.inject({ url: '/v1/services/api?keep=' })).statusCode, 200)
})
