import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { SourceDocument } from '../../../src/domain/revision.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'

const VECTORS = new URL('../../vectors/policies/', import.meta.url)

const readText = (path: string): string => readFileSync(new URL(path, VECTORS), 'utf8')
const documentsIn = (folder: 'good' | 'bad'): SourceDocument[] =>
  readdirSync(new URL(folder, VECTORS))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: `${folder}/${name}`, text: readText(`${folder}/${name}`) }))

const good = documentsIn('good')
const sites = good.find(({ path }) => path === 'good/sites.yaml')
const checks = good.find(({ path }) => path === 'good/checks.yaml')
assert(sites !== undefined && checks !== undefined)
/** What the other documents refer to. */
const shared = [sites, checks]

/** One line of a `.problems.jsonl`: `at` is line:column, `says` a piece of message and hint. */
interface Row {
  readonly at: string
  readonly rule: string
  readonly path: string
  readonly says: string
}

const rowsOf = (document: SourceDocument): Row[] =>
  readText(document.path.replace(/\.yaml$/, '.problems.jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)

test('good documents have no problems, alone beside what they refer to and all together', () => {
  assert.deepEqual(loadDocuments(good).problems.map(formatProblem), [])
  for (const document of good) {
    const { set, problems } = loadDocuments(shared.includes(document) ? shared : [document, ...shared])
    const found = problems.filter(({ rule }) => rule !== 'unused-shared-check')
    assert.deepEqual(found.map(formatProblem), [])
    assert.notEqual(set, null)
  }
})

test('bad documents: every problem at once, each at its place, and nothing else', async (t) => {
  const bad = documentsIn('bad')
  for (const document of bad) {
    await t.test(document.path, () => {
      const beside = document.path === 'bad/sites.yaml' ? [] : [sites]
      const { set, problems } = loadDocuments([document, ...beside])
      const rows = rowsOf(document)
      assert.equal(set, null)
      assert.deepEqual(
        problems.map(({ at, rule, path }) => ({ at: `${at.line}:${at.column}`, rule, path })),
        rows.map(({ at, rule, path }) => ({ at, rule, path })),
      )
      for (const [index, problem] of problems.entries()) {
        const says = [problem.message, ...(problem.hint === null ? [] : [problem.hint])].join(' — ')
        assert(says.includes(rows[index]?.says ?? '\0'), `${says}\n does not say\n${rows[index]?.says}`)
        assert.equal(problem.at.file, document.path)
      }
    })
  }
  const covered = bad.flatMap(rowsOf)
  assert(covered.length >= 250, `only ${covered.length} rows`)
})

test('a problem with a key or a value stands where the text has it', () => {
  for (const document of documentsIn('bad')) {
    const lines = document.text.split('\n')
    const { problems } = loadDocuments([document, sites])
    for (const { rule, at, path } of problems) {
      if (rule !== 'unknown-key') continue
      const key = /(?:\["([^"]+)"\]|([\w$-]+))$/.exec(path)
      const name = key?.[1] ?? key?.[2] ?? ''
      const found = lines[at.line - 1]?.slice(at.column - 1) ?? ''
      assert(name !== '' && found.replace(/^['"]/, '').startsWith(name), `${path} at ${at.line}:${at.column}: ${found}`)
    }
  }
})
