import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipWithout } from '../../scripts/install-debian.ts'
import { nearcast, settingsOf } from '../helpers/nearcast.ts'
import { makeFolders, startTestNode } from '../helpers/node.ts'
import { freePort, startRedisServer } from '../helpers/redis-server.ts'
import { until } from '../helpers/until.ts'

const skip = skipWithout('redis-server')
const DOCUMENTS = {
  'api.yaml': `service: api
names: { dns: [api.geo.example] }
endpoints:
  one: { a: [192.0.2.1] }
  two: { a: [192.0.2.2] }
steer: [up, take: 1]
onAllDown: lastResort
`,
  'geo.example.zone.yaml': `zone: geo.example
soa: { rname: hostmaster.example, minimum: 60s }
ns: { ns1.geo.example: [192.0.2.53] }
`,
}

test('two nodes on one Redis: an override from the command line is in force in both', { skip }, async (t) => {
  const server = await startRedisServer()
  t.after(() => server.stop())
  const passwordFile = join((await makeFolders(t, {})).state, 'password')
  await writeFile(passwordFile, 'secret\n')
  await server.ask('CONFIG', 'SET', 'requirepass', 'secret')
  const settings = { store: 'redis', redisUrl: server.place, redisPasswordFile: passwordFile } as const
  const folders = [await makeFolders(t, DOCUMENTS), await makeFolders(t, DOCUMENTS)] as const
  const nodes = [await startTestNode(t, folders[0], settings), await startTestNode(t, folders[1], settings)]
  assert.deepEqual(
    nodes.map((node) => node.snapshot().revision.number),
    [1, 1],
  )
  const url = `redis://127.0.0.1:${server.port}`
  const flags = ['--store', 'redis', '--redis-url', url, '--redis-password-file', passwordFile]
  const change = ['override', 'set', 'api/one', 'down', '--for', '1h', '--reason', 'test']
  const run = await nearcast([...change, ...flags, ...settingsOf(folders[0])], folders[0])
  assert.equal(run.code, 0, run.err)
  for (const node of nodes) {
    await until(
      async () => JSON.stringify((await node.dig('api.geo.example A')).answer),
      (answers) => answers.includes('192.0.2.2') && !answers.includes('192.0.2.1'),
    )
  }
})

test('a node whose Redis is away says so, and does not start', { skip }, async (t) => {
  const folders = await makeFolders(t, DOCUMENTS)
  const url = `redis://:secret@127.0.0.1:${await freePort()}`
  const run = await nearcast(['serve', '--store', 'redis', '--redis-url', url, ...settingsOf(folders)], folders)
  assert.equal(run.code, 1)
  assert.match(
    run.err,
    /^nearcast: the shared state cannot be opened: Redis at redis:\/\/:\*\*\*@127\.0\.0\.1:\d+: nothing listens there .*\n$/,
  )
})

test('a password file that is not there is named', { skip }, async (t) => {
  const folders = await makeFolders(t, DOCUMENTS)
  const run = await nearcast(
    ['serve', '--store', 'redis', '--redis-password-file', '/nowhere', ...settingsOf(folders)],
    folders,
  )
  assert.equal(run.code, 1)
  assert.match(run.err, /redis\.passwordFile is \/nowhere, which cannot be read: ENOENT/)
})
