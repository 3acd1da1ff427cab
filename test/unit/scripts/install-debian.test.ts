import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isOnPath } from '../../../scripts/install-debian.ts'

const SCRIPT = fileURLToPath(new URL('../../../scripts/install-debian.ts', import.meta.url))

/** A PATH with these programs in it, each a shell script. */
async function pathWith(t: TestContext, programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nearcast-path-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  }
  return folder
}

test('a program is on PATH when a file there may be run', async (t) => {
  const folder = await pathWith(t, { dig: '' })
  await writeFile(join(folder, 'plain'), '', { mode: 0o644 })
  await symlink('dig', join(folder, 'link'))
  await mkdir(join(folder, 'empty'))
  const path = `/gone::${folder}/empty:${folder}`
  assert.deepEqual(
    ['dig', 'link', 'gone'].map((program) => isOnPath(program, path)),
    [true, true, false],
  )
  assert.equal(isOnPath('dig', ''), false)
})

/** Runs ensureDebian in a process of its own, as whoever `uid` says. */
function ensureDebian(path: string, uid: number): { problems: string[]; skip: string | false } {
  const code = `process.getuid = () => ${uid}
    const { ensureDebian, skipWithout } = await import(${JSON.stringify(SCRIPT)})
    process.stdout.write(JSON.stringify({ problems: ensureDebian(['dig']), skip: skipWithout('dig') }))`
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    env: { PATH: path },
    encoding: 'utf8',
  })
  assert.equal(run.status, 0, run.stderr)
  return JSON.parse(run.stdout)
}

const SKIP = 'dig is not installed (Debian package bind9-dnsutils); as root, npm test installs it'
const MISSING = 'dig (Debian package bind9-dnsutils) is missing and was not installed: '

const INSTALLS =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shell
  'if [ "$1" = install ]; then for last; do :; done; [ "$last" = bind9-dnsutils ] && : > "${0%/*}/dig" && /bin/chmod +x "${0%/*}/dig"; fi'
const rows: [name: string, programs: Record<string, string>, uid: number, problems: string[], skip: string | false][] =
  [
    ['already there', { dig: '', 'apt-get': 'exit 1' }, 0, [], false],
    ['no apt-get', {}, 0, [`${MISSING}there is no apt-get here`], SKIP],
    [
      'not root',
      { 'apt-get': 'exit 1' },
      1000,
      [`${MISSING}that takes root; run: sudo apt-get install bind9-dnsutils`],
      SKIP,
    ],
    ['installed', { 'apt-get': INSTALLS }, 0, [], false],
    [
      'no network',
      { 'apt-get': 'echo first >&2; echo E: no network >&2; exit 100' },
      0,
      [`${MISSING}apt-get update failed: E: no network`],
      SKIP,
    ],
    [
      'no such package',
      { 'apt-get': '[ "$1" = update ] || exit 3' },
      0,
      [`${MISSING}apt-get install failed: exit status 3`],
      SKIP,
    ],
  ]
for (const [name, programs, uid, problems, skip] of rows) {
  test(`ensureDebian: ${name}`, async (t) => {
    assert.deepEqual(ensureDebian(await pathWith(t, programs), uid), { problems, skip })
  })
}

const PACKAGE_MISSING = '[ "$3" != gdnsd ] && printf installed'
const packageRows: [name: string, programs: Record<string, string>, obstacle: string | null][] = [
  ['all there', { 'dpkg-query': 'printf installed', 'apt-get': 'exit 1' }, null],
  [
    'only what is missing',
    { 'dpkg-query': PACKAGE_MISSING, 'apt-get': '' },
    'that takes root; run: sudo apt-get install gdnsd',
  ],
  ['removed, its configuration left', { 'dpkg-query': 'printf config-files' }, 'there is no apt-get here'],
  ['no Debian', {}, 'there is no apt-get here'],
]
for (const [name, programs, obstacle] of packageRows) {
  test(`ensureDebianPackages: ${name}`, async (t) => {
    const code = `process.getuid = () => 1000
      const { ensureDebianPackages } = await import(${JSON.stringify(SCRIPT)})
      process.stdout.write(JSON.stringify(ensureDebianPackages(['knot', 'gdnsd'])))`
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      env: { PATH: await pathWith(t, programs) },
      encoding: 'utf8',
    })
    assert.equal(run.stdout, JSON.stringify(obstacle), run.stderr)
  })
}
