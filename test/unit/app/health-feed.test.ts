import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../../src/app/config.ts'
import { openHealthFeed } from '../../../src/app/health-feed.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { policiesOf } from '../../helpers/monitor.ts'
import { makeFolders, startTestNode } from '../../helpers/node.ts'
import { until } from '../../helpers/until.ts'

/** A backend on a free port of one address of the loopback; it answers as `state` says. */
async function backend(t: TestContext, host: string, port = 0) {
  const state = { status: 200, load: 0.5 }
  const server = createServer((_request, response) => {
    response.writeHead(state.status, { 'content-type': 'application/json' }).end(JSON.stringify({ load: state.load }))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  t.after(() => server.close())
  return { state, port: (server.address() as AddressInfo).port, stop: () => server.close().closeAllConnections() }
}

const policy = (port: number, every = '1s') => `service: api
names: { discovery: api }
ttl: 30s
endpoints:
  first: { a: [127.0.0.2] }
  second: { a: [127.0.0.3] }
checks:
  web: { http: /, port: ${port}, every: ${every}, timeout: 500ms, fall: 2, rise: 1, load: { load: $.load } }
steer: [{ up: { slowStart: 0s } }, { prefer: [{ id: first }, { id: second }] }]
`

test('a node knows before it serves who is down, follows what happens, and tells why', async (t) => {
  const { state, port } = await backend(t, '127.0.0.2')
  const second = await backend(t, '127.0.0.3', port)
  state.status = 503
  const folders = await makeFolders(t, { 'api.yaml': policy(port) })
  const node = await startTestNode(t, folders)
  const chosen = async () => (await node.discover('/v1/services/api')).body.endpoint
  assert.equal(await chosen(), 'second')

  state.status = 200
  await until(chosen, (endpoint) => endpoint === 'first')
  state.status = 500
  await until(chosen, (endpoint) => endpoint === 'second')

  const { endpoints } = JSON.parse((await node.admin('/v1/health')).text)
  const [first] = endpoints
  assert.deepEqual([first.endpoint, first.health, first.targets[0].check], ['first', 'down', 'web'])
  assert.match(first.targets[0].last[0].detail, /500/)
  const { events } = JSON.parse((await node.admin('/v1/events')).text)
  const changes = events.flatMap((event: { check: string | null; from: string; to: string }) =>
    event.check === null ? [`${event.from} → ${event.to}`] : [],
  )
  assert.deepEqual(changes, ['unknown → down', 'down → up', 'up → down'])

  const { text } = await node.admin('/metrics')
  assert.match(text, /nearcast_probes_total\{kind="http",outcome="fail"\} \d/)
  assert.match(text, /nearcast_endpoint_health\{service="api",endpoint="first",state="down"\} 1/)
  assert.match(text, /nearcast_endpoint_load\{service="api",endpoint="second",metric="load"\} 0\.5/)
  assert.match(text, /nearcast_health_changes_total\{service="api",endpoint="first",to="down"\} 2/)
  second.stop()
})

test('a restart believes what was known last, before anything is probed', async (t) => {
  const { state, port } = await backend(t, '127.0.0.2')
  await backend(t, '127.0.0.3', port)
  state.status = 503
  const folders = await makeFolders(t, { 'api.yaml': policy(port, '1h') })
  const before = await startTestNode(t, folders)
  await before.close()
  const node = await startTestNode(t, folders, { checksRate: 1, checksConcurrency: 1, checksStartWithin: 0 })
  assert.equal((await node.discover('/v1/services/api')).body.endpoint, 'second')
})

test('loads are taken over every two seconds at most, whatever is done to the clock', async (t) => {
  const folders = await makeFolders(t, {})
  const loaded = loadConfig({ flags: { state: folders.state }, env: {}, readFile: () => null })
  assert.ok('config' in loaded)
  const timers = manualClock(1_000_000)
  const wall = { offsetMs: 0 }
  const nowMs = (): number => timers.nowMs() + wall.offsetMs
  const told: (number | undefined)[] = []
  const feed = await openHealthFeed({
    config: loaded.config,
    log: { info: () => {}, warn: (message: unknown) => assert.fail(String(message)) },
    metrics: { onProbed: () => {}, onHealthEvent: () => {}, watch: () => {} },
    nowMs,
    schedule: timers.schedule,
    dice: () => 0,
    publish: async (health) => void told.push(health.get('api')?.get('one')?.load.load),
    onProbed: () => {},
  })
  const text = `service: api
names: { discovery: api }
endpoints: { one: { a: [192.0.2.1] } }
checks: { push: { heartbeat: 1h, tokenSha256: '${'0'.repeat(64)}' } }
steer: [up]
`
  feed.monitor.setPolicies(policiesOf(text))
  const beat = (load: number): void => {
    const heartbeat = { service: 'api', endpoint: 'one', checks: ['push'], status: 'up', rtts: [] } as const
    feed.monitor.take({ ...heartbeat, load: { load }, atMs: nowMs() })
    timers.advance(100)
  }
  beat(1)
  await feed.firstRound()
  const rows: readonly (readonly [load: number, turn: number])[] = [
    [2, 0],
    [3, 0],
    [4, -3_600_000],
    [5, 7_200_000],
  ]
  for (const [load, turnMs] of rows) {
    wall.offsetMs += turnMs
    told.length = 0
    beat(load)
    timers.advance(1_900)
    assert.deepEqual(told.at(-1), load, `${told}`)
    assert.ok(told.length <= 2, `${told}`)
  }
  await feed.close()
  assert.equal(timers.pending(), 0)
})
