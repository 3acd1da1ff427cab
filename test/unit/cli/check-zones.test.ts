import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { GOOD_DOCUMENTS as GOOD, nearcast } from '../../helpers/nearcast.ts'
import { makeFolders, type TestFolders } from '../../helpers/node.ts'

const MASTER = '$TTL 1h\n@ SOA ns1.x. host.x. 7 2h 15m 14d 300\n@ NS ns1.x.\n@ NS ns2.x.\nwww A 192.0.2.1\n'

async function withZone(t: TestContext, text: string): Promise<[TestFolders, string]> {
  const folders = await makeFolders(t, GOOD)
  const file = join(folders.state, 'db.other.example')
  await writeFile(file, text)
  return [folders, file]
}

test('nearcast check --zone: the file is judged with the policies, and its zone is listed', async (t) => {
  const [folders, file] = await withZone(t, MASTER)
  const { code, out } = await nearcast(['check', '--zone', file], folders)
  assert.match(out, /2 zones, 1 static record\nzone +records +serial +from\n/)
  assert.match(out, new RegExp(`\nother\\.example +1 +7 +${file}\n`))
  assert.match(out, /\ngeo\.example +0 +of the revision +zone\.yaml\n/)
  assert.match(out, /4 documents: 0 errors, 0 warnings/)
  assert.equal(code, 0)
})

test('nearcast check: a zone by variable, with its origin, as JSON', async (t) => {
  const [folders, file] = await withZone(t, MASTER)
  const { code, out } = await nearcast(['check', '--json'], folders, { NEARCAST_ZONES: `moved.example=${file}` })
  const { zones } = JSON.parse(out) as { zones: unknown[] }
  assert.deepEqual(zones, [
    { zone: 'geo.example', records: 0, serial: null, from: 'zone.yaml' },
    { zone: 'moved.example', records: 1, serial: 7, from: file },
  ])
  assert.equal(code, 0)
})

test('nearcast check --zone: what is wrong stands at its line of the file', async (t) => {
  const [folders, file] = await withZone(t, MASTER.replace('192.0.2.1', '192.0.2'))
  const { code, out } = await nearcast(['check', '--zone', file], folders)
  assert(out.startsWith(`${file}:5:7 error bad-address: \`192.0.2\` is no IPv4 address`), out)
  assert.equal(code, 1)
})

test('nearcast check --zone: a file that is not there', async (t) => {
  const { code, out } = await nearcast(['check', '--zone', 'gone.zone'], await makeFolders(t, GOOD))
  assert.match(out, /gone\.zone:1:1 error unreadable-file: gone\.zone cannot be read: ENOENT/)
  assert.equal(code, 1)
})
