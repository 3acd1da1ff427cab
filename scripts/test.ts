/** `npm test`: what the tests need from the system, then all of them, or only the files and patterns given as arguments. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureDebian, PROGRAMS } from './install-debian.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)

for (const line of ensureDebian(PROGRAMS)) process.stderr.write(`${line}. Tests that need it are skipped.\n`)

// Two files at a time: a machine of two cores, and the tests that measure nothing but wait for files or sockets.
const options = ['--test', '--test-reporter=spec', '--test-concurrency=2']
const patterns = given.length > 0 ? given : ['test/**/*.test.ts']
const run = spawnSync(process.execPath, [...options, ...patterns], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
if (run.error !== undefined) process.stderr.write(`The test runner did not start: ${run.error.message}\n`)
process.exitCode = run.status ?? 1
