import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, type IpPrefix, parsePrefix } from '../../../src/domain/address.ts'
import { clientAddress } from '../../../src/http/client-address.ts'
import { MAX_HOPS } from '../../../src/http/forwarded.ts'

const prefix = (text: string): IpPrefix => {
  const parsed = parsePrefix(text)
  assert.ok(parsed.ok, text)
  return parsed.prefix
}
const TRUSTED = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '2001:db8:ffff::/48'].map(prefix)

interface Row {
  readonly name: string
  readonly peer: string | undefined
  readonly xff?: string
  readonly forwarded?: string
  readonly expect: string
  readonly source?: 'peer' | 'trustedHeader'
}

const rows: readonly Row[] = [
  { name: 'no headers: the peer', peer: '192.0.2.1', expect: '192.0.2.1', source: 'peer' },
  {
    name: 'an unlisted peer is never believed',
    peer: '192.0.2.1',
    xff: '203.0.113.9',
    expect: '192.0.2.1',
    source: 'peer',
  },
  { name: 'nor about Forwarded', peer: '192.0.2.1', forwarded: 'for=203.0.113.9', expect: '192.0.2.1', source: 'peer' },
  { name: 'a proxy of ours without a header', peer: '127.0.0.1', expect: '127.0.0.1', source: 'peer' },
  { name: 'one hop', peer: '127.0.0.1', xff: '203.0.113.9', expect: '203.0.113.9', source: 'trustedHeader' },
  { name: 'IPv6 peer and hop', peer: '::1', xff: '2001:db8::9', expect: '2001:db8::9', source: 'trustedHeader' },
  { name: 'a v4-mapped peer is its IPv4 self', peer: '::ffff:127.0.0.1', xff: '203.0.113.9', expect: '203.0.113.9' },
  { name: 'a v4-mapped hop too', peer: '127.0.0.1', xff: '::ffff:203.0.113.9', expect: '203.0.113.9' },
  {
    name: 'a link-local peer with its interface',
    peer: 'fe80::1%eth0',
    xff: '203.0.113.9',
    expect: 'fe80::1',
    source: 'peer',
  },
  {
    name: 'a 6to4 address with 127.0.0.1 inside is not loopback',
    peer: '2002:7f00:1::',
    xff: '203.0.113.9',
    expect: '2002:7f00:1::',
    source: 'peer',
  },
  {
    name: 'nor is a NAT64 one',
    peer: '64:ff9b::7f00:1',
    xff: '203.0.113.9',
    expect: '64:ff9b::7f00:1',
    source: 'peer',
  },
  { name: 'a socket that is gone is nobody', peer: undefined, xff: '203.0.113.9', expect: '0.0.0.0', source: 'peer' },
  {
    name: 'from right to left: what the client made up is not read',
    peer: '127.0.0.1',
    xff: '8.8.8.8, 203.0.113.9',
    expect: '203.0.113.9',
  },
  {
    name: 'proxies of ours are skipped',
    peer: '127.0.0.1',
    xff: '203.0.113.9, 10.0.0.2, 10.0.0.1',
    expect: '203.0.113.9',
  },
  {
    name: 'a claim of being a proxy of ours ends at the first stranger',
    peer: '127.0.0.1',
    xff: '8.8.8.8, 10.0.0.7, 203.0.113.9',
    expect: '203.0.113.9',
  },
  { name: 'all are proxies of ours: the farthest', peer: '127.0.0.1', xff: '10.0.0.2, 10.0.0.1', expect: '10.0.0.2' },
  {
    name: 'two lines of the header, joined',
    peer: '127.0.0.1',
    xff: '8.8.8.8, 203.0.113.9, 10.0.0.1',
    expect: '203.0.113.9',
  },
  { name: 'empty elements are nothing', peer: '127.0.0.1', xff: ', ,203.0.113.9 ,, ', expect: '203.0.113.9' },
  { name: 'an empty header', peer: '127.0.0.1', xff: '', expect: '127.0.0.1', source: 'peer' },
  { name: 'a hop with a port', peer: '127.0.0.1', xff: '203.0.113.9:4711', expect: '203.0.113.9' },
  { name: 'IPv6 in brackets', peer: '127.0.0.1', xff: '[2001:db8::9]', expect: '2001:db8::9' },
  { name: 'IPv6 in brackets with a port', peer: '127.0.0.1', xff: '[2001:db8::9]:443', expect: '2001:db8::9' },
  {
    name: 'IPv4 in brackets is malformed',
    peer: '127.0.0.1',
    xff: '[203.0.113.9]',
    expect: '127.0.0.1',
    source: 'peer',
  },
  {
    name: 'garbage ends the walk at the proxy that passed it on',
    peer: '127.0.0.1',
    xff: '203.0.113.9, garbage, 10.0.0.1',
    expect: '10.0.0.1',
  },
  { name: 'unknown ends it', peer: '127.0.0.1', xff: 'unknown', expect: '127.0.0.1', source: 'peer' },
  { name: 'leading zeros are no address', peer: '127.0.0.1', xff: '203.0.113.009', expect: '127.0.0.1' },
  { name: 'nor is a number', peer: '127.0.0.1', xff: '3405803785', expect: '127.0.0.1' },
  { name: 'nor a network', peer: '127.0.0.1', xff: '203.0.113.0/24', expect: '127.0.0.1' },
  { name: 'markup is data', peer: '127.0.0.1', xff: '<script>', expect: '127.0.0.1' },
  {
    name: 'too many hops: the rest is not read',
    peer: '127.0.0.1',
    xff: `203.0.113.9${', 10.0.0.1'.repeat(MAX_HOPS)}`,
    expect: '10.0.0.1',
  },
  {
    name: 'just not too many',
    peer: '127.0.0.1',
    xff: `203.0.113.9${', 10.0.0.1'.repeat(MAX_HOPS - 1)}`,
    expect: '203.0.113.9',
  },
  {
    name: 'Forwarded',
    peer: '127.0.0.1',
    forwarded: 'for=203.0.113.9',
    expect: '203.0.113.9',
    source: 'trustedHeader',
  },
  {
    name: 'parameter names in any case, others beside it',
    peer: '127.0.0.1',
    forwarded: 'proto=https;FOR=203.0.113.9;by=10.0.0.1',
    expect: '203.0.113.9',
  },
  {
    name: 'Forwarded: quoted IPv6 with a port',
    peer: '127.0.0.1',
    forwarded: 'for="[2001:db8::9]:47011"',
    expect: '2001:db8::9',
  },
  {
    name: 'Forwarded: quoted IPv4 with a port',
    peer: '127.0.0.1',
    forwarded: 'for="203.0.113.9:80"',
    expect: '203.0.113.9',
  },
  {
    name: 'Forwarded: a colon needs quotes (RFC 7239 §4)',
    peer: '127.0.0.1',
    forwarded: 'for=203.0.113.9:80',
    expect: '127.0.0.1',
  },
  { name: 'Forwarded: escaped characters', peer: '127.0.0.1', forwarded: 'for="203.0.113\\.9"', expect: '203.0.113.9' },
  { name: 'Forwarded: hidden', peer: '127.0.0.1', forwarded: 'for=203.0.113.9, for=_hidden', expect: '127.0.0.1' },
  { name: 'Forwarded: unknown', peer: '127.0.0.1', forwarded: 'for=unknown, for=10.0.0.1', expect: '10.0.0.1' },
  {
    name: 'Forwarded: an element without for',
    peer: '127.0.0.1',
    forwarded: 'for=203.0.113.9, proto=https',
    expect: '127.0.0.1',
  },
  {
    name: 'Forwarded: for twice in one element',
    peer: '127.0.0.1',
    forwarded: 'for=203.0.113.9;for=8.8.8.8',
    expect: '127.0.0.1',
  },
  {
    name: 'Forwarded: right to left over ours',
    peer: '127.0.0.1',
    forwarded: 'for=8.8.8.8, for=203.0.113.9, for=10.0.0.1',
    expect: '203.0.113.9',
  },
  {
    name: 'Forwarded: a comma inside quotes separates nothing',
    peer: '127.0.0.1',
    forwarded: 'for=203.0.113.9;host="a,b"',
    expect: '203.0.113.9',
  },
  {
    name: 'Forwarded: a quote left open by the client swallows nothing',
    peer: '127.0.0.1',
    forwarded: 'for="8.8.8.8, for=203.0.113.9',
    expect: '203.0.113.9',
  },
  {
    name: 'Forwarded: nor one before a quoted hop',
    peer: '127.0.0.1',
    forwarded: 'for="8.8.8.8, for="[2001:db8::9]:1"',
    expect: '2001:db8::9',
  },
  {
    name: 'Forwarded: nor one that ends in a backslash',
    peer: '127.0.0.1',
    forwarded: 'for="8.8.8.8\\, for="[2001:db8::9]:1"',
    expect: '2001:db8::9',
  },
  {
    name: 'Forwarded: an escaped quote inside quotes',
    peer: '127.0.0.1',
    forwarded: 'for=8.8.8.8, for=203.0.113.9;host="a\\",b"',
    expect: '203.0.113.9',
  },
  {
    name: 'both headers: the one that proxies append to',
    peer: '127.0.0.1',
    xff: '203.0.113.9',
    forwarded: 'for=8.8.8.8',
    expect: '203.0.113.9',
  },
]

for (const { name, peer, xff, forwarded, expect, source } of rows) {
  test(`client address: ${name}`, () => {
    const client = clientAddress(peer, { forwarded, 'x-forwarded-for': xff }, TRUSTED)
    assert.equal(formatAddress(client.address), expect)
    if (source !== undefined) assert.equal(client.source, source)
  })
}

test('a peer is trusted by the list alone', () => {
  assert.equal(clientAddress('127.0.0.1', {}, TRUSTED).peerIsTrusted, true)
  assert.equal(clientAddress('127.0.0.1', {}, []).peerIsTrusted, false)
  assert.equal(clientAddress('192.0.2.1', { 'x-forwarded-for': '127.0.0.1' }, TRUSTED).peerIsTrusted, false)
})
