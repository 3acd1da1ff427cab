import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameToText } from '../../../src/dns/wire/name.ts'
import { composeData } from '../../../src/dns/wire/record-data.ts'
import type { SvcParam } from '../../../src/domain/zone.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const param = (key: number, value: string): SvcParam => ({ key, value: value === 'auto' ? value : hex(value) })

/** RFC 9460 Appendix D, and what becomes of `auto` hints before they are filled in. */
const ROWS: readonly (readonly [
  title: string,
  priority: number,
  target: string,
  params: readonly SvcParam[],
  wire: string,
])[] = [
  ['D.1 AliasMode', 0, 'foo.example.com', [], '0000 03666f6f 076578616d706c65 03636f6d 00'],
  ['D.2 figure 3: "."', 1, '', [], '0001 00'],
  [
    'D.2 figure 4: a port',
    16,
    'foo.example.com',
    [param(3, '0035')],
    '0010 03666f6f 076578616d706c65 03636f6d 00 0003 0002 0035',
  ],
  [
    'D.2 figure 5: a generic key',
    1,
    'foo.example.com',
    [param(667, '68656c6c6f')],
    '0001 03666f6f 076578616d706c65 03636f6d 00 029b 0005 68656c6c6f',
  ],
  [
    'D.2 figure 6: octets that are no text',
    1,
    'foo.example.com',
    [param(667, '68656c6c6fd2716f6f')],
    '0001 03666f6f 076578616d706c65 03636f6d 00 029b 0009 68656c6c6fd2716f6f',
  ],
  [
    'D.2 figure 7: two IPv6 hints',
    1,
    'foo.example.com',
    [param(6, '20010db8000000000000000000000001 20010db8000000000000000000530001')],
    '0001 03666f6f 076578616d706c65 03636f6d 00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001',
  ],
  [
    'D.2 figure 8: an IPv6 hint',
    1,
    'example.com',
    [param(6, '20010db80122034400000000c0000221')],
    '0001 076578616d706c65 03636f6d 00 0006 0010 20010db80122034400000000c0000221',
  ],
  [
    'D.2 figure 9: sorted by key, mandatory keys too',
    16,
    'foo.example.org',
    [param(0, '00010004'), param(1, '02 6832 05 68332d3139'), param(4, 'c0000201')],
    '0010 03666f6f 076578616d706c65 036f7267 00 0000 0004 00010004 0001 0009 0268320568332d3139 0004 0004 c0000201',
  ],
  [
    'D.2 figure 10: an ALPN id with a comma and a backslash',
    16,
    'foo.example.org',
    [param(1, '08 665c6f6f2c626172 02 6832')],
    '0010 03666f6f 076578616d706c65 036f7267 00 0001 000c 08665c6f6f2c626172 026832',
  ],
  [
    'a hint without addresses is left out, and is mandatory no more',
    1,
    '',
    [param(0, '00010004'), param(1, '026832'), param(4, 'auto'), param(6, '20010db8000000000000000000000001')],
    '0001 00 0000 0002 0001 0001 0003 026832 0006 0010 20010db8000000000000000000000001',
  ],
  ['nothing is left to be mandatory', 1, '', [param(0, '00040006'), param(4, 'auto'), param(6, 'auto')], '0001 00'],
]

for (const [title, priority, target, params, wire] of ROWS) {
  test(`RFC 9460: ${title}`, () => {
    const { head, names, tail, compress } = composeData({ type: 'SVCB', priority, target, params })
    assert.equal(compress, 'forbidden')
    assert.deepEqual(names.map(nameToText), [target])
    const octets = Buffer.concat([head, ...names.map((name) => Buffer.from(name, 'latin1')), tail])
    assert.equal(octets.toString('hex'), hex(wire).toString('hex'))
  })
}
