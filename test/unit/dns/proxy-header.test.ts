import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProxyHeader } from '../../../src/dns/proxy-header.ts'
import { formatAddress } from '../../../src/domain/address.ts'
import { composeProxyHeader as header } from '../../helpers/proxy-header.ts'

/** As one word: the client, `own`, `needs n`, or why there is no header; with the length where there is one. */
function read(octets: Uint8Array, length = octets.length): string {
  const result = readProxyHeader(octets, length)
  switch (result.kind) {
    case 'header':
      return `${result.client === null ? 'own' : formatAddress(result.client)} ${result.length}`
    case 'partial':
      return `needs ${result.needed}`
    case 'malformed':
      return result.why
  }
}

const V4 = { source: '198.51.100.7', destination: '192.0.2.1' }
const V6 = { source: '2001:db8::7', destination: '2001:db8::1' }
const TLVS = Buffer.from('030004aabbccdd04000100', 'hex')
const changed = (octets: Buffer, at: number, value: number): Buffer => {
  octets[at] = value
  return octets
}

for (const [name, octets, wanted] of [
  ['IPv4 over TCP', header(V4), '198.51.100.7 28'],
  ['IPv4 over UDP', header({ ...V4, protocol: 2 }), '198.51.100.7 28'],
  ['IPv4 over who knows what', header({ ...V4, protocol: 0 }), '198.51.100.7 28'],
  ['IPv6', header(V6), '2001:db8::7 52'],
  ['IPv4 with TLVs', header({ ...V4, tlvs: TLVS }), `198.51.100.7 ${28 + TLVS.length}`],
  ['IPv6 with TLVs', header({ ...V6, tlvs: TLVS }), `2001:db8::7 ${52 + TLVS.length}`],
  ['TLVs that are none', header({ ...V4, tlvs: Buffer.alloc(100, 0xff) }), '198.51.100.7 128'],
  ['a message behind it', Buffer.concat([header(V4), Buffer.alloc(40)]), '198.51.100.7 28'],
  ['LOCAL, without addresses', header({ command: 0, family: 0, addresses: Buffer.alloc(0) }), 'own 16'],
  ['LOCAL, with addresses and TLVs', header({ ...V4, command: 0, tlvs: TLVS }), `own ${28 + TLVS.length}`],
  ['LOCAL, of an unknown family', header({ command: 0, family: 15, protocol: 15 }), 'own 16'],
  ['an unspecified family', header({ family: 0, addresses: Buffer.alloc(0) }), 'own 16'],
  ['an unspecified family, with octets', header({ family: 0, addresses: Buffer.alloc(7) }), 'own 23'],
  ['the largest', header({ ...V4, tlvs: Buffer.alloc(8192 - 12) }), '198.51.100.7 8208'],

  ['nothing', Buffer.alloc(0), 'needs 16'],
  ['one octet', header(V4).subarray(0, 1), 'needs 16'],
  ['fifteen octets', header(V4).subarray(0, 15), 'needs 16'],
  ['no addresses yet', header(V4).subarray(0, 16), 'needs 28'],
  ['half the addresses', header(V6).subarray(0, 51), 'needs 52'],

  ['a query', Buffer.from('123401000001000000000000', 'hex'), 'there is none'],
  ['a signature with a slip', changed(header(V4), 11, 0x0b), 'there is none'],
  ['version 1', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 1 2\r\n'), 'it is one of version 1'],
  ['version 1 in binary', changed(header(V4), 12, 0x11), 'it is of version 1, expected 2'],
  ['version 3', changed(header(V4), 12, 0x31), 'it is of version 3, expected 2'],
  ['an unknown command', header({ ...V4, command: 2 }), 'command 2 is unknown'],
  ['an unknown protocol', header({ ...V4, protocol: 3 }), 'family and protocol 19 are unknown'],
  ['an unknown family', header({ family: 4, addresses: Buffer.alloc(12) }), 'family and protocol 65 are unknown'],
  [
    'a socket of the file system',
    header({ family: 3, addresses: Buffer.alloc(216) }),
    'it names a socket of the file system as client',
  ],
  [
    'too few addresses, IPv4',
    header({ family: 1, addresses: Buffer.alloc(11) }),
    'it has 11 octets of addresses, expected 12',
  ],
  [
    'too few addresses, IPv6',
    header({ family: 2, addresses: Buffer.alloc(12) }),
    'it has 12 octets of addresses, expected 36',
  ],
  ['no addresses', header({ family: 1, addresses: Buffer.alloc(0) }), 'it has 0 octets of addresses, expected 12'],
  [
    'more than is read',
    header({ ...V4, tlvs: Buffer.alloc(8193 - 12) }).subarray(0, 16),
    'it has 8193 octets of addresses and TLVs, at most 8192 are read',
  ],
] as const) {
  test(`${name}: ${wanted}`, () => assert.equal(read(octets), wanted))
}

test('nothing is read past the length that is given', () => {
  const octets = header(V4)
  for (let length = 0; length < octets.length; length++) assert.match(read(octets, length), /^needs (16|28)$/)
  assert.equal(read(octets, 1000), '198.51.100.7 28')
})

test('the client does not change with the octets it was read from', () => {
  const octets = header(V4)
  const result = readProxyHeader(octets, octets.length)
  octets.fill(0)
  assert.ok(result.kind === 'header' && result.client !== null && formatAddress(result.client) === '198.51.100.7')
})
