import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeSnapshot, override } from '../../helpers/snapshot.ts'
import { FRANKFURT, makeDiscovery } from './fixture.ts'

const discovery = (changes: Parameters<typeof makeDiscovery>[0] = {}) => makeDiscovery(changes).app

test('explain: steps, exclusions and who the client was taken to be', async (t) => {
  const app = discovery()
  t.after(() => app.close())
  const response = await app.inject({ url: '/v1/services/api?explain=1', headers: { 'x-forwarded-for': FRANKFURT } })
  const { explain } = response.json<{ explain: Record<string, unknown> }>()
  assert.deepEqual(explain, {
    outcome: 'chosen by the steps of the policy',
    client: {
      address: FRANKFURT,
      source: 'trustedHeader',
      country: 'DE',
      subdivision: null,
      asn: null,
      precision: 'city',
    },
    dependsOn: ['location'],
    steps: [
      {
        step: 'up (threshold 50%, slow start over 30 s)',
        effect: 'applied',
        because: null,
        before: ['virginia', 'frankfurt', 'tokyo'],
        after: ['virginia', 'frankfurt', 'tokyo'],
        estimates: [],
      },
      {
        step: 'nearest',
        effect: 'applied',
        because: null,
        before: ['virginia', 'frankfurt', 'tokyo'],
        after: ['frankfurt', 'virginia', 'tokyo'],
        estimates: [],
      },
      {
        step: 'take 2',
        effect: 'applied',
        because: null,
        before: ['frankfurt', 'virginia', 'tokyo'],
        after: ['frankfurt', 'virginia'],
        estimates: [],
      },
    ],
    excluded: [{ endpoint: 'tokyo', step: 'take 2', reason: 'beyond the 2 that are handed out' }],
  })
})

test('explain names no operator and none of their notes', async (t) => {
  const drained = makeSnapshot({
    documents: {
      'a.yaml': `
service: api
names: { discovery: api }
endpoints: { one: { a: [192.0.2.1] }, two: { a: [192.0.2.2] } }
steer: [up, take: 1]
`,
    },
    overrides: [{ ...override('api/one', 'drain'), owner: 'anna', reason: 'ticket 4711' }],
  })
  const app = discovery({ current: () => drained })
  t.after(() => app.close())
  const response = await app.inject({ url: '/v1/services/api?explain=1' })
  assert.match(response.body, /drained by an operator/)
  assert.doesNotMatch(response.body, /anna|4711/)
})
