import assert from 'node:assert/strict'
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DOCUMENTS, META, NOW_MS, OVERRIDE, openOnDisk } from './open-on-disk.ts'

const revision = (change: object): string =>
  JSON.stringify({
    version: 1,
    number: 3,
    documents: [],
    digest: '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945',
    author: '',
    reason: '',
    atMs: 0,
    ...change,
  })

test('a hand-made revision is good when all of it is', async (t) => {
  const { store, directory, problems } = await openOnDisk(t)
  await writeFile(join(directory, 'revisions', '000003.json'), revision({}))
  assert.equal((await store.head())?.number, 3)
  assert.deepEqual(problems, [])
})

const damaged: [name: string, text: string | Uint8Array, problem: RegExp][] = [
  ['empty', '', /JSON/],
  ['torn', revision({}).slice(0, -20), /JSON/],
  ['octets that are no text', Uint8Array.of(0xff, 0xfe, 0x00), /JSON/],
  ['zeros, as after a power cut', new Uint8Array(400), /JSON/],
  ['a list', '[]', /the file is \[\], expected an object/],
  ['null', 'null', /the file is null/],
  ['deeply nested', '['.repeat(200_000) + ']'.repeat(200_000), /./],
  ['of a newer version', revision({ version: 2 }), /version is 2, this Nearcast reads version 1/],
  ['of no version', revision({ version: undefined }), /version is missing/],
  ['with another number', revision({ number: 4 }), /number is 4, expected 3/],
  ['without a digest', revision({ digest: undefined }), /digest is missing/],
  ['with altered documents', revision({ documents: [{ path: 'a.yaml', text: 'x' }] }), /digest does not fit/],
  [
    'with documents that are no list',
    revision({ documents: { length: 1 } }),
    /documents is \{"length":1\}, expected a list/,
  ],
  ['with a document without text', revision({ documents: [{ path: 'a.yaml' }] }), /text is missing/],
  [
    'with a path that leads out',
    revision({ documents: [{ path: '../../etc/x', text: '' }] }),
    /"\.\.\/\.\.\/etc\/x" is not one below/,
  ],
  ['with a fraction for a time', revision({ atMs: 0.5 }), /atMs is 0\.5, expected a whole number/],
  ['with its fields on the prototype', `{"__proto__":${revision({})}}`, /version is missing/],
]

for (const [name, text, problem] of damaged) {
  test(`a revision that is ${name} is passed over, reported once, and its number not used again`, async (t) => {
    const { store, directory, problems, reopen } = await openOnDisk(t)
    await store.commit(0, DOCUMENTS, META)
    await store.commit(1, DOCUMENTS, META)
    await writeFile(join(directory, 'revisions', '000003.json'), text)
    for (const opened of [store, await reopen()]) {
      assert.equal((await opened.head())?.number, 2)
      assert.equal(await opened.revision(3), null)
      assert.deepEqual(
        (await opened.history(9)).map(({ number }) => number),
        [2, 1],
      )
    }
    assert.equal(problems.length, 2, 'once by each store')
    for (const found of problems) {
      assert.match(found, /revisions: number 3 is passed over: /)
      assert.match(found, problem)
    }
    assert.equal((await store.commit(2, DOCUMENTS, META)).number, 4)
    assert.equal((await store.head())?.number, 4)
  })
}

test('a head that is torn after it was read stays the head until a restart, then the one before it is', async (t) => {
  const { store, directory, reopen, problems } = await openOnDisk(t)
  await store.commit(0, DOCUMENTS, META)
  const second = await store.commit(1, DOCUMENTS, META)
  assert.deepEqual(await store.head(), second)
  await truncate(join(directory, 'revisions', '000002.json'), 40)
  assert.deepEqual(await store.head(), second)
  assert.equal((await (await reopen()).head())?.number, 1)
  assert.equal(problems.length, 1)
})

test('a folder in the place of a file, and files of other names, are passed over', async (t) => {
  const { store, directory, problems } = await openOnDisk(t)
  await store.commit(0, DOCUMENTS, META)
  const revisions = join(directory, 'revisions')
  await mkdir(join(revisions, '000002.json'))
  for (const name of ['000003.json~', '3.json', 'notes.txt', '.000004.json.swp'])
    await writeFile(join(revisions, name), '')
  assert.equal((await store.head())?.number, 1)
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /number 2 is passed over: EISDIR/)
})

test('a planted last number is a clear error, not an endless search for a free one', async (t) => {
  const { store, directory } = await openOnDisk(t)
  await store.commit(0, DOCUMENTS, META)
  await writeFile(join(directory, 'revisions', '9999999999999999999999.json'), '')
  assert.equal((await store.commit(1, DOCUMENTS, META)).number, 2)
  await writeFile(join(directory, 'revisions', '999999999.json'), '')
  await assert.rejects(store.commit(2, DOCUMENTS, META), /revisions holds number 999999999, after which there is none/)
  assert.equal((await store.head())?.number, 2)
})

test('a file that is too large is not read', async (t) => {
  const { store, directory, problems } = await openOnDisk(t)
  const path = join(directory, 'revisions', '000001.json')
  await writeFile(path, '')
  await truncate(path, 128 * 1024 * 1024 + 1)
  assert.equal(await store.head(), null)
  assert.match(problems[0] ?? '', /it has 134217729 octets; more than 134217728 are not read/)
})

test('a revision that could not be read back is not written', async (t) => {
  const { store, directory } = await openOnDisk(t)
  const huge = [{ path: 'a.yaml', text: 'x'.repeat(128 * 1024 * 1024) }]
  await assert.rejects(
    store.commit(0, huge, META),
    /would have 134\d+ octets; the most is 134217728\. Nothing was written/,
  )
  assert.deepEqual(await readdir(join(directory, 'revisions')), [])
})

const overridesRows: [name: string, text: string][] = [
  ['torn', '{"version":1,"overrides":[{"tar'],
  ['one bad among good ones', JSON.stringify({ version: 1, overrides: [OVERRIDE, { ...OVERRIDE, state: 'gone' }] })],
  ['no list', '{"version":1,"overrides":{}}'],
  ['a text among them', '{"version":1,"overrides":["api/a"]}'],
]
for (const [name, text] of overridesRows) {
  test(`damaged overrides (${name}) leave the last good ones in force`, async (t) => {
    const { store, directory, problems } = await openOnDisk(t)
    await store.setOverride(OVERRIDE)
    await writeFile(join(directory, 'overrides', '000002.json'), text)
    assert.deepEqual(await store.overrides(NOW_MS), [OVERRIDE])
    assert.match(problems[0] ?? '', /overrides: number 2 is passed over/)
    await store.setOverride({ ...OVERRIDE, target: 'api/b' })
    assert.equal((await store.overrides(NOW_MS)).length, 2)
  })
}
