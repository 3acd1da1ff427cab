import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepEqualDocuments } from '../../../src/app/keep-equal-documents.ts'
import { createTableCompiler } from '../../../src/dns/fastpath/compile-table.ts'
import { TYPE } from '../../../src/dns/wire/codes.ts'
import { wireNameOf } from '../../../src/dns/wire/record-data.ts'
import type { ZoneTables } from '../../../src/dns/zone-table.ts'
import { createZones } from '../../../src/dns/zones.ts'
import { NO_FACTS } from '../../../src/domain/facts.ts'
import { atOnce } from '../../../src/domain/turns.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { makeSnapshot, override, type SnapshotOptions, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const zone = (name: string, records = '', ns = 'ns1.geo.example: [192.0.2.53]'): string =>
  `zone: ${name}\nsoa: { rname: hostmaster.geo.example }\nns: { ${ns} }\nrecords: [${records}]\n`
const service = (name: string, endpoints = 'one: { a: [192.0.2.1] }, two: { a: [192.0.2.2] }'): string =>
  `service: ${name}\nnames: { dns: [${name}.geo.example, '*.${name}.geo.example'] }\nttl: 30s\nendpoints: { ${endpoints} }\nsteer: [up]\n`

const DOCUMENTS: Readonly<Record<string, string>> = {
  'a.yaml': zone('geo.example', '{ name: www, type: CNAME, value: x.far.example. }'),
  'b.yaml': zone(
    'far.example',
    '{ name: x, type: A, value: 192.0.2.9 }, { name: m, type: MX, value: 10 ns1.geo.example. }',
  ),
  'c.yaml': zone('alone.example', "{ name: '*', type: TXT, value: any }", 'ns.alone.example: [192.0.2.60]'),
  'api.yaml': service('api'),
  'app.yaml': service('app'),
}

interface Step {
  readonly documents?: Readonly<Record<string, string | null>>
  readonly overrides?: SnapshotOptions['overrides']
  /** Zones that are compiled anew; the others keep what they have. */
  readonly anew: readonly string[]
}

const STEPS: readonly (readonly [what: string, step: Step])[] = [
  ['nothing', { anew: [] }],
  ['an endpoint goes down', { overrides: [override('api/one', 'down')], anew: [] }],
  ['a record is added', { documents: { 'b.yaml': zone('far.example') }, anew: ['far.example'] }],
  ['a policy is edited', { documents: { 'api.yaml': service('api', 'one: { hostname: x.far.example }') }, anew: [] }],
  ['a service goes', { documents: { 'app.yaml': null }, anew: ['geo.example'] }],
  [
    'a zone comes below another',
    { documents: { 'd.yaml': zone('sub.far.example') }, anew: ['far.example', 'sub.far.example'] },
  ],
  ['a zone goes', { documents: { 'b.yaml': null }, anew: [] }],
  ['a zone comes around others', { documents: { 'd.yaml': zone('example') }, anew: ['example'] }],
  [
    'a name server elsewhere moves',
    {
      documents: { 'c.yaml': zone('alone.example', '', 'ns1.geo.example: [192.0.2.54]') },
      anew: ['geo.example', 'alone.example'],
    },
  ],
  ['a document is written again as it was', { documents: { 'c.yaml': `${DOCUMENTS['c.yaml']} ` }, anew: [] }],
]

function changed(before: Snapshot, { documents = {}, overrides = [] }: Step): Snapshot {
  const texts = Object.entries({ ...DOCUMENTS, ...documents }).flatMap(([path, text]) =>
    text === null ? [] : [[path, text]],
  )
  const { set } = makeSnapshot({ documents: Object.fromEntries(texts), geo: before.geo })
  const kept = atOnce(keepEqualDocuments(set, before.set))
  const next = makeSnapshot({
    documents: Object.fromEntries(texts),
    overrides,
    previous: before,
    geo: before.geo,
    set: kept,
  })
  return { ...next, revision: { ...next.revision, number: 2 } }
}

const contentsOf = (zones: ZoneTables) => new Map([...zones.values()].map(({ zone: { name }, nodes }) => [name, nodes]))

for (const [what, step] of STEPS) {
  test(`what did not change is not compiled again: ${what}`, () => {
    const first = makeSnapshot({ documents: DOCUMENTS })
    const next = changed(first, step)
    const zones = createZones()
    const before = contentsOf(zones.of(first))
    const after = contentsOf(zones.of(next))
    const anew = [...after].filter(([name, nodes]) => before.get(name) !== nodes).map(([name]) => name)
    assert.deepEqual(anew.sort(), [...step.anew].sort())
  })

  test(`a table is the same whether or not another one was compiled before it: ${what}`, () => {
    const first = makeSnapshot({ documents: DOCUMENTS })
    const next = changed(first, step)
    const zones = createZones()
    const compile = createTableCompiler([])
    atOnce(compile(first, zones.of(first), TEST_NOW_MS))
    const second = atOnce(compile(next, zones.of(next), TEST_NOW_MS))
    const fresh = atOnce(createTableCompiler([])(next, createZones().of(next), TEST_NOW_MS))
    assert.deepEqual(second.counters, fresh.counters)
    assert.ok(Buffer.from(second.buffers.main).equals(Buffer.from(fresh.buffers.main)))
  })
}

for (const [what, facts] of [
  ['an address is down', { ipv4Down: [0] }],
  ['the endpoint is down', { health: 'down' }],
  ['a change is near', { nextChangeMs: TEST_NOW_MS + 3000 }],
] as const) {
  test(`a table is the same whether or not another one was compiled before it, and has changed: ${what}`, () => {
    const pair = service('pair', 'a: { a: [192.0.2.1, 192.0.2.2] }, b: { a: [192.0.2.3] }')
    const documents = { ...DOCUMENTS, 'pair.yaml': pair }
    const first = makeSnapshot({ documents })
    const health = new Map([['pair', new Map([['a', { ...NO_FACTS, ...facts }]])]])
    const next = makeSnapshot({ documents, previous: first, set: first.set, geo: first.geo, sources: { health } })
    const compile = createTableCompiler([])
    const before = atOnce(compile(first, createZones().of(first), TEST_NOW_MS))
    const second = atOnce(compile(next, createZones().of(next), TEST_NOW_MS))
    const fresh = atOnce(createTableCompiler([])(next, createZones().of(next), TEST_NOW_MS))
    assert.ok(Buffer.from(second.buffers.main).equals(Buffer.from(fresh.buffers.main)))
    assert.ok(!Buffer.from(second.buffers.main).equals(Buffer.from(before.buffers.main)))
  })
}

test('the serial of every zone without one of its own is the number of the revision', () => {
  const snapshot = makeSnapshot({ documents: DOCUMENTS })
  const zones = createZones()
  for (const number of [1, 70_000, 4_294_967_295]) {
    const table = zones.of({ ...snapshot, revision: { number } }).get(wireNameOf('geo.example'))
    const shown = table?.apexNode.rrsets.get(TYPE.SOA)?.data[0]?.tail
    assert.equal(Buffer.from(shown ?? []).readUInt32BE(0), number)
  }
})
