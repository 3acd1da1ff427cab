import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { policyJsonSchema } from '../../src/policy/schema.ts'
import { type Finding, filesIn, importsOf, ROOT, type SourceFile } from './sources.ts'

interface Registry {
  readonly file: string
  readonly folder: string
  /** Files of the folder that are no members. */
  readonly beside: readonly string[]
}

/** An extension is one file in the folder and one line in the registry. */
const REGISTRIES: readonly Registry[] = [
  { file: 'src/engine/steps/index.ts', folder: 'src/engine/steps/', beside: ['index.ts', 'step.ts'] },
  { file: 'src/engine/conditions/index.ts', folder: 'src/engine/conditions/', beside: ['index.ts'] },
  {
    file: 'src/policy/steps/registry.ts',
    folder: 'src/policy/steps/',
    beside: ['registry.ts', 'define-step.ts', 'read-step.ts'],
  },
  { file: 'src/monitor/checks/registry.ts', folder: 'src/monitor/checks/kinds/', beside: [] },
  {
    file: 'src/policy/checks/registry.ts',
    folder: 'src/policy/checks/',
    beside: ['registry.ts', 'define-check.ts', 'read-check.ts', 'read-checks.ts'],
  },
  { file: 'src/policy/lint/registry.ts', folder: 'src/policy/lint/rules/', beside: [] },
]

function registryFaults(registry: Registry, files: readonly SourceFile[]): Finding[] {
  const file = files.find(({ path }) => path === registry.file)
  if (file === undefined) return [`${registry.file} is missing`]
  const beside = registry.beside.map((name) => registry.folder + name)
  const listed = importsOf(file)
    .flatMap(({ target }) => target ?? [])
    .filter((target) => target.startsWith(registry.folder) && !beside.includes(target))
  const members = files
    .map(({ path }) => path)
    .filter((path) => path.startsWith(registry.folder) && !path.slice(registry.folder.length).includes('/'))
    .filter((path) => !beside.includes(path))
  const missing = members
    .filter((path) => !listed.includes(path))
    .map((path) => `${registry.file} does not list ${path}`)
  const unsorted = listed.find((path, index) => index > 0 && path < (listed[index - 1] ?? ''))
  return unsorted === undefined ? missing : [...missing, `${registry.file} is not sorted: ${unsorted}`]
}

const sources = filesIn(['src'], ['.ts'])

for (const registry of REGISTRIES) {
  test(`${registry.file} lists all there is, in order`, () => assert.deepEqual(registryFaults(registry, sources), []))
}

test('schemas/policy.schema.json is what the shapes say; if not, run npm run schema', () => {
  const written = readFileSync(`${ROOT}schemas/policy.schema.json`, 'utf8')
  assert.equal(written, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`)
})

test('each sample policy has the line that gives editors completion', () => {
  const samples = filesIn(['policies'], ['.yaml'])
  assert.ok(samples.length > 0)
  const line = '# yaml-language-server: $schema=../schemas/policy.schema.json\n'
  assert.deepEqual(
    samples.filter(({ text }) => !text.startsWith(line)).map(({ path }) => path),
    [],
  )
})

const planted = { file: 'src/x/index.ts', folder: 'src/x/', beside: ['index.ts', 'kind.ts'] }
const plantedRows: [name: string, index: string, findings: Finding[]][] = [
  ['complete and sorted', "import './a.ts'\nimport './b.ts'\nimport type './kind.ts'", []],
  ['one missing', "import './a.ts'", ['src/x/index.ts does not list src/x/b.ts']],
  ['not sorted', "import './b.ts'\nimport './a.ts'", ['src/x/index.ts is not sorted: src/x/a.ts']],
]
for (const [name, text, findings] of plantedRows) {
  test(`registries: ${name}`, () => {
    const others = ['a', 'b', 'kind', 'deep/c'].map((part) => ({ path: `src/x/${part}.ts`, text: '' }))
    assert.deepEqual(registryFaults(planted, [{ path: planted.file, text }, ...others]), findings)
  })
}
