import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type AnswerRecord, createResponder } from '../../src/dns/respond.ts'
import { formatAddress, type IpAddress } from '../../src/domain/address.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { addressOf, dnsSnapshot } from '../helpers/dns-fixture.ts'
import { composeQuery, describeMessage, wireName, word } from '../helpers/dns-message.ts'
import { draws, fastFixture } from '../helpers/fastpath.ts'
import { steeredSnapshot, TOMORROW_MS } from '../helpers/fastpath-snapshots.ts'
import { TEST_NOW_MS } from '../helpers/snapshot.ts'

/** Asks both paths; the fast one hands over, or says the same to the octet and counts the same. */
function differ(snapshot: Snapshot) {
  const moment = { nowMs: TEST_NOW_MS, die: 0 }
  const records: AnswerRecord[] = []
  const respond = createResponder({
    current: () => snapshot,
    nowMs: () => moment.nowMs,
    dice: () => moment.die,
    debug: [],
    nodeId: 'node-1',
    findAliasAddresses: () => null,
    onAnswer: (record) => records.push(record),
    onFailure: (error) => {
      throw error
    },
  })
  const fast = fastFixture(snapshot, TEST_NOW_MS)
  const out = new Uint8Array(1232)
  return (query: Uint8Array, client: IpAddress, nowMs = TEST_NOW_MS, die = 0): 'same' | 'punt' => {
    Object.assign(moment, { nowMs, die })
    const answered = fast.ask(query, client, nowMs, () => die)
    if (answered === 'punt') return 'punt'
    records.length = 0
    const length = respond(query, query.length, { address: client, transport: 'udp' }, out)
    const expected = Buffer.from(out.subarray(0, length))
    if (answered === 'silence') {
      assert.equal(length, 0, Buffer.from(query).toString('hex'))
      return 'same'
    }
    if (!expected.equals(answered)) {
      const where = `${Buffer.from(query).toString('hex')} from ${formatAddress(client)}`
      assert.deepEqual(describeMessage(answered), describeMessage(expected), where)
      assert.equal(Buffer.from(answered).toString('hex'), expected.toString('hex'), where)
    }
    const { rcode, service, endpoint, outcome } = records[0] as AnswerRecord
    assert.deepEqual(fast.lastCounted(), { rcode, service, endpoint, outcome })
    return 'same'
  }
}

const FOLDER = new URL('../vectors/dns/', import.meta.url)
const vectorDiffer = differ(dnsSnapshot)

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  test(`vectors: ${file}`, () => {
    const { cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as {
      cases: { query: string; client?: string }[]
    }
    for (const { query, client = '5.5.1.1' } of cases) {
      const bytes = query.startsWith('hex:') ? Buffer.from(query.slice(4), 'hex') : composeQuery(query).bytes
      vectorDiffer(bytes, addressOf(client))
    }
  })
}

test('what resolvers send is answered without help', () => {
  for (const [query, client] of [
    ['api.geo.example A', '5.5.1.1'],
    ['api.geo.example AAAA +edns +do', '2400::1'],
    ['API.geo.EXAMPLE A +subnet=6.6.1.0/24 +do', '5.5.1.1'],
    ['api.geo.example A +subnet=2400::/48', '5.5.1.1'],
    ['api.geo.example A +subnet=10.1.0.0/16', '5.5.1.1'],
    ['api.geo.example HTTPS +edns', '::ffff:5.5.1.1'],
    ['api.geo.example TXT', '5.5.1.1'],
    ['plain.geo.example AAAA +edns', '5.5.1.1'],
    ['www.geo.example A +edns', '5.5.1.1'],
    ['x.tenant.geo.example A +subnet=5.5.1.0/24', '6.6.1.1'],
    ['closed.geo.example A +edns', '5.5.1.1'],
    ['geo.example SOA +edns', '5.5.1.1'],
    ['geo.example NS', '5.5.1.1'],
    ['geo.example DS +edns', '5.5.1.1'],
    ['inner.geo.example DS', '5.5.1.1'],
    ['geo.example A', '5.5.1.1'],
    ['under.ent.geo.example A', '5.5.1.1'],
    ['mail.geo.example A', '5.5.1.1'],
    ['mail.geo.example TXT', '5.5.1.1'],
    ['a.b.wild.geo.example TXT', '5.5.1.1'],
    ['no.such.name.geo.example A +edns', '5.5.1.1'],
    ['hostmaster.geo.example A', '5.5.1.1'],
    ['x.ns1.geo.example A', '5.5.1.1'],
    ['example.net A +edns', '5.5.1.1'],
    ['. NS', '5.5.1.1'],
  ] as const) {
    assert.equal(vectorDiffer(composeQuery(query).bytes, addressOf(client)), 'same', query)
  }
})

const CLIENTS = ['5.5.1.1', '6.6.1.1', '6.6.7.9', '192.0.2.1', '10.99.3.4', '::ffff:6.6.7.1', '2400::1', '2a00::1']
const TYPES = [1, 1, 1, 1, 28, 28, 28, 2, 5, 6, 12, 15, 16, 33, 43, 48, 64, 65, 255, 257, 65_280]
const SUBNETS = ['5.5.0.0', '6.6.0.0', '6.6.7.0', '8.8.0.0', '10.99.0.0', '10.0.0.0', '192.0.2.0', '198.19.255.255']
const SUBNETS6 = ['2400::', '2a00:1::', '2001:db8::', 'fd00::', '2002:505:101::', '64:ff9b::505:101', '::ffff:5.5.1.1']

/** Names that are there, names near them, and names that are nowhere, in mixed case. */
function someName(names: readonly string[], die: () => number): string {
  const name = names[die() % names.length] as string
  const changed = [
    name,
    name,
    name,
    `x${die() % 999}.${name}`,
    `a.b.${name}`,
    name.slice(name.indexOf('.') + 1),
    'net',
  ][die() % 7]
  const text = changed as string
  return die() % 3 === 0 ? text.replace(/[a-z]/g, (letter) => (die() % 2 === 0 ? letter.toUpperCase() : letter)) : text
}

function someOptions(die: () => number): Buffer {
  const kind = die() % 10
  if (kind < 4) return Buffer.alloc(0)
  const family = kind < 8 ? 1 : 2
  const pool = family === 1 ? SUBNETS : SUBNETS6
  const { bytes } = addressOf(pool[die() % pool.length] as string)
  const source = [0, 7, 8, 15, 20, 22, 23, 24, 24, 24, 25, 32, 48, 56, 64, 128][
    die() % (family === 1 ? 12 : 16)
  ] as number
  const octets = Buffer.from(bytes.subarray(0, Math.ceil(source / 8)))
  const last = octets.length - 1
  // Some keep bits behind their source prefix, which is FORMERR.
  if (last >= 0 && die() % 8 > 0) octets[last] = (octets[last] as number) & (0xff << ((last + 1) * 8 - source)) & 0xff
  const scope = die() % 30 === 0 ? 24 : 0
  const value = Buffer.concat([word(family), Buffer.from([source, scope]), octets])
  const other = die() % 20 === 0 ? Buffer.from([0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]) : Buffer.alloc(0)
  return Buffer.concat([word(8), word(value.length), value, other])
}

function someQuery(names: readonly string[], die: () => number): Buffer {
  const options = someOptions(die)
  const withOpt = die() % 3 > 0
  const size = [0, 512, 1232, 4096][die() % 4] as number
  const opt = Buffer.concat([
    Buffer.from([0, 0, 41]),
    word(size),
    Buffer.from([0, die() % 40 === 0 ? 1 : 0, die() % 2 === 0 ? 0x80 : 0, 0]),
    word(options.length),
    options,
  ])
  const flags = Buffer.from([die() % 50 === 0 ? die() & 0xff : die() & 0x01, die() & 0x30])
  const query = Buffer.concat([
    word(die() & 0xffff),
    flags,
    word(1),
    word(0),
    word(0),
    word(withOpt ? 1 : 0),
    wireName(someName(names, die)),
    word(TYPES[die() % TYPES.length] as number),
    word(die() % 40 === 0 ? 3 : 1),
    ...(withOpt ? [opt] : []),
  ])
  if (die() % 25 > 0) return query
  // A few are broken: an octet changed, or the end cut off.
  query[die() % query.length] = die() & 0xff
  return query.subarray(0, query.length - (die() % 4))
}

/** Every name of the zones, of the services, and some that wildcards and cuts stand for. */
function namesOf({ set }: Snapshot): readonly string[] {
  const zones = set.zones.flatMap(({ name, ns, records }) => [
    name,
    ...ns.map((server) => server.name),
    ...records.map((record) => record.name),
  ])
  return [...new Set([...zones, ...set.policies.flatMap(({ names }) => names.dns), 'hostmaster.geo.example', ''])]
}

test('clients that get debug answers are handed over, others are not', () => {
  const { bytes } = composeQuery('api.geo.example A +edns')
  const prefix = { family: 4, bytes: Uint8Array.of(5, 5, 0, 0), length: 16 } as const
  const { ask } = fastFixture(dnsSnapshot, TEST_NOW_MS, [prefix])
  for (const [client, isHandedOver] of [
    ['5.5.1.1', true],
    ['::ffff:5.5.1.1', true],
    ['6.6.1.1', false],
    ['2400::1', false],
  ] as const) {
    assert.equal(ask(bytes, addressOf(client), TEST_NOW_MS, () => 0) === 'punt', isHandedOver, client)
  }
})

for (const [title, snapshot] of [
  ["the vectors' zones", dnsSnapshot],
  ['policies with forks, weights, stickiness, windows and take', steeredSnapshot],
] as const) {
  test(`generated queries: ${title}`, () => {
    const ask = differ(snapshot)
    const names = namesOf(snapshot)
    const die = draws(7)
    let same = 0
    for (let i = 0; i < 12_000; i++) {
      const query = someQuery(names, die)
      const client = addressOf(CLIENTS[die() % CLIENTS.length] as string)
      const nowMs = [TEST_NOW_MS, TEST_NOW_MS, TOMORROW_MS - 25_500, TOMORROW_MS - 7500, TOMORROW_MS - 1][
        die() % 5
      ] as number
      if (ask(query, client, nowMs, die()) === 'same') same++
    }
    assert.ok(same > 6000, `${same} of 12000 were answered without help`)
  })
}
