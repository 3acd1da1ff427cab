import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { test } from 'node:test'
import { type Finding, filesIn, importsOf, ROOT, type SourceFile } from './sources.ts'

interface Home {
  /** Folders or files below the repository that may import the package. */
  readonly in: readonly string[]
  /** In how many files at most. A client library has one home; what it is for, others ask that file. */
  readonly files: number
}

/** Where each package is imported. A new dependency gets its line here first. */
const HOMES: Readonly<Record<string, Home>> = {
  '@fastify/cors': { in: ['src/http/'], files: 1 },
  commander: { in: ['src/cli/', 'src/main.ts'], files: Number.POSITIVE_INFINITY },
  dns2: { in: ['src/dns/'], files: 1 },
  fastify: { in: ['src/http/'], files: Number.POSITIVE_INFINITY },
  ioredis: { in: ['src/state/'], files: 1 },
  // A table of codes, not a client.
  'iso-3166': { in: ['src/policy/', 'src/geo/'], files: 2 },
  koffi: { in: ['src/dns/'], files: 1 },
  maxmind: { in: ['src/geo/'], files: 1 },
  'mmdb-lib': { in: ['src/geo/'], files: 1 },
  pino: { in: ['src/app/', 'src/main.ts'], files: 1 },
  'pino-pretty': { in: ['src/app/'], files: 1 },
  'prom-client': { in: ['src/app/', 'src/http/'], files: 1 },
  undici: { in: ['src/monitor/'], files: 1 },
  // The nodes of a document, and their values.
  yaml: { in: ['src/policy/yaml-'], files: 2 },
  zod: { in: ['src/policy/', 'src/app/config'], files: Number.POSITIVE_INFINITY },
}

/** `@scope/name` or `name` of a package specifier; null for relative imports and Node's own modules. */
function packageOf(specifier: string): string | null {
  if (/^(?:[./#]|node:)/.test(specifier) || builtinModules.includes(specifier)) return null
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function homeless(files: readonly SourceFile[], homes: Readonly<Record<string, Home>>): Finding[] {
  const users = new Map<string, Set<string>>()
  for (const file of files) {
    for (const { specifier } of importsOf(file)) {
      const name = packageOf(specifier)
      if (name !== null) users.set(name, (users.get(name) ?? new Set()).add(file.path))
    }
  }
  return [...users].flatMap(([name, paths]) => {
    const home = homes[name]
    if (home === undefined) return [`${name}: has no home; give it one in HOMES, test/house/packages.test.ts`]
    const strays = [...paths].filter((path) => !home.in.some((folder) => path.startsWith(folder)))
    if (strays.length > 0)
      return [`${name}: may be imported only in ${home.in.join(' or ')}, not in ${strays.join(', ')}`]
    return paths.size > home.files
      ? [`${name}: ${paths.size} files import it, it has one home: ${[...paths].join(', ')}`]
      : []
  })
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function looseVersions(manifest: Manifest): Finding[] {
  const all = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]
  return all
    .flatMap((group) => Object.entries(group ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name}: ${version} is not one exact version`)
}

/** A data package's licence asks for its name to be shown. */
function unnamedData(manifest: Manifest, notice: string): Finding[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    .filter((name) => name.startsWith('@ip-location-db/') && !notice.includes(name))
    .map((name) => `NOTICE does not name ${name}`)
}

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Manifest & {
  devDependencies: { node: string }
}

test('each package has its home', () => assert.deepEqual(homeless(filesIn(['src'], ['.ts']), HOMES), []))
test('each version is exact', () => assert.deepEqual(looseVersions(manifest), []))
test('NOTICE names each data package', () => {
  assert.deepEqual(unnamedData(manifest, readFileSync(`${ROOT}NOTICE`, 'utf8')), [])
})
test('what src imports is a dependency, not a development tool', () => {
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies }
  const used = filesIn(['src'], ['.ts']).flatMap((file) =>
    importsOf(file).flatMap(({ specifier }) => packageOf(specifier) ?? []),
  )
  assert.deepEqual(
    [...new Set(used)].filter((name) => shipped[name] === undefined),
    [],
  )
})

const homes = { dns2: { in: ['src/dns/'], files: 1 } }
const use = (path: string, specifier = 'dns2'): SourceFile => ({ path, text: `import a from '${specifier}'` })
const homeRows: [name: string, files: SourceFile[], finding: RegExp | null][] = [
  ['its home', [use('src/dns/message.ts')], null],
  ['a file inside the package', [use('src/dns/message.ts', 'dns2/lib/packet.js')], null],
  [
    'another folder',
    [use('src/http/server.ts')],
    /dns2: may be imported only in src\/dns\/, not in src\/http\/server\.ts/,
  ],
  ['a second file', [use('src/dns/a.ts'), use('src/dns/b.ts')], /dns2: 2 files import it, it has one home/],
  ['an unknown package', [use('src/dns/a.ts', '@scope/thing/part')], /^@scope\/thing: has no home/],
  ['Node itself', [use('src/dns/a.ts', 'node:dgram'), use('src/dns/b.ts', 'fs/promises')], null],
]

for (const [name, files, finding] of homeRows) {
  test(`homes: ${name}`, () => {
    const found = homeless(files, homes)
    assert.equal(found.length, finding === null ? 0 : 1)
    if (finding !== null) assert.match(found[0] ?? '', finding)
  })
}

test('versions: ranges, tags and addresses are refused', () => {
  const dependencies = { a: '1.2.3', b: '^1.2.3', c: 'latest', d: 'github:x/y', e: '1.2.3-rc.1', f: '1.x' }
  assert.deepEqual(
    looseVersions({ dependencies }).map((finding) => finding[0]),
    ['b', 'c', 'd', 'f'],
  )
})

test('notice: a data package without a name is found', () => {
  const optionalDependencies = { '@ip-location-db/asn': '1.0.0', '@ip-location-db/city': '1.0.0', yaml: '1.0.0' }
  assert.deepEqual(unnamedData({ optionalDependencies }, 'from @ip-location-db/asn'), [
    'NOTICE does not name @ip-location-db/city',
  ])
})
