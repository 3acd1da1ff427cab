import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isOnPath } from '../../scripts/install-debian.ts'
import { ROOT } from './sources.ts'

const summary = (pass: number, fail: number, cancelled = 0): string =>
  `✔ a test about ℹ pass 99\nℹ tests ${pass + fail + cancelled}\nℹ pass ${pass}\nℹ fail ${fail}\nℹ cancelled ${cancelled}\nℹ skipped 0`

/** What npm prints and returns, by its arguments; what is not listed succeeds in silence. */
type Npm = Readonly<Record<string, readonly [status: number, output: string]>>

const TESTS = 'test --silent'
const rows: [name: string, npm: Npm, last: string, status: number][] = [
  ['all is well', { [TESTS]: [0, summary(12, 0)] }, '12 passed, 0 failed', 0],
  ['two tests fail', { [TESTS]: [1, summary(10, 2)] }, '10 passed, 2 failed', 1],
  ['a test file dies', { [TESTS]: [1, summary(10, 0, 1)] }, '10 passed, 1 failed', 1],
  ['the runner dies', { [TESTS]: [134, 'out of memory'] }, '0 passed, 1 failed', 1],
  ['there are no tests', { [TESTS]: [0, summary(0, 0)] }, '0 passed, 1 failed', 1],
  ['the runner fails with all tests passed', { [TESTS]: [7, summary(12, 0)] }, '12 passed, 1 failed', 1],
  [
    'the types are wrong',
    { 'run --silent types': [2, 'error'], [TESTS]: [0, summary(12, 0)] },
    '12 passed, 1 failed',
    1,
  ],
  [
    'nothing is right',
    {
      'run --silent types': [1, ''],
      'run --silent format:check': [1, ''],
      'run --silent lint': [1, ''],
      [TESTS]: [1, summary(0, 3)],
    },
    '0 passed, 6 failed',
    1,
  ],
  ['npm ci fails', { 'ci --no-audit --no-fund': [1, 'no network'] }, '0 passed, 1 failed', 1],
]

function runCi(t: TestContext, npm: Npm): { readonly status: number | null; readonly stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-ci-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, '.ci'))
  mkdirSync(join(folder, 'bin'))
  cpSync(`${ROOT}.ci/run`, join(folder, '.ci/run'))
  const cases = Object.entries(npm).map(([args, [status, output]]) => `"${args}") echo '${output}'; exit ${status};;`)
  writeFileSync(join(folder, 'bin/npm'), `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\nesac\n`, { mode: 0o755 })
  const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` }
  return spawnSync(join(folder, '.ci/run'), { cwd: tmpdir(), env, encoding: 'utf8' })
}

for (const [name, npm, last, status] of rows) {
  test(`.ci/run: ${name}`, { skip: isOnPath('bash') ? false : 'bash is not installed' }, (t) => {
    const run = runCi(t, npm)
    assert.equal(run.stdout.trimEnd().split('\n').at(-1), last)
    assert.equal(run.status, status)
  })
}
