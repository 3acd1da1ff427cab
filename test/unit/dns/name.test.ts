import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isWithin, nameFromText, nameToText, parentOf, parseName, ROOT } from '../../../src/dns/wire/name.ts'

const LONG_LABEL = 'a'.repeat(63)
const LONGEST = `${LONG_LABEL}.${LONG_LABEL}.${LONG_LABEL}.${'b'.repeat(61)}`

const texts: readonly (readonly [text: string, wire: string | null])[] = [
  ['', '\0'],
  ['.', '\0'],
  ['geo.example', '\x03geo\x07example\0'],
  ['geo.example.', '\x03geo\x07example\0'],
  ['GEO.Example', '\x03geo\x07example\0'],
  ['*.geo', '\x01*\x03geo\0'],
  ['john\\.doe.example', '\x08john.doe\x07example\0'],
  ['\\000\\255.x', '\x02\x00\xff\x01x\0'],
  ['a\\065.x', '\x02aa\x01x\0'],
  [LONG_LABEL, `\x3f${LONG_LABEL}\0`],
  [`${LONG_LABEL}a`, null],
  [LONGEST, `\x3f${LONG_LABEL}\x3f${LONG_LABEL}\x3f${LONG_LABEL}\x3d${'b'.repeat(61)}\0`],
  [`${LONGEST}b`, null],
  ['a..b', null],
  ['.a', null],
  ['a b', null],
  ['münchen.example', null],
  ['\\256.x', null],
  ['a\\', null],
]

for (const [text, wire] of texts) {
  test(`${JSON.stringify(text.slice(0, 40))} is ${wire === null ? 'no name' : 'a name'}`, () => {
    assert.equal(nameFromText(text), wire)
    if (wire !== null) assert.equal(nameFromText(nameToText(wire)), wire)
  })
}

test('names survive the wire and the text', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(label, { maxLength: 6 }), (labels) => {
      const wire = Uint8Array.from([...labels.flatMap((octets) => [octets.length, ...octets]), 0])
      const parsed = parseName(wire, 0, wire.length)
      assert.equal(parsed?.next, wire.length)
      assert.equal(nameFromText(nameToText(parsed?.name ?? '')), parsed?.name)
    }),
  )
})

/** The root, then so many pointers, each to the one before it. */
const chain = (count: number): readonly number[] => [
  0,
  ...Array.from({ length: count }, (_, index) => {
    const target = index === 0 ? 12 : 11 + 2 * index
    return [0xc0 | (target >> 8), target & 0xff]
  }).flat(),
]
const endOfChain = (count: number): number => 11 + 2 * count

/** Twelve octets of header, then what is given; the name is read from `at`. */
const pointers: readonly (readonly [name: string, octets: readonly number[], at: number, result: string | null])[] = [
  ['a pointer backwards', [1, 97, 0, 1, 98, 0xc0, 12], 15, '\x01b\x01a\0'],
  ['a pointer to a pointer', [1, 97, 0, 0xc0, 12, 1, 98, 0xc0, 15], 17, '\x01b\x01a\0'],
  ['as many pointers as a name may have labels', chain(127), endOfChain(127), '\0'],
  ['more pointers than that', chain(128), endOfChain(128), null],
  ['a pointer to itself', [0xc0, 12], 12, null],
  ['a pointer forwards', [0xc0, 14, 0], 12, null],
  ['a pointer into its own name', [1, 97, 0xc0, 12], 12, null],
  ['two pointers to each other', [0xc0, 14, 0xc0, 12], 14, null],
  ['a pointer into the header', [0xc0, 11], 12, null],
  ['half a pointer', [1, 97, 0xc0], 12, null],
  ['a label type 01', [0x41, 97, 0], 12, null],
  ['a label type 10', [0x81, 97, 0], 12, null],
]
for (const [name, octets, at, result] of pointers) {
  test(name, () => {
    const message = Uint8Array.from([...new Array<number>(12).fill(0), ...octets])
    assert.equal(parseName(message, at, message.length)?.name ?? null, result)
  })
}

test('pointers cannot make a name longer than 255 octets', () => {
  const label = [63, ...new Array<number>(63).fill(97)]
  const message = Uint8Array.from([
    ...new Array<number>(12).fill(0),
    ...label,
    ...label,
    0,
    ...label,
    ...label,
    0xc0,
    12,
  ])
  assert.equal(parseName(message, 12 + 129, message.length), null)
  assert.notEqual(parseName(message, 12 + 129 + 64, message.length), null)
})

test('parents and ancestors', () => {
  const name = nameFromText('a.b.example') as string
  assert.equal(parentOf(parentOf(name)), nameFromText('example'))
  assert.equal(parentOf(ROOT), ROOT)
  assert.ok(isWithin(name, name) && isWithin(name, ROOT) && isWithin(name, nameFromText('b.example') as string))
  // The octets agree, the labels do not.
  assert.ok(!isWithin(nameFromText('ab.example') as string, nameFromText('b.example') as string))
  assert.ok(!isWithin(nameFromText('example') as string, name))
})
