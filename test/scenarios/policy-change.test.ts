import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ListenFailure } from '../../src/app/listeners.ts'
import { NoPolicies } from '../../src/app/policy-feed.ts'
import { openMemoryStore } from '../../src/state/memory/open-memory-store.ts'
import { makeFolders, startTestNode, type TestNode } from '../helpers/node.ts'
import { until } from '../helpers/until.ts'

const LONDON = '81.2.69.142'

const endpointFor = async (node: TestNode): Promise<unknown> =>
  (await node.discover('/v1/services/api', LONDON)).body.endpoint

const edit = async (node: TestNode, change: (text: string) => string): Promise<void> => {
  const path = join(node.folders.policies, 'api.yaml')
  await writeFile(path, change(await readFile(path, 'utf8')))
}

const status = async (node: TestNode) =>
  JSON.parse((await node.admin('/v1/status')).text) as {
    refused: { problems: { rule: string }[] } | null
    revision: { number: number }
  }

test('a saved file is a new revision in all front ends', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  assert.equal(await endpointFor(node), 'frankfurt')
  await edit(node, (text) =>
    text
      .replace(/^ {2}frankfurt: .*$/m, (line) => line.replace('{ site', '{ enabled: false, site'))
      .replace(/^tests:[\s\S]*$/m, ''),
  )
  await until(
    () => endpointFor(node),
    (endpoint) => endpoint === 'virginia',
  )
  assert.equal((await node.get('api.example', '/', LONDON)).headers['nearcast-endpoint'], 'virginia')
  const { answer } = await node.dig('api.geo.example A +subnet=81.2.69.0/24')
  assert.match(answer[0] ?? '', /192\.0\.2\.10$/)
  assert.equal((await status(node)).revision.number, 2)
})

test('a bad file is refused, shown, and changes nothing; the next good one counts', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  await edit(node, (text) => text.replace('within: 300km', 'withn: 300km'))
  await until(
    () => status(node),
    ({ refused }) => refused !== null,
  )
  const { refused, revision } = await status(node)
  assert.deepEqual(
    refused?.problems.map(({ rule }) => rule),
    ['unknown-key'],
  )
  assert.equal(revision.number, 1)
  assert.equal(await endpointFor(node), 'frankfurt')
  assert.match((await node.admin('/metrics')).text, /^nearcast_refused_revisions_total 1$/m)
  await edit(node, (text) => text.replace('withn: 300km', 'within: 200km'))
  await until(
    () => status(node),
    (it) => it.refused === null && it.revision.number === 2,
  )
})

test('a policy whose own tests fail does not come into force', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  await edit(node, (text) => text.replace('{ from: DE, expect: frankfurt }', '{ from: DE, expect: tokyo }'))
  await until(
    () => status(node),
    ({ refused }) => refused !== null,
  )
  assert.equal((await status(node)).revision.number, 1)
})

test('an override by another process moves clients, and its end moves them back', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  const store = await openMemoryStore({ directory: node.folders.state, nowMs: Date.now })
  t.after(() => store.close())
  const nowMs = Date.now()
  await store.setOverride({
    target: 'api/frankfurt',
    state: 'down',
    owner: 'anna',
    reason: 'kernel update',
    setAtMs: nowMs,
    expiresAtMs: nowMs + 2_000,
  })
  await until(
    () => endpointFor(node),
    (endpoint) => endpoint === 'virginia',
  )
  await until(
    () => endpointFor(node),
    (endpoint) => endpoint === 'frankfurt',
  )
  assert.ok(Date.now() >= nowMs + 2_000)
})

test('with a broken directory a node serves its last good revision; without one it does not start', async (t) => {
  const folders = await makeFolders(t)
  const first = await startTestNode(t, folders)
  await first.close()
  await writeFile(join(folders.policies, 'api.yaml'), 'service: api\nsteer: [nearst]\n')
  const second = await startTestNode(t, folders)
  assert.ok((second.refused?.length ?? 0) > 0)
  assert.equal(await endpointFor(second), 'frankfurt')
  await second.close()
  await rm(join(folders.state, 'revisions'), { recursive: true })
  await assert.rejects(startTestNode(t, folders), (error: unknown) => {
    assert.ok(error instanceof NoPolicies)
    assert.ok(error.problems.some(({ message }) => message.includes('nearst')))
    return true
  })
})

test('a restart finds the revision it had, and writes none', async (t) => {
  const folders = await makeFolders(t)
  const first = await startTestNode(t, folders)
  const { digest } = first.snapshot().revision
  await first.close()
  const second = await startTestNode(t, folders)
  assert.deepEqual([second.snapshot().revision.number, second.snapshot().revision.digest], [1, digest])
})

test('worker threads answer by DNS as the main thread does, and follow a change', async (t) => {
  const node = await startTestNode(t, await makeFolders(t), { dnsWorkers: 2 })
  const address = async () => (await node.dig('api.geo.example A +subnet=81.2.69.0/24')).answer[0]?.split(' ').at(-1)
  assert.equal(await address(), '198.51.100.10')
  assert.match((await node.dig('nope.geo.example A')).rcode, /NXDOMAIN/)
  await edit(node, (text) => text.replace('a: [198.51.100.10]', 'a: [198.51.100.77]'))
  await until(address, (it) => it === '198.51.100.77')
  await until(
    () => node.admin('/metrics'),
    ({ text }) =>
      /^nearcast_answers_total\{front_end="dns",service="api",endpoint="frankfurt",outcome="steered"\} \d/m.test(text),
  )
})

for (const front of ['dns', 'redirect', 'discovery', 'admin'] as const) {
  test(`a taken ${front} port is an error that names the port and the setting, and nothing stays open`, async (t) => {
    const folders = await makeFolders(t)
    const first = await startTestNode(t, folders)
    const address = first.listeners.find(({ frontEnd }) => frontEnd === front)?.address ?? ''
    const port = Number(address.split(':').at(-1))
    const listen = { host: '127.0.0.1', port }
    await assert.rejects(startTestNode(t, await makeFolders(t), { [front]: listen }), (error: unknown) => {
      assert.ok(error instanceof ListenFailure)
      assert.match(
        error.message,
        new RegExp(`^${front} cannot listen on 127.0.0.1:${port}: .*--${front}.*NEARCAST_${front.toUpperCase()}`),
      )
      return true
    })
  })
}

test('an emptied directory is refused: nothing to serve is never what was meant', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  await rm(node.folders.policies, { recursive: true })
  await mkdir(node.folders.policies)
  await until(
    () => status(node),
    ({ refused }) => refused?.problems.some(({ rule }) => rule === 'nothing-to-serve') === true,
  )
  assert.equal((await status(node)).revision.number, 1)
  assert.equal(await endpointFor(node), 'frankfurt')
  await node.close()
  const again = await startTestNode(t, node.folders)
  assert.deepEqual(
    again.refused?.map(({ rule }) => rule),
    ['nothing-to-serve'],
  )
  assert.equal(await endpointFor(again), 'frankfurt')
})

test('a refused file that is put back as it was clears the refusal, and makes no revision', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  await edit(node, (text) => text.replace('ttl: 30s', 'ttl: 30 seconds'))
  await until(
    () => status(node),
    ({ refused }) => refused !== null,
  )
  await edit(node, (text) => text.replace('ttl: 30 seconds', 'ttl: 30s'))
  await until(
    () => status(node),
    ({ refused }) => refused === null,
  )
  assert.equal((await status(node)).revision.number, 1)
})
