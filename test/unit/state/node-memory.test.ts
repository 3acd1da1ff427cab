import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadNodeMemory, readNodeMemory, saveNodeMemory } from '../../../src/state/node-memory.ts'

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nearcast-memory-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What is loaded, and the problems told on the way. */
async function load(
  folder: string,
  name = 'health',
): Promise<{ readonly value: unknown; readonly problems: string[] }> {
  const problems: string[] = []
  const value = await loadNodeMemory(folder, name, (message) => problems.push(message))
  return { value, problems }
}

test('what was saved last is loaded, each name for itself', async (t) => {
  const folder = await folderFor(t)
  await saveNodeMemory(folder, 'health', { at: 1 })
  await saveNodeMemory(folder, 'health', { at: 2 })
  await saveNodeMemory(folder, 'latency', { at: 3 })
  assert.deepEqual(await load(folder), { value: { at: 2 }, problems: [] })
  assert.deepEqual(await load(folder, 'latency'), { value: { at: 3 }, problems: [] })
  assert.deepEqual((await readdir(join(folder, 'node'))).sort(), ['health.json', 'latency.json'])
})

test('nothing saved, and no folder: nothing, and no problem', async (t) => {
  const folder = await folderFor(t)
  assert.deepEqual(await load(folder), { value: null, problems: [] })
  assert.deepEqual(await load(join(folder, 'gone')), { value: null, problems: [] })
})

test('whoever else reads it does not disturb a node that is writing', async (t) => {
  const folder = await folderFor(t)
  await saveNodeMemory(folder, 'health', { at: 1 })
  for (let at = 2; at < 20; at++) {
    const saving = saveNodeMemory(folder, 'health', { at, filler: 'x'.repeat(200_000) })
    for (let reads = 0; reads < 5; reads++) await readNodeMemory(folder, 'health', assert.fail)
    await saving
  }
  await writeFile(join(folder, 'node', '.health.half.tmp'), '{"at":')
  assert.ok((await readNodeMemory(folder, 'health', assert.fail)) !== null)
  assert.ok((await readdir(join(folder, 'node'))).includes('.health.half.tmp'))
})

const damages: [name: string, text: string][] = [
  ['empty', ''],
  ['cut off', '{"at":1'],
  ['no JSON', 'health'],
  ['binary', '\u0000\u0001'],
]
for (const [name, text] of damages) {
  test(`damaged memory is reported and ignored, and written over: ${name}`, async (t) => {
    const folder = await folderFor(t)
    await mkdir(join(folder, 'node'))
    await writeFile(join(folder, 'node', 'health.json'), text)
    const { value, problems } = await load(folder)
    assert.equal(value, null)
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', /health\.json is ignored, and learnt anew: /)
    await saveNodeMemory(folder, 'health', { at: 1 })
    assert.deepEqual(await load(folder), { value: { at: 1 }, problems: [] })
  })
}

test('an oversized file is not read', async (t) => {
  const folder = await folderFor(t)
  await saveNodeMemory(folder, 'health', {})
  await truncate(join(folder, 'node', 'health.json'), 64 * 1024 * 1024 + 1)
  const { value, problems } = await load(folder)
  assert.equal(value, null)
  assert.match(problems[0] ?? '', /it has 67108865 octets, more than 67108864 are not read/)
})

test('a folder in the place of the file is reported and ignored', async (t) => {
  const folder = await folderFor(t)
  await mkdir(join(folder, 'node', 'health.json'), { recursive: true })
  const { value, problems } = await load(folder)
  assert.equal(value, null)
  assert.equal(problems.length, 1)
  await assert.rejects(saveNodeMemory(folder, 'health', {}), /health\.json could not be written: .*stays\./)
  assert.deepEqual(await readdir(join(folder, 'node')), ['health.json'])
})

test('what cannot be written as JSON leaves the old memory', async (t) => {
  const folder = await folderFor(t)
  await saveNodeMemory(folder, 'health', { at: 1 })
  await assert.rejects(saveNodeMemory(folder, 'health', { at: 1n }), /could not be written/)
  assert.deepEqual(await load(folder), { value: { at: 1 }, problems: [] })
})

test('a half-written file of a killed process is cleared away, those of other names stay', async (t) => {
  const folder = await folderFor(t)
  await saveNodeMemory(folder, 'health', { at: 1 })
  await writeFile(join(folder, 'node', '.health.1f0c.tmp'), '{"at":')
  await writeFile(join(folder, 'node', '.latency.1f0c.tmp'), '{"at":')
  assert.deepEqual(await load(folder), { value: { at: 1 }, problems: [] })
  assert.deepEqual((await readdir(join(folder, 'node'))).sort(), ['.latency.1f0c.tmp', 'health.json'])
})

for (const name of ['', '../health', 'Health', 'a/b', 'health.json']) {
  test(`a name that is no name is refused: ${JSON.stringify(name)}`, async (t) => {
    const folder = await folderFor(t)
    await assert.rejects(saveNodeMemory(folder, name, {}), /memory name is/)
    await assert.rejects(
      loadNodeMemory(folder, name, () => {}),
      /memory name is/,
    )
    assert.deepEqual(await readdir(folder), [])
  })
}
