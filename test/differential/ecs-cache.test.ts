import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, type IpAddress, prefixOf } from '../../src/domain/address.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { addressOf, dnsSnapshot } from '../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../helpers/dns-message.ts'
import { draws } from '../helpers/draws.ts'
import { type AskUpstream, createEcsCache, SOURCE_LENGTH } from '../helpers/ecs-cache.ts'
import { completeFixture, fastFixture } from '../helpers/fastpath.ts'
import { steeredSnapshot } from '../helpers/fastpath-snapshots.ts'
import { drawSnapshot } from '../helpers/random-steering.ts'
import { TEST_NOW_MS } from '../helpers/snapshot.ts'

/** Draws are a die that always falls alike: what is split by dice is not split by client. */
const DIE = 0x1234_5678
const RESOLVERS = ['5.5.1.1', '6.6.7.9', '2400::1', '192.0.2.1'].map(addressOf)

/** The node as a resolver at this address hears it: the packet path, and the complete one where that hands over. */
function upstream(snapshot: Snapshot, resolver: IpAddress, path: 'packet path' | 'complete path'): AskUpstream {
  const complete = completeFixture(
    snapshot,
    () => TEST_NOW_MS,
    () => DIE,
  )
  const fast = fastFixture(snapshot, TEST_NOW_MS)
  const out = new Uint8Array(1232)
  return (question, subnet, source) => {
    const cidr = `${formatAddress(prefixOf(subnet, source))}/${source}`
    const { bytes } = composeQuery(`${question} +subnet=${cidr}`)
    const answered = path === 'packet path' ? fast.ask(bytes, resolver, TEST_NOW_MS, () => DIE) : 'punt'
    const octets =
      typeof answered === 'string'
        ? out.subarray(0, complete(bytes, bytes.length, { address: resolver, transport: 'udp' }, out))
        : answered
    const { rcode, answer, authority, edns } = describeMessage(octets)
    const scope = /ecs=\S+\/\d+\/(\d+)/.exec(edns ?? '')?.[1]
    assert.notEqual(scope, undefined, `${question} from ${cidr}: no client subnet in the answer`)
    return { text: [rcode, ...answer, ...authority].join('\n'), scopePrefixLength: Number(scope) }
  }
}

/** Addresses in, at the edges of, and around the networks that something tells apart, and anywhere. */
function drawClient(networks: readonly string[], die: () => number): IpAddress {
  const network = networks[die() % networks.length] as string
  const [text = '', length = '0'] = network.split('/')
  const { family, bytes } = addressOf(text)
  const drawn = Uint8Array.from(bytes)
  const keep = die() % 8 === 0 ? Math.max(0, Number(length) - (die() % 9)) : Number(length)
  for (let bit = keep; bit < drawn.length * 8; bit++) {
    const mask = 0x80 >> (bit & 7)
    drawn[bit >> 3] = ((drawn[bit >> 3] as number) & ~mask) | (die() & 1 ? mask : 0)
  }
  return { family, bytes: drawn }
}

const CLIENTS = 400

/** Every client is told by its resolver's cache what the node would have told that resolver about its network. */
function replay(
  snapshot: Snapshot,
  questions: readonly string[],
  networks: readonly string[],
  path: 'packet path' | 'complete path',
  seed: number,
): number {
  const die = draws(seed)
  let hits = 0
  for (const resolver of RESOLVERS) {
    const ask = upstream(snapshot, resolver, path)
    const cache = createEcsCache(ask)
    for (let i = 0; i < CLIENTS; i++) {
      const client = drawClient(networks, die)
      const question = questions[die() % questions.length] as string
      const direct = ask(question, client, SOURCE_LENGTH[client.family]).text
      const where = `${question} for ${formatAddress(client)} behind ${formatAddress(resolver)}`
      assert.equal(cache.resolve(question, client), direct, where)
    }
    hits += cache.hits()
  }
  return hits
}

const NETWORKS = [
  '5.5.0.0/16',
  '6.6.0.0/16',
  '6.6.7.0/24',
  '6.6.128.0/20',
  '8.0.0.0/7',
  '10.99.0.0/16',
  '10.0.0.0/8',
  '192.0.2.0/24',
  '100.64.0.0/10',
  '224.0.0.0/4',
  '0.0.0.0/0',
  '2400::/16',
  '2400:1::/32',
  '2a00::/12',
  '2001:db8::/32',
  'fd00::/8',
  '2002:505::/32',
  '64:ff9b::/96',
  '::/0',
]
const STEERED = 'weighted sticky nearest pair canary asn hours names'.split(' ').map((name) => `${name}.geo.example`)
const VECTORS = [
  'api.geo.example',
  'x.tenant.geo.example',
  'www.geo.example',
  'api.private.example',
  'pair.geo.example',
]
const withTypes = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [`${name} A`, `${name} AAAA`, `${name} HTTPS`, `${name} TXT`])

for (const path of ['packet path', 'complete path'] as const) {
  test(`${path}: services that use every way from a client to a list`, () => {
    const hits = replay(
      steeredSnapshot,
      withTypes([...STEERED, 'large.geo.example', 'nx.elsewhere.example']),
      NETWORKS,
      path,
      3,
    )
    assert.ok(hits > CLIENTS, `${hits} hits`)
  })

  test(`${path}: the zones of the vectors, one of them never believing client subnets`, () => {
    const hits = replay(dnsSnapshot, withTypes(VECTORS), NETWORKS, path, 4)
    assert.ok(hits > CLIENTS, `${hits} hits`)
  })

  test(`${path}: random policies, databases and zones`, () => {
    // 19: an override inside a special-purpose network, and a wide answer there.
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 19]) {
      const { snapshot, names, networks } = drawSnapshot(draws(seed))
      const hits = replay(snapshot, withTypes(names), [...networks, ...NETWORKS], path, seed)
      assert.ok(hits > 0, `seed ${seed}`)
    }
  })
}

test('a cache that takes the wrong answer is found', () => {
  // The scope that a server would give that forgets where the unplaced network ends.
  const ask = upstream(steeredSnapshot, RESOLVERS[0] as IpAddress, 'complete path')
  const cache = createEcsCache((...query) => ({ ...ask(...query), scopePrefixLength: 0 }))
  const clients = ['5.5.1.1', '6.6.1.1', '8.8.8.8'].map(addressOf)
  const direct = clients.map((client) => ask('nearest.geo.example A', client, 24).text)
  assert.notDeepEqual(
    clients.map((client) => cache.resolve('nearest.geo.example A', client)),
    direct,
  )
})
