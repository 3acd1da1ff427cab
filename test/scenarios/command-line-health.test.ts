/** What the command line says beside a running node: it asks the node of its state directory what the checks found. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type TestContext, test } from 'node:test'
import { nearcast } from '../helpers/nearcast.ts'
import { makeFolders, startTestNode, type TestNode } from '../helpers/node.ts'
import { until } from '../helpers/until.ts'

const documentsFor = (port: number): Readonly<Record<string, string>> => ({
  'geo.example.zone.yaml':
    'zone: geo.example\nsoa: { rname: hostmaster.geo.example }\nns: { ns1.geo.example: [127.0.0.1], ns2.geo.example: [127.0.0.2] }\n',
  'web.yaml': `service: web
names: { dns: [web.geo.example], discovery: web }
endpoints:
  first: { a: [127.0.0.31], tags: [gold] }
  second: { a: [127.0.0.32], tags: [gold] }
  third: { a: [127.0.0.33] }
checks:
  web: { http: /healthz, port: ${port}, every: 500ms, timeout: 400ms, fall: 2, rise: 1, retries: 0, load: { load: $.load } }
minInService: 2
steer: [up, { prefer: [{ id: first }, { id: second }, { id: third }] }, { take: 1 }]
`,
})

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer((_request, response) => response.end(JSON.stringify({ load: 0.25 })))
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

interface World {
  readonly node: TestNode
  /** Runs a command beside the node. */
  run(...args: readonly string[]): ReturnType<typeof nearcast>
  readonly backends: readonly Server[]
}

async function startWorld(t: TestContext): Promise<World> {
  const first = await listen('127.0.0.31', 0)
  const { port } = first.address() as { readonly port: number }
  const backends = [first, await listen('127.0.0.32', port), await listen('127.0.0.33', port)]
  t.after(() => Promise.all(backends.map((server) => server.close())))
  const node = await startTestNode(t, await makeFolders(t, documentsFor(port)))
  const at = (front: string) => node.listeners.find(({ frontEnd }) => frontEnd === front)?.address ?? ''
  const run = (...args: readonly string[]) =>
    nearcast([...args, '--admin', at('admin'), '--dns', at('dns')], node.folders)
  return { node, backends, run }
}

const isDown = (id: string) => (node: TestNode) =>
  node.health().some(({ endpoint, health }) => endpoint === id && health === 'down')

test('the command line knows what the running node knows', async (t) => {
  const { node, backends, run } = await startWorld(t)

  const before = await run('status')
  assert.match(before.out, /web\/first +up .* 1\/1 +status 200/)
  assert.match(before.out, /load 0\.25/)
  assert.match((await run('status', '--events')).out, /no health has changed/)
  assert.match((await run('status', 'wob')).err, /no service "wob"; it has web/)

  const [dying] = backends
  dying?.closeAllConnections()
  dying?.close()
  await until(() => node, isDown('first'))

  const after = await run('status', 'web', '--probes')
  assert.match(after.out, /web\/first +down /)
  assert.match(after.out, / {2}web 127\.0\.0\.31 +down .*refused/)
  assert.match((await run('status', '--events')).out, /web\/first .*up → down/)
  const { health } = JSON.parse((await run('status', '--json')).out) as {
    health: readonly { readonly endpoint: string; readonly health: string }[]
  }
  assert.deepEqual(
    health.map((it) => [it.endpoint, it.health]),
    [
      ['first', 'down'],
      ['second', 'up'],
      ['third', 'up'],
    ],
  )

  // A prediction that did not know of the check would send everybody to the first, and the wire would belie it.
  const explained = await run('explain', 'web', 'DE')
  assert.match(explained.out, /✗ first: down[\s\S]*100\.0% {2}second/)
  const dug = await run('dig', 'web.geo.example', 'A', '--from', 'none')
  assert.equal(dug.code, 0, dug.out + dug.err)
  assert.match(dug.out, /127\.0\.0\.32/)
})

test('an override that would leave too few in service is refused, unless it is forced', async (t) => {
  const { node, backends, run } = await startWorld(t)
  const set = (...args: readonly string[]) => run('override', 'set', ...args, '--reason', 'test', '--for', '1h')

  const drained = await set('web/third', 'drain')
  assert.match(drained.out, /web has 2 endpoints in service \(first, second\), before: 3/)
  const refused = await set('web/tag:gold', 'down')
  assert.match(
    refused.err,
    /web has 0 endpoints in service \(none\), before: 2; its minInService is 2\nNothing was set; --force/,
  )
  assert.equal(refused.code, 1)
  assert.match((await run('override', 'clear', 'web/third')).out, /cleared/)

  // What the checks took out is out already: of three, two are left.
  const [dying] = backends
  dying?.closeAllConnections()
  dying?.close()
  await until(() => node, isDown('first'))
  assert.match((await set('web/second', 'drain')).err, /web has 1 endpoint in service \(third\), before: 2/)
  const forced = await set('web/second', 'drain', '--force')
  assert.match(forced.out, /^drain: web\/second, until /m)
  assert.match((await run('override', 'list')).out, /web\/second +drain/)
})

test('nearcast status without a node says where it looked', async (t) => {
  const folders = await makeFolders(t, documentsFor(9))
  const run = await nearcast(['status', '--admin', '127.0.0.1:1'], folders)
  assert.equal(run.code, 1)
  assert.match(run.err, /nobody answers at 127\.0\.0\.1:1: there is no running node to ask/)
  assert.match((await nearcast(['status', '--admin', 'off'], folders)).err, /listen\.admin is off/)
})
