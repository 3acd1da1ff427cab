import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openMemoryStore } from '../../src/state/memory/open-memory-store.ts'
import { GOOD_DOCUMENTS } from '../helpers/nearcast.ts'
import { makeFolders, startTestNode, type TestFolders } from '../helpers/node.ts'
import { until } from '../helpers/until.ts'

const { 'sites.yaml': SITES, 'api.yaml': API } = GOOD_DOCUMENTS

const master = (serial: number, www: string): string => `$ORIGIN geo.example.
$TTL 5m
@ IN SOA ns1 hostmaster ( ${serial} 2h 15m 14d 60 )
  IN NS ns1
  IN NS ns2.other.example.
ns1 IN A 192.0.2.53
www IN A ${www}
    IN HTTPS 1 . alpn="h2,h3"
api IN A 192.0.2.99 ; as it was before it was steered
`

async function foldersWith(t: Parameters<typeof makeFolders>[0], text: string): Promise<[TestFolders, string]> {
  const folders = await makeFolders(t, { 'sites.yaml': SITES, 'api.yaml': API })
  const file = join(folders.state, 'geo.example.zone')
  await writeFile(file, text)
  return [folders, file]
}

test('a BIND zone is served as it is, but for the names that services steer; a new one is in force when it is saved', async (t) => {
  const [folders, file] = await foldersWith(t, master(1, '192.0.2.80'))
  const node = await startTestNode(t, folders, { zones: [{ origin: null, path: file }] })
  assert.deepEqual(
    node.problems.map(({ rule }) => rule),
    ['record-at-service-name'],
  )
  assert.match((await node.dig('www.geo.example A')).answer.join(), /300 .*192\.0\.2\.80/)
  assert.match((await node.dig('www.geo.example HTTPS')).answer.join(), /HTTPS 1 \. alpn=h2,h3/)
  assert.match((await node.dig('ns1.geo.example A')).answer.join(), /192\.0\.2\.53/)
  assert.match((await node.dig('geo.example SOA')).answer.join(), / 1 7200 900 1209600 60/)
  assert.doesNotMatch((await node.dig('api.geo.example A')).answer.join(), /192\.0\.2\.99/)

  await writeFile(file, master(2, '192.0.2.81'))
  await until(
    async () => (await node.dig('www.geo.example A')).answer.join(),
    (answer) => answer.includes('192.0.2.81'),
  )
  assert.match((await node.dig('geo.example SOA')).answer.join(), / 2 7200 /)

  await writeFile(file, master(3, '192.0.2.82').replace('IN A', 'IN B'))
  await until(
    async () => JSON.parse((await node.admin('/v1/status')).text).refused,
    (refused) => refused !== null,
  )
  assert.match((await node.dig('geo.example SOA')).answer.join(), / 2 7200 /)
})

test('the history holds master files too: a node starts from it when the file is bad or gone', async (t) => {
  const [folders, file] = await foldersWith(t, master(1, '192.0.2.80'))
  const zones = [{ origin: null, path: file }]
  const first = await startTestNode(t, folders, { zones })
  await first.close()
  const store = await openMemoryStore({ directory: folders.state, nowMs: Date.now })
  t.after(() => store.close())
  const { documents = [] } = (await store.head()) ?? {}
  assert.deepEqual(
    documents.map(({ path }) => path),
    [`--zone${file}`, 'api.yaml', 'sites.yaml'],
  )
  await writeFile(file, 'not a zone')
  const second = await startTestNode(t, folders, { zones })
  assert(second.refused !== null)
  assert.match((await second.dig('www.geo.example A')).answer.join(), /192\.0\.2\.80/)
})
