import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ZoneFile } from '../../../src/app/config-values.ts'
import { readPolicyDirectory, watchPolicyDirectory } from '../../../src/app/policy-directory.ts'
import { MAX_DOCUMENT_BYTES, MAX_MASTER_FILE_BYTES } from '../../../src/policy/limits.ts'
import { until } from '../../helpers/until.ts'
import { makeDirectory } from './policy-files.ts'

const DOCUMENT = 'zone: geo.example\nfile: geo.zone\n'
const pathsOf = (documents: readonly { readonly path: string }[]) => documents.map(({ path }) => path)
const zone = (path: string, origin: string | null = null): ZoneFile => ({ origin, path })

test('master files that documents name are read, with what they include; others are not', async (t) => {
  const directory = await makeDirectory(t, {
    'sub/geo.yaml': DOCUMENT,
    'sub/geo.zone':
      'a A 192.0.2.1\n$INCLUDE ../more/x ; comment\n  $INCLUDE no\n$include "y z"\n$INCLUDE /etc/hostname',
    'more/x': '$INCLUDE x\n',
    'sub/y z': '',
    'sub/other.zone': '',
    'README.md': '',
  })
  const { documents, problems, named } = await readPolicyDirectory(directory)
  assert.deepEqual(pathsOf(documents), ['more/x', 'sub/geo.yaml', 'sub/geo.zone', 'sub/y z'])
  assert.deepEqual(problems, [])
  assert.deepEqual(
    named.toSorted(),
    ['more/x', 'sub/geo.zone', 'sub/y z'].map((path) => join(directory, path)),
  )
})

test('a master file may be larger than a document, and is told when it is too large or no text', async (t) => {
  const directory = await makeDirectory(t, {
    'a.yaml': 'zone: a.example\nfile: a.zone',
    'b.yaml': 'zone: b.example\nfile: b.zone',
    'c.yaml': 'zone: c.example\nfile: c.zone',
    'a.zone': ';'.repeat(MAX_DOCUMENT_BYTES + 1),
    'b.zone': ';'.repeat(MAX_MASTER_FILE_BYTES + 1),
    'c.zone': Uint8Array.of(0x3b, 0x0a, 0x3b, 0xe9),
  })
  const { documents, problems } = await readPolicyDirectory(directory)
  assert.deepEqual(pathsOf(documents), ['a.yaml', 'a.zone', 'b.yaml', 'c.yaml'])
  assert.deepEqual(
    problems.map(({ at, rule, message }) => [at.file, at.line, at.column, rule, message]),
    [
      ['b.zone', 1, 1, 'document-too-large', 'the document has 33554433 octets, the limit is 33554432 (32 MiB)'],
      ['c.zone', 2, 2, 'invalid-utf8', 'the document is not valid UTF-8'],
    ],
  )
})

test('a name that is not there, a folder and a pipe are no master files', async (t) => {
  const directory = await makeDirectory(t, {
    'a.yaml': 'zone: a.example\nfile: gone.zone',
    'b.yaml': 'zone: b.example\nfile: folder',
    'c.yaml': 'zone: c.example\nfile: pipe',
    'folder/x': '',
  })
  execFileSync('mkfifo', [join(directory, 'pipe')])
  const { documents, problems } = await readPolicyDirectory(directory)
  assert.deepEqual([pathsOf(documents), problems], [['a.yaml', 'b.yaml', 'c.yaml'], []])
})

test('--zone: files, folders of them, and what they include', async (t) => {
  const directory = await makeDirectory(t)
  const elsewhere = await makeDirectory(t, {
    'db.a.example': '$INCLUDE inc/hosts\n',
    'inc/hosts': '',
    'many/b.zone': '',
    'many/c.db': '',
    'many/db.d': '',
    'many/db.d.jnl': '',
    'many/.e.zone': '',
    'many/f.zone~': '',
    'many/named.conf': '',
    'g h': '',
  })
  const zones = [
    zone(join(elsewhere, 'db.a.example')),
    zone(join(elsewhere, 'many')),
    zone(join(elsewhere, 'g h'), 'g.example'),
  ]
  const { documents, problems } = await readPolicyDirectory(directory, zones)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    pathsOf(documents),
    [
      `--zone-include${elsewhere}/inc/hosts`,
      `--zone=g.example${elsewhere}/g h`,
      ...['db.a.example', 'many/b.zone', 'many/c.db', 'many/db.d'].map((path) => `--zone${elsewhere}/${path}`),
    ].sort(),
  )
})

const refused: readonly (readonly [what: string, zones: (it: string) => ZoneFile, message: RegExp])[] = [
  ['a file that is not there', (it) => zone(join(it, 'gone')), /gone cannot be read: ENOENT/],
  ['a folder with an origin', (it) => zone(it, 'a.example'), /is a folder, and cannot be the zone a\.example/],
  [
    'a folder without master files',
    (it) => zone(join(it, 'empty')),
    /no file in .*empty is called as a master file is/,
  ],
  ['a name with a line end', () => zone('a\nb.zone'), /^the file name "a\\nb\.zone" does not do$/],
  ['a device', () => zone('/dev/null'), /\/dev\/null is no file/],
]

for (const [what, zones, message] of refused) {
  test(`--zone is told: ${what}`, async (t) => {
    const directory = await makeDirectory(t, { 'empty/x': '' })
    const { documents, problems } = await readPolicyDirectory(join(directory, 'empty'), [zones(directory)])
    assert.deepEqual([documents.length, problems.length, problems[0]?.rule], [0, 1, 'unreadable-file'])
    assert.match(problems[0]?.message ?? '', message)
  })
}

test('a folder of the policies cannot be called as a given zone is', async (t) => {
  const directory = await makeDirectory(t, { '--zone/etc/x.yaml': 'zone: x' })
  const { documents, problems } = await readPolicyDirectory(directory)
  assert.deepEqual([documents, problems.map(({ rule }) => rule)], [[], ['bad-file-name']])
})

/** Polls never: whatever is told came by an event. */
const eventsOnly = (task: () => void, delayMs: number) => {
  if (delayMs > 1_000) return () => {}
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

/** What a watch makes a node read, the last time that it was told. */
async function watched(t: TestContext, directory: string, zones: readonly ZoneFile[]) {
  let named: readonly string[] = []
  let texts: readonly string[] = []
  let reading = Promise.resolve()
  const watch = watchPolicyDirectory({
    directory,
    zones,
    named: () => named,
    settleMs: 5,
    schedule: eventsOnly,
    onProblem: assert.fail,
    onChange: () => {
      reading = reading.then(async () => {
        const found = await readPolicyDirectory(directory, zones)
        named = found.named
        texts = found.documents.map(({ text }) => text)
      })
    },
  })
  t.after(() => watch.close())
  const reads = (text: string) =>
    until(
      async () => texts,
      (found) => found.includes(text),
    )
  return { reads }
}

const CHANGES: readonly (readonly [what: string, change: (it: string) => Promise<unknown>])[] = [
  ['a given file is written over', (it) => writeFile(join(it, 'db.a.example'), 'new')],
  [
    'a given file is replaced',
    async (it) => {
      await writeFile(join(it, 'tmp'), 'new')
      await rename(join(it, 'tmp'), join(it, 'db.a.example'))
    },
  ],
  ['a file comes into a given folder', (it) => writeFile(join(it, 'many/x.zone'), 'new')],
  [
    'a file in a given folder goes and another comes',
    async (it) => {
      await rm(join(it, 'many/b.zone'))
      await writeFile(join(it, 'many/c.zone'), 'new')
    },
  ],
]

for (const [what, change] of CHANGES) {
  test(`told by events: ${what}`, async (t) => {
    const elsewhere = await makeDirectory(t, { 'db.a.example': 'old', 'many/b.zone': 'b' })
    const zones = [zone(join(elsewhere, 'db.a.example')), zone(join(elsewhere, 'many'))]
    const { reads } = await watched(t, await makeDirectory(t), zones)
    await reads('old')
    await change(elsewhere)
    await reads('new')
  })
}

test('told by events: a file that a document names comes, changes, and so does what it includes', async (t) => {
  const directory = await makeDirectory(t, { 'geo.yaml': DOCUMENT })
  const { reads } = await watched(t, directory, [])
  await reads(DOCUMENT)
  await writeFile(join(directory, 'geo.zone'), 'first')
  await reads('first')
  await mkdir(join(directory, 'inc'))
  await writeFile(join(directory, 'inc/x'), 'x')
  await writeFile(join(directory, 'geo.zone'), '$INCLUDE inc/x')
  await reads('x')
  await writeFile(join(directory, 'inc/x'), 'y')
  await reads('y')
})

test('told by a look: what a given file includes, in a folder that is not watched yet', async (t) => {
  const directory = await makeDirectory(t)
  const elsewhere = await makeDirectory(t, { 'db.a.example': '$INCLUDE inc/x', 'inc/x': 'x' })
  const zones = [zone(join(elsewhere, 'db.a.example'))]
  const { named } = await readPolicyDirectory(directory, zones)
  assert.deepEqual(named, [join(elsewhere, 'inc/x')])
  let calls = 0
  let look = (): void => {}
  const watch = watchPolicyDirectory({
    directory,
    zones,
    named: () => named,
    onChange: () => calls++,
    schedule: (task, delayMs) => {
      if (delayMs > 1_000) look = task
      return () => {}
    },
  })
  t.after(() => watch.close())
  await until(
    async () => calls,
    (count) => count === 1,
  )
  await writeFile(join(elsewhere, 'inc/x'), 'other')
  await until(
    async () => {
      look()
      return calls
    },
    (count) => count === 2,
  )
})
