import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../../bin/nearcast.js', import.meta.url))

/** Makes this Node say that it is an old one. */
const AS_OLD = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})`

const MAIN = `
if (process.argv[2] === 'fail') process.exitCode = 7
if (process.argv[2] === 'wait') {
  process.on('SIGTERM', () => process.exit(3))
  setInterval(() => {}, 1_000)
}
process.stdout.write(JSON.stringify({ args: process.argv.slice(2), bundled: process.env.BUNDLED ?? null }) + '\\n')
`

interface Installation {
  readonly bundledNode: 'there' | 'missing' | 'broken'
  readonly nodeIs: 'new' | 'old'
}

async function start(
  t: TestContext,
  { bundledNode, nodeIs }: Installation,
  args: readonly string[],
): Promise<ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'nearcast-bin-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'src'))
  await cp(BIN, join(folder, 'bin/nearcast.js'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'src/main.ts'), MAIN)
  if (bundledNode !== 'missing') {
    const binary = join(folder, 'node_modules/node/bin/node')
    await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true })
    await writeFile(binary, `#!/bin/sh\nBUNDLED=yes exec "${process.execPath}" "$@"\n`)
    await chmod(binary, bundledNode === 'broken' ? 0o644 : 0o755)
  }
  const options = nodeIs === 'old' ? ['--import', AS_OLD] : []
  return spawn(process.execPath, [...options, join(folder, 'bin/nearcast.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly error: string
}

function ended(child: ChildProcess, onOutput: () => void = () => {}): Promise<Ended> {
  const text = { out: '', error: '' }
  child.stdout?.on('data', (chunk) => {
    text.out += chunk
    onOutput()
  })
  child.stderr?.on('data', (chunk) => {
    text.error += chunk
  })
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...text })))
}

const rows: [name: string, installation: Installation, args: string[], code: number, bundled: 'yes' | null][] = [
  ['a new Node runs it itself', { bundledNode: 'there', nodeIs: 'new' }, ['check', '--json', 'a b', ''], 0, null],
  ['a new Node needs no other', { bundledNode: 'missing', nodeIs: 'new' }, ['fail'], 7, null],
  [
    'an old Node gives over to the bundled one',
    { bundledNode: 'there', nodeIs: 'old' },
    ['check', '--json', 'a b', ''],
    0,
    'yes',
  ],
  ['the exit code comes back', { bundledNode: 'there', nodeIs: 'old' }, ['fail'], 7, 'yes'],
]
for (const [name, installation, args, code, bundled] of rows) {
  test(name, async (t) => {
    const result = await ended(await start(t, installation, args))
    assert.deepEqual([result.code, result.signal, result.error], [code, null, ''])
    assert.deepEqual(JSON.parse(result.out), { args, bundled })
  })
}

for (const [signal, expected] of [
  ['SIGTERM', { code: 3, signal: null }],
  ['SIGINT', { code: null, signal: 'SIGINT' }],
  ['SIGHUP', { code: null, signal: 'SIGHUP' }],
] as const) {
  test(`${signal} reaches the bundled Node, and its end is ours`, async (t) => {
    const child = await start(t, { bundledNode: 'there', nodeIs: 'old' }, ['wait'])
    const { code, signal: by } = await ended(child, () => child.kill(signal))
    assert.deepEqual({ code, signal: by }, expected)
  })
}

const clearErrors: [name: string, bundledNode: Installation['bundledNode'], message: RegExp][] = [
  [
    'is missing',
    'missing',
    /^nearcast: this is Node 20\.1\.0, but Nearcast needs Node 26 or newer.*\n.*npm ci.*Nothing was started\.\n$/,
  ],
  ['does not start', 'broken', /^nearcast: the bundled Node .* does not start: .*EACCES\n$/],
]
for (const [name, bundledNode, message] of clearErrors) {
  test(`an old Node and a bundled one that ${name}: a clear error`, async (t) => {
    const result = await ended(await start(t, { bundledNode, nodeIs: 'old' }, ['serve']))
    assert.deepEqual([result.code, result.out], [1, ''])
    assert.match(result.error, message)
  })
}
