import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finding, filesIn, importsOf, type SourceFile } from './sources.ts'

/** From the top down. What stands on one floor are siblings: they never import one another, the top floor excepted. */
const FLOORS: readonly (readonly string[])[] = [
  ['main', 'cli'],
  ['app'],
  ['dns', 'http', 'monitor', 'state', 'geo'],
  ['steering'],
  ['policy'],
  ['engine', 'latency'],
  ['ports'],
  ['domain'],
]

const WIRE_TYPES = 'src/domain/discovery-wire.ts'

const folderOf = (path: string): string => path.split('/')[1]?.replace(/\.ts$/, '') ?? ''
const floorOf = (folder: string): number => FLOORS.findIndex((floor) => floor.includes(folder))

function brokenFloors(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => importsOf(file).flatMap(({ target }) => faultOf(file.path, target) ?? []))
}

function faultOf(path: string, target: string | null): Finding | null {
  if (target === null) return null
  // The version number stands in one place.
  if (target === 'package.json' && folderOf(path) === 'cli') return null
  if (!target.startsWith('src/')) return `${path}: imports ${target}, which is outside src`
  const from = folderOf(path)
  const to = folderOf(target)
  if (from === to) return null
  // The client for browsers shares the types of the wire with the server, and nothing else.
  if (from === 'sdk' && target === WIRE_TYPES) return null
  if (from === 'sdk' || to === 'sdk') return `${path}: imports ${target}, but src/sdk stands alone`
  if (floorOf(from) < 0) return `${path}: src/${from} is on no floor; see FLOORS in test/house/floors.test.ts`
  if (floorOf(to) < 0) return `${path}: imports ${target}, and src/${to} is on no floor`
  if (floorOf(to) < floorOf(from)) return `${path}: imports upwards: ${target}`
  if (floorOf(to) === floorOf(from) && floorOf(from) !== 0) return `${path}: imports its sibling ${target}`
  return null
}

/** Each cycle once, as `a.ts -> b.ts -> a.ts`, from its first file in alphabetical order. */
function cyclesIn(files: readonly SourceFile[]): Finding[] {
  const graph = new Map(files.map((file) => [file.path, importsOf(file).flatMap(({ target }) => target ?? [])]))
  const found = new Set<string>()
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      const cycle = trail.slice(start)
      const first = cycle.indexOf(cycle.toSorted()[0] ?? '')
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)]
      found.add([...turned, turned[0]].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return [...found]
}

const sources = filesIn(['src'], ['.ts'])

test('imports go down only', () => assert.deepEqual(brokenFloors(sources), []))
test('no import runs in a circle', () => assert.deepEqual(cyclesIn(sources), []))

const floorRows: [name: string, path: string, specifier: string, finding: RegExp | null][] = [
  ['down', 'src/app/serve.ts', '../dns/server.ts', null],
  ['down over several floors', 'src/cli/check.ts', '../domain/policy.ts', null],
  ['inside one folder', 'src/dns/fastpath/worker.ts', '../message.ts', null],
  ['between main and cli', 'src/main.ts', './cli/program.ts', null],
  ['a package', 'src/domain/policy.ts', 'yaml', null],
  ['package.json from cli', 'src/cli/version.ts', '../../package.json', null],
  ['package.json from elsewhere', 'src/http/about.ts', '../../package.json', /outside src/],
  ['up', 'src/engine/plan.ts', '../policy/load.ts', /imports upwards: src\/policy\/load\.ts/],
  ['up to main', 'src/app/serve.ts', '../main.ts', /imports upwards/],
  ['a sibling', 'src/dns/server.ts', '../http/redirect.ts', /imports its sibling src\/http\/redirect\.ts/],
  ['engine and latency are siblings', 'src/engine/plan.ts', '../latency/prior.ts', /sibling/],
  ['out of src', 'src/app/serve.ts', '../../scripts/test.ts', /outside src/],
  ['a folder on no floor', 'src/utils/text.ts', '../domain/policy.ts', /src\/utils is on no floor/],
  ['to a folder on no floor', 'src/app/serve.ts', '../utils/text.ts', /src\/utils is on no floor/],
  ['the sdk from the server', 'src/http/discovery.ts', '../sdk/client.ts', /stands alone/],
  ['the server from the sdk', 'src/sdk/client.ts', '../domain/policy.ts', /stands alone/],
]

for (const [name, path, specifier, finding] of floorRows) {
  test(`floors: ${name}`, () => {
    const found = brokenFloors([{ path, text: `import type { X } from '${specifier}'` }])
    assert.equal(found.length, finding === null ? 0 : 1)
    if (finding !== null) assert.match(found[0] ?? '', finding)
  })
}

test('cycles: a planted one is found once, whatever hangs on it', () => {
  const files = [
    { path: 'src/domain/entry.ts', text: "import './c.ts'\nimport './a.ts'" },
    { path: 'src/domain/a.ts', text: "import './b.ts'" },
    { path: 'src/domain/b.ts', text: "import type { C } from './c.ts'" },
    { path: 'src/domain/c.ts', text: "export * from './a.ts'" },
    { path: 'src/domain/leaf.ts', text: "import './a.ts'" },
  ]
  assert.deepEqual(cyclesIn(files), ['src/domain/a.ts -> src/domain/b.ts -> src/domain/c.ts -> src/domain/a.ts'])
})
