import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatAddress,
  formatPrefix,
  normaliseAddress,
  parseAddress,
  parsePrefix,
  prefixCovers,
  prefixOf,
  specialPurposeOf,
  unmapped,
} from '../../../src/domain/address.ts'

const ADDRESSES: readonly (readonly [text: string, canonical: string | null])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['8.8.8', null],
  ['1.2.3.4.5', null],
  ['8.8.8.8/24', null],
  ['256.1.1.1', null],
  ['01.2.3.4', null],
  ['1.2.3.4.', null],
  ['.1.2.3.4', null],
  [' 1.2.3.4', null],
  ['1.2.3.-4', null],
  ['0x7f.0.0.1', null],
  ['', null],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0:0:0:1:0:0:0', '1::1:0:0:0'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['1::2::3', null],
  ['1:2:3:4:5:6:7', null],
  ['1:2:3:4:5:6:7:8:9', null],
  ['1:2:3:4:5:6:7:8::', null],
  ['12345::', null],
  ['g::', null],
  [':::', null],
  [':1', null],
  ['1:', null],
  ['::1%eth0', null],
  ['[::1]', null],
  ['1.2.3.4::', null],
  ['::1.2.3', null],
  ['8.8.8.8:53', null],
]

for (const [text, canonical] of ADDRESSES) {
  test(`the address ${JSON.stringify(text)} is ${canonical ?? 'refused'}`, () => {
    const parsed = parseAddress(text)
    assert.equal(parsed === null ? null : formatAddress(parsed), canonical)
  })
}

test('what Node takes for an address without a zone, and only that, is one here', () => {
  const piece = fc.oneof(
    fc.constantFrom(':', '::', '.', 'ffff', '0', '00', '1', '255', '256', 'g'),
    fc.nat(300).map(String),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
      const text = pieces.join('')
      assert.equal(parseAddress(text)?.family ?? 0, isIP(text), text)
    }),
    { numRuns: 5_000 },
  )
})

test('written addresses read back as the same octets', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(fc.oneof(octets(4), octets(16)), (bytes) => {
      const family = bytes.length === 4 ? 4 : 6
      assert.deepEqual(parseAddress(formatAddress({ family, bytes })), { family, bytes })
    }),
  )
})

const PREFIXES = [
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.1', '192.0.2.1/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['192.0.2.1/24', 'hostBits 192.0.2.0/24'],
  ['2001:db8::1/64', 'hostBits 2001:db8::/64'],
  ['192.0.2.0/33', 'lengthOutOfRange'],
  ['::/129', 'lengthOutOfRange'],
  ['192.0.2.0/', 'notAPrefix'],
  ['192.0.2.0/-1', 'notAPrefix'],
  ['192.0.2.0/24/24', 'notAPrefix'],
  ['192.0.2.0/2 4', 'notAPrefix'],
  ['example', 'notAPrefix'],
] as const

for (const [text, expected] of PREFIXES) {
  test(`the prefix ${text} is ${expected}`, () => {
    const parsed = parsePrefix(text)
    const found = parsed.ok
      ? formatPrefix(parsed.prefix)
      : parsed.problem + (parsed.problem === 'hostBits' ? ` ${parsed.suggestion}` : '')
    assert.equal(found, expected)
  })
}

const NORMAL = [
  ['::ffff:8.8.8.8', '8.8.8.8'],
  ['64:ff9b::8.8.8.8', '8.8.8.8'],
  ['2002:808:808::1', '8.8.8.8'],
  ['8.8.8.8', '8.8.8.8'],
  ['2001:4860::8888', '2001:4860::8888'],
  // Teredo hides the client behind an obfuscated address; nothing is unwrapped there.
  ['2001:0:53aa:64c::1', '2001:0:53aa:64c::1'],
  ['64:ff9b:1::8.8.8.8', '64:ff9b:1::808:808'],
] as const

for (const [text, expected] of NORMAL) {
  test(`${text} normalises to ${expected}`, () => {
    const address = parseAddress(text)
    assert.ok(address)
    assert.equal(formatAddress(normaliseAddress(address)), expected)
  })
}

for (const [text, expected] of [
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['::192.0.2.1', '::c000:201'],
  ['64:ff9b::7f00:1', '64:ff9b::7f00:1'],
  ['2002:7f00:1::', '2002:7f00:1::'],
  ['2001:db8::1', '2001:db8::1'],
] as const) {
  test(`for trust ${text} is ${expected}`, () => {
    const address = parseAddress(text)
    assert.ok(address)
    assert.equal(formatAddress(unmapped(address)), expected)
  })
}

test('a prefix covers what agrees in its bits, and nothing of the other family', () => {
  const rows = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/9', '10.128.0.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['::/0', '10.0.0.1', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['192.0.2.1/32', '192.0.2.0', false],
  ] as const
  for (const [prefixText, addressText, expected] of rows) {
    const parsed = parsePrefix(prefixText)
    const address = parseAddress(addressText)
    assert.ok(parsed.ok && address)
    assert.equal(prefixCovers(parsed.prefix, address), expected, `${prefixText} ${addressText}`)
  }
})

test('cutting to a length clears every bit beyond it', () => {
  const address = parseAddress('255.255.255.255')
  assert.ok(address)
  const texts = [0, 1, 7, 8, 9, 31, 32].map((length) => formatPrefix(prefixOf(address, length)))
  assert.deepEqual(texts, [
    '0.0.0.0/0',
    '128.0.0.0/1',
    '254.0.0.0/7',
    '255.0.0.0/8',
    '255.128.0.0/9',
    '255.255.255.254/31',
    '255.255.255.255/32',
  ])
})

const SPECIAL = [
  ['10.1.2.3', true],
  ['127.0.0.1', true],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['172.32.0.1', false],
  ['198.20.0.1', false],
  ['8.8.8.8', false],
  ['::1', true],
  ['fe80::1', true],
  ['fd00::1', true],
  ['2001:db8::1', true],
  ['2001:4860::1', false],
  ['2001:200::1', false],
  ['2606:4700::1', false],
] as const

for (const [text, expected] of SPECIAL) {
  test(`${text} ${expected ? 'has a special purpose' : 'may have a place'}`, () => {
    const address = parseAddress(text)
    assert.ok(address)
    assert.equal(specialPurposeOf(address) !== null, expected)
  })
}
