import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPolicyDirectory } from '../../../src/app/policy-directory.ts'
import { MAX_DOCUMENT_BYTES, MAX_DOCUMENTS } from '../../../src/policy/limits.ts'
import { makeDirectory } from './policy-files.ts'

const pathsOf = (entries: readonly { readonly path: string }[]): string[] => entries.map(({ path }) => path)

test('documents are read below all folders, in order of path', async (t) => {
  const directory = await makeDirectory(t, {
    'b.yml': 'b',
    'a/z.yaml': 'z',
    'a/b/c.json': '{}',
    'A.YAML': 'A',
    'a.yaml': 'ä',
  })
  assert.deepEqual(await readPolicyDirectory(directory), {
    documents: [
      { path: 'A.YAML', text: 'A' },
      { path: 'a.yaml', text: 'ä' },
      { path: 'a/b/c.json', text: '{}' },
      { path: 'a/z.yaml', text: 'z' },
      { path: 'b.yml', text: 'b' },
    ],
    problems: [],
    named: [],
  })
})

const passedOver =
  '.a.yaml .a.yaml.swp #a.yaml# #a.yaml a.yaml~ a.yaml.bak a.txt README.md yaml .git/a.yaml old~/a.yaml'.split(' ')
for (const path of passedOver) {
  test(`passed over: ${path}`, async (t) => {
    assert.deepEqual(await readPolicyDirectory(await makeDirectory(t, { [path]: 'x' })), {
      documents: [],
      problems: [],
      named: [],
    })
  })
}

test('links are followed, in circles only once', async (t) => {
  const elsewhere = await makeDirectory(t, { 'far.yaml': 'far', 'folder/deep.yaml': 'deep' })
  const directory = await makeDirectory(t, { 'a/near.yaml': 'near' })
  await symlink(join(elsewhere, 'far.yaml'), join(directory, 'link.yaml'))
  await symlink(join(elsewhere, 'folder'), join(directory, 'folder'))
  await symlink('..', join(directory, 'a', 'up'))
  await symlink('a', join(directory, 'again'))
  const { documents, problems } = await readPolicyDirectory(directory)
  assert.deepEqual(pathsOf(documents), ['a/near.yaml', 'folder/deep.yaml', 'link.yaml'])
  assert.deepEqual(problems, [])
})

test('files as Kubernetes mounts them: links through the hidden link ..data', async (t) => {
  const directory = await makeDirectory(t, { '..2026/api.yaml': 'api' })
  await symlink('..2026', join(directory, '..data'))
  await symlink('..data/api.yaml', join(directory, 'api.yaml'))
  assert.deepEqual(await readPolicyDirectory(directory), {
    documents: [{ path: 'api.yaml', text: 'api' }],
    problems: [],
    named: [],
  })
})

const faultRows: [name: string, plant: (directory: string) => Promise<unknown>, rule: string, message: RegExp][] = [
  ['no UTF-8', (it) => writeFile(join(it, 'a.yaml'), Uint8Array.of(0x61, 0xff)), 'invalid-utf8', /not valid UTF-8/],
  [
    'too large',
    (it) => writeFile(join(it, 'a.yaml'), 'x'.repeat(MAX_DOCUMENT_BYTES + 1)),
    'document-too-large',
    /1048577 octets, the limit is 1048576/,
  ],
  [
    'far too large to be read at all',
    (it) => writeFile(join(it, 'a.yaml'), '').then(() => truncate(join(it, 'a.yaml'), 2 ** 40)),
    'document-too-large',
    /1099511627776 octets/,
  ],
  ['a dangling link', (it) => symlink('gone.yaml', join(it, 'a.yaml')), 'unreadable-file', /cannot be read: ENOENT/],
  ['a link to itself', (it) => symlink('a.yaml', join(it, 'a.yaml')), 'unreadable-file', /cannot be read: ELOOP/],
]
for (const [name, plant, rule, message] of faultRows) {
  test(`a problem, and the others are read: ${name}`, async (t) => {
    const directory = await makeDirectory(t, { 'b.yaml': 'b' })
    await plant(directory)
    const { documents, problems } = await readPolicyDirectory(directory)
    assert.deepEqual(pathsOf(documents), ['b.yaml'])
    assert.deepEqual(
      problems.map((problem) => [problem.severity, problem.rule, problem.at.file]),
      [['error', rule, 'a.yaml']],
    )
    assert.match(problems[0]?.message ?? '', message)
  })
}

for (const name of ['a\\b.yaml', 'a\nb.yaml', 'a\u007f.yaml']) {
  test(`a file name that does not do: ${JSON.stringify(name)}`, async (t) => {
    const { documents, problems } = await readPolicyDirectory(await makeDirectory(t, { [name]: 'x' }))
    assert.deepEqual(documents, [])
    assert.deepEqual(
      problems.map(({ rule, message }) => [rule, message]),
      [['bad-file-name', `the file name ${JSON.stringify(name)} does not do`]],
    )
  })
}

test('a pipe and a folder by the name of a document are no documents', async (t) => {
  const directory = await makeDirectory(t, { 'folder.yaml/a.yaml': 'a' })
  execFileSync('mkfifo', [join(directory, 'pipe.yaml')])
  assert.deepEqual(pathsOf((await readPolicyDirectory(directory)).documents), ['folder.yaml/a.yaml'])
})

test('of too many documents only so many are read that they are refused', async (t) => {
  const files = Array.from({ length: MAX_DOCUMENTS + 5 }, (_, index) => [`${index}.yaml`, ''])
  const { documents } = await readPolicyDirectory(await makeDirectory(t, Object.fromEntries(files)))
  assert.equal(documents.length, MAX_DOCUMENTS + 1)
})

test('a directory that is not there, or is none, is a problem', async (t) => {
  const directory = await makeDirectory(t, { file: '' })
  for (const [path, code] of [
    ['gone', 'ENOENT'],
    ['file', 'ENOTDIR'],
  ] as const) {
    const { documents, problems } = await readPolicyDirectory(join(directory, path))
    assert.deepEqual([documents.length, problems.length, problems[0]?.rule], [0, 1, 'no-policy-directory'])
    assert.match(problems[0]?.message ?? '', new RegExp(`^the policy directory .*${path} cannot be read: ${code}`))
  }
})
