import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { IpAddress } from '../../src/domain/address.ts'
import { addressOf, dnsSnapshot } from '../helpers/dns-fixture.ts'
import { composeQuery } from '../helpers/dns-message.ts'
import { namesOf } from '../helpers/dns-names.ts'
import { draws } from '../helpers/draws.ts'
import { fastFixture } from '../helpers/fastpath.ts'
import { differ } from '../helpers/fastpath-differ.ts'
import { CLIENTS, someQuery, testJar } from '../helpers/fastpath-queries.ts'
import { steeredSnapshot, TOMORROW_MS, troubledSnapshot, trustingSnapshot } from '../helpers/fastpath-snapshots.ts'
import { createPacketMaker, PACKET_ROOM } from '../helpers/hostile-packets.ts'
import { TEST_NOW_MS } from '../helpers/snapshot.ts'

const FOLDER = new URL('../vectors/dns/', import.meta.url)
const vectorDiffer = differ(dnsSnapshot, { cookies: testJar() })

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
    ['web.geo.example HTTPS +edns', '5.5.1.1'],
    ['web.geo.example HTTPS +subnet=6.6.7.0/24 +do', '5.5.1.1'],
    ['X.web.geo.example HTTPS +edns', '6.6.1.1'],
    ['plain.geo.example HTTPS', '6.6.1.1'],
    ['lacking.geo.example A', '6.6.1.1'],
    ['lacking.geo.example AAAA +subnet=5.5.1.0/24', '6.6.1.1'],
    ['lacking.geo.example HTTPS +subnet=5.5.1.0/24', '6.6.1.1'],
    ['closed.geo.example HTTPS +edns', '6.6.1.1'],
    ['geo.example HTTPS +subnet=6.6.7.0/24', '5.5.1.1'],
    ['bound.geo.example HTTPS +subnet=6.6.7.0/24', '5.5.1.1'],
    ['pair.geo.example HTTPS +subnet=6.6.7.0/24', '5.5.1.1'],
    ['static.geo.example HTTPS +edns', '5.5.1.1'],
    ['_dns.resolver.geo.example SVCB +edns', '5.5.1.1'],
    ['private.example HTTPS +subnet=6.6.7.0/24', '5.5.1.1'],
    ['toprivate.geo.example HTTPS +subnet=6.6.7.0/24', '5.5.1.1'],
    ['flatapi.geo.example A +subnet=6.6.7.0/24', '5.5.1.1'],
    ['other.example HTTPS', '6.6.7.1'],
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
    // Delegations: the cut, below it, at and below names that the referral mentions.
    ['child.geo.example NS +edns', '5.5.1.1'],
    ['child.geo.example DS', '5.5.1.1'],
    ['www.Child.geo.example A +do', '5.5.1.1'],
    ['x.y.z.child.geo.example HTTPS', '5.5.1.1'],
    ['ns.child.geo.example A', '5.5.1.1'],
    ['x.ns.child.geo.example TXT', '5.5.1.1'],
    // Floods and scans.
    ['geo.example ANY +edns', '5.5.1.1'],
    ['mail.geo.example ANY', '5.5.1.1'],
    ['api.geo.example ANY +edns', '5.5.1.1'],
    ['no.such.name.geo.example ANY', '5.5.1.1'],
    ['geo.example AXFR', '5.5.1.1'],
    ['geo.example IXFR +edns', '5.5.1.1'],
    ['geo.example TYPE0', '5.5.1.1'],
    ['geo.example TYPE41', '5.5.1.1'],
    ['geo.example TYPE128 +edns', '5.5.1.1'],
    ['geo.example TYPE200 +edns', '5.5.1.1'],
    ['geo.example TYPE65280', '5.5.1.1'],
    ['geo.example A HS +edns', '5.5.1.1'],
    ['geo.example A ANY', '5.5.1.1'],
    ['version.bind TXT CH', '5.5.1.1'],
    ['VERSION.bind TXT CH +edns', '5.5.1.1'],
    ['id.server ANY CH', '5.5.1.1'],
    ['hostname.bind A CH +do', '2400::1'],
    ['authors.bind TXT CH +edns', '5.5.1.1'],
    ['. TXT CH', '5.5.1.1'],
    ['version.bind TXT', '5.5.1.1'],
    ['api.geo.example A +tail=00', '5.5.1.1'],
    ['api.geo.example A +edns=1 +do', '5.5.1.1'],
    ['api.geo.example A +ecs=0001180006060700', '5.5.1.1'],
    ['api.geo.example A +ecs=000120', '5.5.1.1'],
    ['api.geo.example A +ecs=00030000', '5.5.1.1'],
    ['api.geo.example A +opt=10:010203', '5.5.1.1'],
    ['api.geo.example A +opt=10:0102030405060708 +subnet=6.6.7.0/24', '5.5.1.1'],
    ['api.geo.example A +opt=12:00000000', '5.5.1.1'],
    ['api.geo.example A +opt=11:0001', '5.5.1.1'],
    ['api.geo.example A +opt=65001:abcd +subnet=6.6.7.0/24', '5.5.1.1'],
  ] as const) {
    assert.equal(vectorDiffer(composeQuery(query).bytes, addressOf(client)), 'answer', query)
  }
})

test('what does not fit is TC without help', () => {
  const ask = differ(steeredSnapshot, { cookies: testJar() })
  for (const [query, expected] of [
    ['large.geo.example TXT', 'answer'],
    ['large.geo.example TXT +bufsize=512 +do', 'answer'],
    ['large.geo.example TXT +bufsize=1232', 'answer'],
    ['huge.geo.example TXT', 'answer'],
    ['vast.geo.example TXT', 'answer'],
    ['vast.geo.example TXT +bufsize=65535 +do', 'answer'],
    ['huge.geo.example TXT +bufsize=4096 +subnet=6.6.7.0/24', 'answer'],
    ['huge.geo.example TXT +bufsize=4096 +opt=10:0102030405060708', 'answer'],
  ] as const) {
    assert.equal(ask(composeQuery(query).bytes, addressOf('6.6.7.9')), expected, query)
  }
})

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

/** All of them: `NEARCAST_GENERATED_QUERIES=200000`. */
const GENERATED = Number(process.env.NEARCAST_GENERATED_QUERIES ?? 50_000)

/** Low enough that every class is limited now and then. */
const RATE_LIMIT = { perSecond: 40, slip: 2, exempt: [] } as const

for (const [title, snapshot, parts, leastByItself] of [
  ["the vectors' zones", dnsSnapshot, {}, 0.6],
  ['policies with forks, weights, stickiness, windows and take', steeredSnapshot, { cookies: testJar() }, 0.6],
  ['addresses down, changes near, networks told apart', troubledSnapshot, { cookies: testJar() }, 0.6],
  ['zones that believe some resolvers', trustingSnapshot, { cookies: testJar() }, 0.6],
  ['with a rate limit', steeredSnapshot, { cookies: testJar(), rateLimit: RATE_LIMIT }, 0.6],
] as const) {
  test(`generated queries: ${title}`, () => {
    const ask = differ(snapshot, parts)
    const names = namesOf(snapshot)
    const die = draws(7)
    const times = [TEST_NOW_MS, TEST_NOW_MS, TOMORROW_MS - 25_500, TOMORROW_MS - 7500, TOMORROW_MS - 1]
    const seen = { answer: 0, silence: 0, slip: 0, drop: 0, punt: 0 }
    for (let i = 0; i < GENERATED / 4; i++) {
      const client = CLIENTS[die() % CLIENTS.length] as IpAddress
      // The rate limit needs a clock that goes on: a millisecond a query, from one of the times to the next.
      const nowMs = 'rateLimit' in parts ? TEST_NOW_MS + i : (times[die() % times.length] as number)
      seen[ask(someQuery(names, { client, nowMs }, die), client, nowMs, die())]++
    }
    const byItself = (GENERATED / 4 - seen.punt) / (GENERATED / 4)
    assert.ok(byItself >= leastByItself, `${byItself} of the queries were answered without help`)
    if ('rateLimit' in parts) assert.ok(seen.slip > 50 && seen.drop > 50, JSON.stringify(seen))
  })
}

test('hostile packets: whatever is wrong with them, both say the same', () => {
  const ask = differ(dnsSnapshot, { cookies: testJar(), rateLimit: { perSecond: 1000, slip: 2, exempt: [] } })
  const die = draws(11)
  const make = createPacketMaker(namesOf(dnsSnapshot), die)
  const into = new Uint8Array(PACKET_ROOM)
  let byItself = 0
  const count = GENERATED / 2
  for (let i = 0; i < count; i++) {
    const packet = into.slice(0, make(into))
    const client = CLIENTS[die() % CLIENTS.length] as IpAddress
    if (ask(packet, client, TEST_NOW_MS + i, die()) !== 'punt') byItself++
  }
  assert.ok(byItself > count / 3, `${byItself} of ${count} were answered without help`)
})
