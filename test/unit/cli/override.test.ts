import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMemoryStore } from '../../../src/state/memory/open-memory-store.ts'
import { GOOD_DOCUMENTS, nearcast } from '../../helpers/nearcast.ts'
import { makeFolders, type TestFolders } from '../../helpers/node.ts'

/** A state directory from which a node has served. */
async function servedFolders(t: TestContext): Promise<TestFolders> {
  const folders = await makeFolders(t, GOOD_DOCUMENTS)
  const store = await openMemoryStore({ directory: folders.state, nowMs: Date.now })
  const documents = Object.entries(GOOD_DOCUMENTS).map(([path, text]) => ({ path, text }))
  await store.commit(0, documents, { author: 'test', reason: '', atMs: 0 })
  await store.close()
  return folders
}

const REFUSED: readonly (readonly [name: string, args: readonly string[], code: number, err: RegExp])[] = [
  ['nobody', ['api/fronkfurt', 'down', '--reason', 'x'], 1, /names no endpoint of revision 1\. Nothing was set/],
  ['no such word', ['api/frankfurt', 'dwn', '--reason', 'x'], 2, /one of up, down, drain, obey/],
  ['no duration', ['api/frankfurt', 'down', '--reason', 'x', '--for', '4'], 2, /no duration/],
  ['more than a year', ['api/frankfurt', 'down', '--reason', 'x', '--for', '99999d'], 2, /--for ever/],
  ['no reason', ['api/frankfurt', 'down'], 2, /--reason/],
  ['control characters', ['api/frankfurt', 'down', '--reason', 'x\ny\u001b[31m'], 2, /--reason .* control character/],
]

for (const [name, args, code, err] of REFUSED) {
  test(`nearcast override set: ${name}`, async (t) => {
    const folders = await servedFolders(t)
    const run = await nearcast(['override', 'set', ...args], folders)
    assert.match(run.err, err)
    assert.equal(run.code, code)
    assert.match((await nearcast(['override', 'list'], folders)).out, /no overrides/)
  })
}

test('nearcast override: set, list, seen by explain, clear', async (t) => {
  const folders = await servedFolders(t)
  const args = ['api/frank*', 'drain', '--for', '2h', '--reason', 'kernel update', '--owner', 'anna']
  const set = await nearcast(['override', 'set', ...args], folders)
  assert.match(set.out, /^drain: api\/frankfurt, until 20.*, on revision 1 in .*state$/m)
  assert.match((await nearcast(['override', 'list'], folders)).out, /api\/frank\* +drain +anna +kernel update +20/)
  const explained = await nearcast(['explain', 'api', 'DE'], folders)
  assert.match(explained.out, /✗ frankfurt: drained by anna until .* \(kernel update\)[\s\S]*100\.0% {2}virginia/)
  assert.match((await nearcast(['override', 'clear', 'api/frank*'], folders)).out, /^cleared/)
  assert.match((await nearcast(['override', 'list'], folders)).out, /no overrides/)
})

test('nearcast override: a service alone is all of it, and works while a policy file has an error', async (t) => {
  const folders = await servedFolders(t)
  await writeFile(join(folders.policies, 'api.yaml'), 'service: api\nttl: -1s\n')
  const down = ['override', 'set', 'api', 'down', '--for', 'ever', '--reason', 'moving']
  assert.match((await nearcast(down, folders)).err, /0 endpoints in service .*--force sets it all the same/s)
  const whole = await nearcast([...down, '--force'], folders)
  assert.match(whole.out, /^down: api\/virginia, api\/frankfurt, without an end, on revision 1/)
})

test('nearcast override: a state directory that no node has served from is named, and nothing is set', async (t) => {
  const folders = await makeFolders(t, GOOD_DOCUMENTS)
  const run = await nearcast(['override', 'set', 'api/frankfurt', 'down', '--reason', 'x'], folders)
  assert.match(
    run.err,
    /no node has served from the state directory .*state yet; name that of the running node with --state/,
  )
  assert.equal(run.code, 1)
})

test('nearcast: an unusable state directory is a sentence, not a stack', async (t) => {
  const folders = await makeFolders(t, GOOD_DOCUMENTS)
  const run = await nearcast(['override', 'list'], { ...folders, state: join(folders.policies, 'api.yaml') })
  assert.equal(run.code, 1)
  assert.match(run.err, /^nearcast: the state directory .*api\.yaml.* cannot be written/)
  assert.doesNotMatch(run.err, /\n {4}at /)
})
