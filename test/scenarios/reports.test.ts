/** What clients and endpoints say of themselves, through a whole node and all front ends. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { request } from 'undici'
import { makeFolders, startTestNode, type TestNode } from '../helpers/node.ts'
import { until } from '../helpers/until.ts'

const LONDON = '81.2.69.142'
const NEXT_DOOR = '81.2.70.142'
const TOKEN = 'heartbeat-of-the-test'

const endpointsAt = (checks: string): string => `
endpoints:
  frankfurt: { site: fra, a: [198.51.100.10], url: https://eu.api.example${checks} }
  virginia: { site: iad, a: [192.0.2.10], url: https://us.api.example${checks} }
  tokyo: { site: nrt, a: [203.0.113.10], url: https://jp.api.example${checks} }
`

const DOCUMENTS = {
  'sites.yaml': `
sites:
  iad: { lat: 39.04, lon: -77.49, country: US, subdivision: VA }
  fra: { lat: 50.11, lon: 8.68, country: DE }
  nrt: { lat: 35.77, lon: 140.39, country: JP }
`,
  'zone.yaml': `
zone: geo.example
soa: { rname: hostmaster.example, minimum: 60s }
ns: { ns1.geo.example: [192.0.2.53] }
`,
  'api.yaml': `
service: api
names: { dns: [api.geo.example], http: [api.example], discovery: api }
ttl: 30s${endpointsAt('')}
steer: [up, nearest, take: 1]
`,
  'pushed.yaml': `
service: pushed
names: { dns: [pushed.geo.example], http: [pushed.example], discovery: pushed }
ttl: 30s${endpointsAt(', checks: [push]')}
checks: { push: { heartbeat: 60s, tokenSha256: '${createHash('sha256').update(TOKEN).digest('hex')}' } }
steer: [{ up: { slowStart: 0s } }, nearest, take: 1]
`,
}

const discoveryOf = (node: TestNode): string =>
  `http://${node.listeners.find(({ frontEnd }) => frontEnd === 'discovery')?.address}`

async function post(node: TestNode, path: string, headers: Readonly<Record<string, string>>, body: object) {
  const response = await request(`${discoveryOf(node)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.statusCode, text: await response.body.text() }
}

/** The endpoint that all three front ends name; an error when they do not agree. */
async function sentTo(node: TestNode, service: string, client: string): Promise<string> {
  const { body } = await node.discover(`/v1/services/${service}`, client)
  const { headers } = await node.get(`${service}.example`, '/', client)
  const { answer } = await node.dig(`${service}.geo.example A +subnet=${client.replace(/\d+$/, '0')}/24`)
  const addresses: Readonly<Record<string, string>> = {
    '198.51.100.10': 'frankfurt',
    '192.0.2.10': 'virginia',
    '203.0.113.10': 'tokyo',
  }
  const named = [body.endpoint, headers['nearcast-endpoint'], addresses[answer[0]?.split(/\s+/).at(-1) ?? '']]
  return [...new Set(named)].join(' or ')
}

test('a network that cannot reach an endpoint is sent elsewhere by every front end, and nobody else is', async (t) => {
  const node = await startTestNode(t, await makeFolders(t, DOCUMENTS), { dnsWorkers: 0 })
  assert.equal(await sentTo(node, 'api', LONDON), 'frankfurt')
  assert.equal(await sentTo(node, 'api', NEXT_DOOR), 'frankfurt')
  const from = { 'x-forwarded-for': LONDON }
  const measurements = [{ endpoint: 'frankfurt', outcome: 'unreachable' }]
  // One token each of two front ends.
  const { body } = await node.discover('/v1/services/api', LONDON)
  const { headers } = await node.get('api.example', '/', LONDON)
  for (const token of [body.token, headers['nearcast-token']]) {
    const { status, text } = await post(node, '/v1/reports', from, { token, measurements })
    assert.equal(status, 202, text)
    assert.deepEqual(JSON.parse(text), { taken: ['frankfurt'], ignored: [] })
  }
  await until(
    () => sentTo(node, 'api', LONDON),
    (endpoint) => endpoint === 'virginia',
  )
  assert.equal(await sentTo(node, 'api', NEXT_DOOR), 'frankfurt')
  const { text } = await node.admin('/metrics')
  assert.match(text, /^nearcast_endpoint_unreachable_networks\{service="api",endpoint="frankfurt"\} 1$/m)
  // The answer holds for the network alone, and resolvers are told so.
  const answered = await node.dig('api.geo.example A +subnet=81.2.69.0/24')
  assert.match(JSON.stringify(answered), /81\.2\.69\.0\/24\/24/)
  const again = await post(node, '/v1/reports', from, { token: body.token, measurements })
  assert.equal(again.status, 409)
})

test('endpoints that push: what they say is in all front ends at once', async (t) => {
  const node = await startTestNode(t, await makeFolders(t, DOCUMENTS), { dnsWorkers: 0 })
  const beat = async (endpoint: string, body: object): Promise<void> => {
    const path = `/v1/heartbeats/pushed/${endpoint}`
    const { status, text } = await post(node, path, { authorization: `Bearer ${TOKEN}` }, body)
    assert.equal(status, 204, text)
  }
  const sentSoon = (endpoint: string) =>
    until(
      () => sentTo(node, 'pushed', LONDON),
      (found) => found === endpoint,
    )
  const rtt = { '81.2.69.0/24': 23.5, '192.168.0.0/24': 0.3 }
  for (const endpoint of ['frankfurt', 'virginia', 'tokyo']) await beat(endpoint, { load: { load: 0.2 }, rtt })
  await sentSoon('frankfurt')
  const { body } = await node.discover('/v1/services/pushed', LONDON)

  await beat('frankfurt', { status: 'drain' })
  await sentSoon('virginia')
  const kept = await node.discover(`/v1/services/pushed?keep=${body.token}`, LONDON)
  assert.equal(kept.body.endpoint, 'frankfurt')

  await beat('frankfurt', { status: 'up' })
  await sentSoon('frankfurt')
  await beat('frankfurt', { status: 'down' })
  await sentSoon('virginia')
  const lost = await node.discover(`/v1/services/pushed?keep=${kept.body.token}`, LONDON)
  assert.equal(lost.body.endpoint, 'virginia')

  const refused = await post(node, '/v1/heartbeats/pushed/tokyo', { authorization: 'Bearer guess' }, {})
  assert.equal(refused.status, 401)
  const { text } = await node.admin('/metrics')
  assert.match(text, /^nearcast_heartbeats_total\{result="taken"\} 6$/m)
  assert.match(text, /^nearcast_heartbeats_total\{result="unauthorized"\} 1$/m)
  assert.match(text, /^nearcast_latency_samples_total\{source="endpoint",verdict="taken"\} 1$/m)
  // From London to Virginia and Tokyo.
  assert.match(text, /^nearcast_latency_samples_total\{source="endpoint",verdict="fasterThanLight"\} 2$/m)
  assert.match(text, /^nearcast_latency_samples_total\{source="endpoint",verdict="notGlobal"\} 3$/m)
})
