/** What of a change is taken while the node runs: rows of what is in the directory, change after change. */
import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { openGeo } from '../../../src/geo/open-geo.ts'
import { watchGeo } from '../../../src/geo/watch-geo.ts'
import { countryAt, geoDirectory } from '../../helpers/geo-directory.ts'
import { flatCountry } from '../../helpers/geo-records.ts'
import { writeMmdb } from '../../helpers/mmdb-writer.ts'

/** Each file of these tests knows one network of its own. */
const NETWORKS = { a: '8.8.1.0/24', b: '8.8.2.0/24', c: '8.8.3.0/24', o: '8.8.9.0/24' } as const
type Name = keyof typeof NETWORKS

/** A country: a good file that says so; `bad`: another that cannot be read each time; `gone`: removed. */
type Change = Readonly<Partial<Record<Name, string>>>

interface Step {
  readonly change: Change
  /** Countries of the networks of a, b, c and of the overrides afterwards; `-` is none. */
  readonly now: string
  /** Files told of by this change. */
  readonly told: string
  /** Files in the list afterwards, each with what goes on without it: left out, databases stay, overrides stay. */
  readonly list: string
}

const pathOf = (name: Name): string => (name === 'o' ? 'overrides.yaml' : `${name}.mmdb`)
const nameOf = (path: string): string => (path.endsWith('overrides.yaml') ? 'o' : path.slice(-6, -5))

let bads = 0
function contentOf(name: Name, what: string): string | Uint8Array {
  if (what === 'bad') return name === 'o' ? `networks: ${++bads}` : `bad ${'x'.repeat(++bads)}`
  if (name === 'o') return `networks: [{ cidr: ${NETWORKS.o}, country: ${what} }]`
  return writeMmdb({ databaseType: 'country', ipVersion: 4, rows: [[NETWORKS[name], flatCountry({ country: what })]] })
}

async function running(t: TestContext, start: Change) {
  const directory = geoDirectory(t)
  const apply = (change: Change) => {
    for (const [name, what] of Object.entries(change) as [Name, string][]) {
      if (what === 'gone') directory.remove(pathOf(name))
      else directory.write(pathOf(name), contentOf(name, what))
    }
  }
  apply(start)
  let current = await openGeo({ ...directory.options, onRefused: () => {} })
  let told: string[] = []
  let look = (): Promise<void> => assert.fail('nothing was scheduled')
  const watch = watchGeo({
    ...directory.options,
    current,
    onSwap: (locator) => {
      current = locator
    },
    onRefused: (error, meanwhile) => told.push(`${error.message}. ${meanwhile}`),
    schedule: (given) => {
      look = given
      return () => {}
    },
  })
  t.after(() => watch.close())
  return {
    directory,
    watch,
    async step(change: Change) {
      told = []
      apply(change)
      for (let i = 0; i < 3; i++) await look()
      return told
    },
    now: () =>
      Object.values(NETWORKS)
        .map((network) => countryAt(current, network.replace('0/24', '1')) ?? '-')
        .join(' '),
    list: () =>
      watch
        .refused()
        .map(({ file, meanwhile }) => `${nameOf(file)} ${/left out|databases|overrides/.exec(meanwhile)?.[0]}`)
        .sort()
        .join(', '),
  }
}

const rows: readonly (readonly [name: string, start: Change, steps: readonly Step[]])[] = [
  [
    'a new bad file is left out; good changes beside and after it are taken',
    { a: 'DE' },
    [
      { change: { b: 'bad', c: 'FR', o: 'JP' }, now: 'DE - FR JP', told: 'b', list: 'b left out' },
      { change: { o: 'KR' }, now: 'DE - FR KR', told: '', list: 'b left out' },
      { change: { a: 'ES' }, now: 'ES - FR KR', told: '', list: 'b left out' },
      { change: { b: 'IT' }, now: 'ES IT FR KR', told: '', list: '' },
    ],
  ],
  [
    'a bad replacement keeps all databases in use, not the overrides',
    { a: 'DE', b: 'FR', o: 'JP' },
    [
      { change: { a: 'bad', b: 'IT', o: 'KR' }, now: 'DE FR - KR', told: 'a', list: 'a databases' },
      { change: { o: 'gone' }, now: 'DE FR - -', told: '', list: 'a databases' },
      { change: { c: 'ES', o: 'US' }, now: 'DE FR - US', told: '', list: 'a databases' },
      { change: { a: 'SE' }, now: 'SE IT ES US', told: '', list: '' },
    ],
  ],
  [
    'a bad replacement that is removed is gone',
    { a: 'DE', b: 'FR' },
    [
      { change: { a: 'bad' }, now: 'DE FR - -', told: 'a', list: 'a databases' },
      { change: { a: 'gone' }, now: '- FR - -', told: '', list: '' },
    ],
  ],
  [
    'a bad file under a new name does not drive out the one that went as it came',
    { a: 'DE' },
    [
      { change: { a: 'gone', b: 'bad', o: 'JP' }, now: 'DE - - JP', told: 'b', list: 'b databases' },
      { change: { b: 'bad' }, now: 'DE - - JP', told: 'b', list: 'b databases' },
      { change: { c: 'FR' }, now: 'DE - - JP', told: '', list: 'b databases' },
      { change: { b: 'gone' }, now: '- - FR JP', told: '', list: '' },
    ],
  ],
  [
    'put back, the old file releases the others',
    { a: 'DE' },
    [
      { change: { a: 'gone', b: 'bad' }, now: 'DE - - -', told: 'b', list: 'b databases' },
      { change: { a: 'ES' }, now: 'ES - - -', told: '', list: 'b left out' },
    ],
  ],
  [
    'a bad file that was left out before does not hold what is removed later',
    { a: 'DE', b: 'bad' },
    [{ change: { a: 'gone' }, now: '- - - -', told: '', list: 'b left out' }],
  ],
  [
    'all bad files of a change are told of, also behind a known one',
    { a: 'DE' },
    [
      {
        change: { a: 'bad', b: 'bad', o: 'bad' },
        now: 'DE - - -',
        told: 'a b o',
        list: 'a databases, b databases, o left out',
      },
      { change: { c: 'bad' }, now: 'DE - - -', told: 'c', list: 'a databases, b databases, c databases, o left out' },
      { change: { a: 'ES', o: 'FR' }, now: 'ES - - FR', told: '', list: 'b left out, c left out' },
    ],
  ],
  [
    'bad overrides: those in use stay, databases are taken',
    { a: 'DE', o: 'JP' },
    [
      { change: { o: 'bad', a: 'FR' }, now: 'FR - - JP', told: 'o', list: 'o overrides' },
      { change: { b: 'bad' }, now: 'FR - - JP', told: 'b', list: 'b left out, o overrides' },
      { change: { a: 'bad' }, now: 'FR - - JP', told: 'a', list: 'a databases, b left out, o overrides' },
      { change: { o: 'gone' }, now: 'FR - - -', told: '', list: 'a databases, b left out' },
    ],
  ],
  [
    'what was left out at the start is in the list, and not told of again',
    { a: 'bad', b: 'DE', o: 'bad' },
    [
      { change: { c: 'FR' }, now: '- DE FR -', told: '', list: 'a left out, o left out' },
      { change: { a: 'ES', o: 'JP' }, now: 'ES DE FR JP', told: '', list: '' },
    ],
  ],
]

describe('a change is judged file by file', () => {
  for (const [name, start, steps] of rows) {
    test(name, async (t) => {
      const node = await running(t, start)
      for (const { change, now, told, list } of steps) {
        const messages = await node.step(change)
        const files = messages.map((message) => nameOf(message.slice(0, message.search(/: |:\n/))))
        assert.deepEqual(
          { now: node.now(), told: files.sort().join(' '), list: node.list() },
          { now, told, list },
          JSON.stringify(change),
        )
        for (const message of messages) assert.match(message, /\. (It is left out|All geo databases|The geo overrides)/)
      }
    })
  }
  test('a bad file does not come in through the cache under the name of a good one', async (t) => {
    const node = await running(t, { a: 'DE' })
    const { cacheDirectory } = node.directory.options
    await node.step({ a: 'bad' })
    for (const file of readdirSync(cacheDirectory)) rmSync(join(cacheDirectory, file))
    const [message = ''] = await node.step({ o: 'JP' })
    assert.match(message, /\.cache: the compiled copy of the databases in use is gone.*\. The geo data in use stay\./)
    assert.deepEqual([node.now(), node.list()], ['DE - - -', 'a databases'])
    await node.step({ a: 'FR' })
    assert.deepEqual([node.now(), node.list()], ['FR - - JP', ''])
  })
})
