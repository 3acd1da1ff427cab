import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Finding, filesIn, ROOT, type SourceFile } from './sources.ts'

/** Code spans and the lines of code blocks: what a reader would type. */
function codeIn(document: SourceFile): string[] {
  const blocks = [...document.text.matchAll(/^ *```[^\n]*\n(.*?)^ *```/gms)].flatMap((match) =>
    (match[1] ?? '').split('\n'),
  )
  const prose = document.text.replace(/^ *```.*?^ *```/gms, '')
  return [...blocks, ...[...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '')]
}

const BUILT_IN = ['ci', 'install', 'version', 'view']

function missingScripts(documents: readonly SourceFile[], scripts: readonly string[]): Finding[] {
  return documents.flatMap((document) =>
    codeIn(document)
      .flatMap((line) => [...line.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)].map((match) => match[1] ?? ''))
      .filter((name) => !BUILT_IN.includes(name) && !scripts.includes(name))
      .map((name) => `${document.path}: npm run ${name} is no script of package.json`),
  )
}

function missingCommands(documents: readonly SourceFile[], commands: readonly string[]): Finding[] {
  return documents.flatMap((document) =>
    codeIn(document)
      .flatMap((line) => /^(?:\$ |# )?(?:npx |\.\/)?(?:bin\/)?nearcast(?:\.js)? ([a-z][a-z-]*)/.exec(line)?.[1] ?? [])
      .filter((name) => !commands.includes(name))
      .map((name) => `${document.path}: nearcast ${name} is no command of bin/nearcast.js --help`),
  )
}

function brokenLinks(documents: readonly SourceFile[], exists: (path: string) => boolean): Finding[] {
  return documents.flatMap((document) =>
    [...document.text.replace(/^ *```.*?^ *```/gms, '').matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !exists(join(dirname(document.path), target)))
      .map((target) => `${document.path}: links to ${target}, which is not there`),
  )
}

/** The names at the start of the indented lines of `--help`. */
function commandsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map((match) => match[1] ?? '')
}

const documents = [
  ...filesIn(['docs'], ['.md']),
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
    .filter((path) => existsSync(ROOT + path))
    .map((path) => ({ path, text: readFileSync(ROOT + path, 'utf8') })),
]
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { scripts: Record<string, string> }

test('the documents are there', () => {
  const paths = documents.map((document) => document.path)
  for (const path of [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/architecture.md',
    'docs/configuration.md',
  ]) {
    assert.ok(paths.includes(path), `${path} is missing`)
  }
})
test('each npm script in the documents exists', () => {
  assert.deepEqual(missingScripts(documents, Object.keys(scripts)), [])
})
test('each file that a script runs exists', () => {
  const files = Object.values(scripts).flatMap((line) => /\bnode (?:--\S+ )*(\S+\.[jt]s)\b/.exec(line)?.[1] ?? [])
  assert.deepEqual(
    files.filter((file) => !existsSync(ROOT + file)),
    [],
  )
})
test('each nearcast command in the documents exists', () => {
  const help = spawnSync(process.execPath, ['bin/nearcast.js', '--help'], { cwd: ROOT, encoding: 'utf8' })
  assert.equal(help.status, 0, help.stderr)
  assert.deepEqual(missingCommands(documents, commandsIn(help.stdout)), [])
})
test('each link in the documents leads somewhere', () => {
  assert.deepEqual(
    brokenLinks(documents, (path) => existsSync(ROOT + path)),
    [],
  )
})

const document = (text: string): SourceFile[] => [{ path: 'docs/x.md', text }]

test('scripts: a planted unknown one is found in spans and blocks, not in prose', () => {
  const text = 'Do npm run nothing, `npm run gone`, `npm ci`, `npm test`.\n\n```sh\nnpm run lost && npm start\n```\n'
  assert.deepEqual(missingScripts(document(text), ['test', 'start']), [
    'docs/x.md: npm run lost is no script of package.json',
    'docs/x.md: npm run gone is no script of package.json',
  ])
})

test('commands: a planted unknown one is found in spans and blocks, not in prose', () => {
  const text =
    'The nearcast server; `nearcast serve`, `npx nearcast fly`.\n\n```sh\n$ bin/nearcast.js dance now\nnearcast check\n```\n'
  const commands = commandsIn(
    'Usage: nearcast [options]\n\nCommands:\n  serve [options]  Serves.\n  check            Checks.\n',
  )
  assert.deepEqual(commands, ['serve', 'check'])
  assert.deepEqual(missingCommands(document(text), commands), [
    'docs/x.md: nearcast dance is no command of bin/nearcast.js --help',
    'docs/x.md: nearcast fly is no command of bin/nearcast.js --help',
  ])
})

test('links: a planted broken one is found', () => {
  const text = '[a](./a.md) [b](../b.md#part) [c](https://example.com/c) [d](#d) [e](gone.md)'
  const there = ['docs/a.md', 'b.md']
  assert.deepEqual(
    brokenLinks(document(text), (path) => there.includes(path)),
    ['docs/x.md: links to gone.md, which is not there'],
  )
})
