import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { lookUpAddresses } from '../../../src/dns/alias-lookup.ts'
import { parseNameServer } from '../../../src/dns/name-servers.ts'
import { formatAddress } from '../../../src/domain/address.ts'
import { type FakeAnswer, type FakeQuestion, fakeResolver } from '../../helpers/fake-resolver.ts'

const A = 1
const CNAME = 5
const SOA = 6
const AAAA = 28
const NAME = 'target.test'

const a = (address: string, rest: object = {}) => ({ type: A, address, ...rest })
const soa = {
  type: SOA,
  primary: 'ns.test',
  admin: 'x.test',
  serial: 1,
  refresh: 1,
  retry: 1,
  expiration: 1,
  minimum: 30,
}

/** One lookup of A against one answer. */
const lookups: readonly {
  readonly name: string
  readonly says: (question: FakeQuestion) => FakeAnswer
  readonly expect: readonly string[] | RegExp
  readonly ttlSeconds?: number
}[] = [
  {
    name: 'addresses',
    says: () => ({ answers: [a('192.0.2.1'), a('192.0.2.2')] }),
    expect: ['192.0.2.1', '192.0.2.2'],
    ttlSeconds: 300,
  },
  {
    name: 'the owner in another case',
    says: () => ({ answers: [a('192.0.2.1', { name: 'TARGET.test' })] }),
    expect: ['192.0.2.1'],
  },
  {
    name: 'a CNAME chain, the least TTL',
    says: () => ({
      answers: [
        { type: CNAME, domain: 'b.test', ttl: 20 },
        { name: 'b.test', type: CNAME, domain: 'c.test', ttl: 200 },
        a('192.0.2.1', { name: 'c.test', ttl: 50 }),
      ],
    }),
    expect: ['192.0.2.1'],
    ttlSeconds: 20,
  },
  {
    name: 'addresses of other names are not believed',
    says: () => ({ answers: [a('192.0.2.66', { name: 'evil.test' })], authorities: [soa] }),
    expect: [],
    ttlSeconds: 30,
  },
  {
    name: 'nor those of another class',
    says: () => ({ answers: [a('192.0.2.66', { class: 3 })], authorities: [soa] }),
    expect: [],
  },
  {
    name: 'NODATA for the lesser of TTL and MINIMUM',
    says: () => ({ authorities: [{ ...soa, ttl: 25 }] }),
    expect: [],
    ttlSeconds: 25,
  },
  { name: 'NODATA without SOA', says: () => ({}), expect: [], ttlSeconds: 60 },
  { name: 'a server that does not recurse', says: () => ({ header: { ra: 0 } }), expect: /does not recurse/ },
  { name: 'NXDOMAIN', says: () => ({ header: { rcode: 3 }, authorities: [soa] }), expect: /NXDOMAIN/ },
  { name: 'SERVFAIL', says: () => ({ header: { rcode: 2 } }), expect: /SERVFAIL/ },
  {
    name: 'a name nobody asked for',
    says: () => ({ question: { name: 'other.test', type: A }, answers: [a('192.0.2.66')] }),
    expect: /another question/,
  },
  {
    name: 'a type nobody asked for',
    says: () => ({ question: { name: NAME, type: AAAA }, answers: [a('192.0.2.66')] }),
    expect: /another question/,
  },
  {
    name: 'a query sent back',
    says: () => ({ header: { qr: 0 }, answers: [a('192.0.2.66')] }),
    expect: /another question/,
  },
  { name: 'a CNAME loop', says: () => ({ answers: [{ type: CNAME, domain: NAME }] }), expect: /without end/ },
  {
    name: 'records that cannot be read',
    says: () => ({ answers: [a('192.0.2.1'), a('192.0.2.2')], mangle: (it) => it.subarray(0, it.length - 3) }),
    expect: /not whole/,
  },
  { name: 'an address of three octets', says: () => ({ answers: [a('192.0.2')] }), expect: /an address that is none/ },
  {
    name: 'a truncated answer is asked again over TCP',
    says: ({ transport }) =>
      transport === 'udp' ? { header: { tc: 1 }, answers: [a('192.0.2.1')] } : { answers: [a('192.0.2.2')] },
    expect: ['192.0.2.2'],
  },
  {
    name: 'truncated over TCP too',
    says: () => ({ header: { tc: 1 }, answers: [a('192.0.2.1')] }),
    expect: /not whole/,
  },
  {
    name: 'another ID over TCP',
    says: ({ transport }) =>
      transport === 'udp'
        ? { header: { tc: 1 } }
        : {
            answers: [a('192.0.2.66')],
            mangle: (it) => Buffer.concat([Buffer.from([it[0]! ^ 1, it[1]!]), it.subarray(2)]),
          },
    expect: /ended before the answer/,
  },
]

for (const { name, says, expect, ttlSeconds } of lookups) {
  test(`lookup: ${name}`, async (t: TestContext) => {
    const upstream = await fakeResolver(says)
    t.after(() => upstream.close())
    const result = await lookUpAddresses(upstream.server, NAME, 'A')
    if (expect instanceof RegExp) {
      assert.equal(result.kind, 'failed')
      assert.match(result.kind === 'failed' ? result.message : '', expect)
      return
    }
    assert.equal(result.kind, 'addresses', JSON.stringify(result))
    if (result.kind !== 'addresses') return
    assert.deepEqual(result.addresses.map(formatAddress), expect)
    if (ttlSeconds !== undefined) assert.equal(result.ttlSeconds, ttlSeconds)
  })
}

for (const [text, server] of [
  ['192.0.2.53', { address: '192.0.2.53', port: 53 }],
  ['192.0.2.53:5353', { address: '192.0.2.53', port: 5353 }],
  ['2001:DB8:0::53', { address: '2001:db8::53', port: 53 }],
  ['[2001:db8::53]', { address: '2001:db8::53', port: 53 }],
  ['[2001:db8::53]:5353', { address: '2001:db8::53', port: 5353 }],
  ['fe80::1%eth0', { address: 'fe80::1%eth0', port: 53 }],
  ['dns.example', null],
  ['192.0.2.53:0', null],
  ['192.0.2.53:65536', null],
  ['', null],
] as const) {
  test(`name server ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseNameServer(text), server)
  })
}
