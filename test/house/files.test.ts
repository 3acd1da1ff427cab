import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, type Finding, filesIn, type SourceFile } from './sources.ts'

const MOST_LINES = 300
/** Tests are mostly tables of cases, and a formatted row may take ten lines. */
const MOST_LINES_OF_CASES = 500
const mostLines = (path: string): number =>
  /\.test\.ts$|\/rows-[\w-]+\.ts$/.test(path) ? MOST_LINES_OF_CASES : MOST_LINES

/** Files that may be longer, each with its reason. Generated tables (`*.generated.ts`) need none. */
const LONGER: Readonly<Record<string, string>> = {}

function tooLong(files: readonly SourceFile[], longer: Readonly<Record<string, string>>): Finding[] {
  return files
    .filter((file) => !file.path.endsWith('.generated.ts') && longer[file.path] === undefined)
    .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
    .filter(({ path, lines }) => lines > mostLines(path))
    .map(
      ({ path, lines }) =>
        `${path}: ${lines} lines, more than ${mostLines(path)}; split it, or list it in LONGER with a reason`,
    )
}

/** Constructs that no file of a folder may hold. Below app/ nothing knows the time, throws dice or talks to the console. */
const PURE = 'dns http monitor state geo steering policy engine latency ports domain'.split(' ')
const FORBIDDEN: readonly { pattern: RegExp; in: (path: string) => boolean; instead: string }[] = [
  { pattern: /\bDate\.now\b/, in: below(PURE), instead: 'pass nowMs in' },
  { pattern: /\bnew Date\(\s*\)/, in: below(PURE), instead: 'pass nowMs in' },
  // A worker thread is a composition of its own: nobody can pass it a clock.
  {
    pattern: /\bperformance\.now\b/,
    in: (path) => below(PURE)(path) && path !== 'src/dns/fastpath/worker.ts',
    instead: 'pass a clock in',
  },
  { pattern: /\bMath\.random\b/, in: below(PURE), instead: 'pass dice in' },
  { pattern: /\bprocess\.env\b/, in: below(PURE), instead: 'take it from the configuration' },
  {
    pattern: /\bconsole\s*\./,
    in: below(['src']),
    instead: 'log through the logger, or write to the stream passed in',
  },
  {
    pattern: /\bprocess\.exit\b(?!Code)/,
    in: (path) => path.startsWith('src/') && !/^src\/(main\.ts|cli\/)/.test(path),
    instead: 'throw, or return a result; only main and cli end the process',
  },
  {
    pattern: /^let\s/m,
    in: below(['src']),
    instead: 'keep state in a closure: a module-level let is shared by all who import it',
  },
  {
    pattern: /^(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/m,
    in: below(['src']),
    instead: 'use a union of strings',
  },
  { pattern: /^(?:export\s+)?(?:declare\s+)?namespace\s/m, in: below(['src']), instead: 'use a module' },
]

function below(folders: readonly string[]): (path: string) => boolean {
  return (path) => folders.some((folder) => path.startsWith(folder === 'src' ? 'src/' : `src/${folder}/`))
}

function forbidden(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const code = codeOf(file)
    return FORBIDDEN.filter((rule) => rule.in(file.path)).flatMap(({ pattern, instead }) => {
      const match = pattern.exec(code)
      if (match === null) return []
      const line = code.slice(0, match.index).split('\n').length
      return [`${file.path}:${line}: ${match[0].trim()} may not stand here; ${instead}`]
    })
  })
}

/** `.only` hides every other test of a run; a skip without a reason hides itself. */
function hidingTests(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const code = codeOf(file)
    const found = /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b|\b(?:only|skip|todo)\s*:\s*true\b/.exec(code)
    return found === null
      ? []
      : [`${file.path}: ${found[0]}; every test runs, or is skipped with a reason (skip: 'why')`]
  })
}

const everything = filesIn(['src', 'test', 'scripts', 'bench', 'bin'], ['.ts', '.js'])
const sources = everything.filter((file) => file.path.startsWith('src/'))
const tests = everything.filter((file) => file.path.endsWith('.test.ts') || file.path.startsWith('test/suites/'))

test('no file is too long', () => assert.deepEqual(tooLong(everything, LONGER), []))
test('no exception is left over for a file that is gone or short', () => {
  const stillLong = tooLong(everything, {}).map((finding) => finding.split(':')[0])
  assert.deepEqual(
    Object.keys(LONGER).filter((path) => !stillLong.includes(path)),
    [],
  )
})
test('no forbidden construct', () => assert.deepEqual(forbidden(sources), []))
test('no test hides others or itself', () => assert.deepEqual(hidingTests(tests), []))

test('length: 300 lines are allowed, 301 are not, tables and listed files are', () => {
  const lines = (count: number): string => 'const a = 1\n'.repeat(count)
  const files = [
    { path: 'src/a.ts', text: lines(300) },
    { path: 'src/b.ts', text: lines(301) },
    { path: 'src/c.generated.ts', text: lines(999) },
    { path: 'src/d.ts', text: lines(301) },
    { path: 'test/e.test.ts', text: lines(500) },
    { path: 'test/f.test.ts', text: lines(501) },
    { path: 'test/unit/rows-g.ts', text: lines(500) },
    { path: 'test/helpers/rows.ts', text: lines(301) },
  ]
  assert.deepEqual(
    tooLong(files, { 'src/d.ts': 'a table' }).map((finding) => finding.split(',')[0]),
    ['src/b.ts: 301 lines', 'test/f.test.ts: 501 lines', 'test/helpers/rows.ts: 301 lines'],
  )
})

const forbiddenRows: [path: string, text: string, found: boolean][] = [
  ['src/engine/plan.ts', 'const now = Date.now()', true],
  ['src/engine/plan.ts', 'const clock = Date.now', true],
  ['src/engine/plan.ts', '// never Date.now()', false],
  ['src/engine/plan.ts', "const text = 'Date.now()'", false],
  ['src/engine/plan.ts', 'const at = new Date()', true],
  ['src/engine/plan.ts', 'const at = new Date(nowMs)', false],
  ['src/state/store.ts', 'const die = Math.random()', true],
  ['src/geo/load.ts', 'const at = performance.now()', true],
  ['src/dns/server.ts', 'const debug = process.env.DEBUG', true],
  ['src/app/serve.ts', 'const now = Date.now()', false],
  ['src/app/serve.ts', "console.log('hello')", true],
  ['src/cli/check.ts', "console.error('hello')", true],
  ['src/app/serve.ts', 'process.exit(1)', true],
  ['src/app/serve.ts', 'process.exitCode = 1', false],
  ['src/cli/program.ts', 'process.exit(1)', false],
  ['src/main.ts', 'process.exit(1)', false],
  ['src/geo/cache.ts', 'let cache = null', true],
  ['src/geo/cache.ts', 'function f() {\n  let cache = null\n}', false],
  ['src/domain/state.ts', 'export enum State { Up }', true],
  ['src/domain/state.ts', 'export const enumerate = 1', false],
  ['src/domain/state.ts', 'declare namespace A {}', true],
]

for (const [path, text, found] of forbiddenRows) {
  test(`forbidden in ${path}: ${found ? 'refused' : 'allowed'}: ${text}`, () => {
    assert.equal(forbidden([{ path, text }]).length, found ? 1 : 0)
  })
}

const hidingRows: [text: string, found: boolean][] = [
  ["test.only('a', () => {})", true],
  ["test('a', { only: true }, () => {})", true],
  ["describe.skip('a', () => {})", true],
  ["test('a', { skip: true }, () => {})", true],
  ["test('a', { skip: skipWithout('dig') }, () => {})", false],
  ["test('reads.only', () => {})", false],
  ["const text = 'test.only(x)'", false],
]

for (const [text, found] of hidingRows) {
  test(`tests: ${found ? 'refused' : 'allowed'}: ${text}`, () => {
    assert.equal(hidingTests([{ path: 'test/x.test.ts', text }]).length, found ? 1 : 0)
  })
}
