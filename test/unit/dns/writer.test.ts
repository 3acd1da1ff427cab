import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TYPE } from '../../../src/dns/wire/codes.ts'
import { addressData, nameData, wireNameOf } from '../../../src/dns/wire/record-data.ts'
import { writeRRset, writerBehindQuestion } from '../../../src/dns/wire/writer.ts'

const QNAME = wireNameOf('www.geo.example')
const QUESTION_END = 12 + QNAME.length + 4

const writer = (room: number) => {
  const out = new Uint8Array(20_000)
  return writerBehindQuestion(out, QUESTION_END + room, QNAME, QUESTION_END)
}
const cname = (owner: string, target: string) => ({
  owner: wireNameOf(owner),
  type: TYPE.CNAME,
  ttlSeconds: 60,
  data: [nameData(wireNameOf(target))],
})

test('an RRset that does not fit leaves nothing behind, no name either', () => {
  const message = writer(40)
  assert.equal(
    writeRRset(message, 1, {
      ...cname('www.geo.example', 'a.new.test'),
      data: [nameData(wireNameOf('a.new.test')), nameData(wireNameOf('b.other.test'))],
    }),
    false,
  )
  assert.equal(message.position, QUESTION_END)
  assert.equal(writeRRset(message, 1, cname('www.geo.example', 'new.test')), true)
  // Owner: a pointer. Target: written out, because nothing of it stands in the message.
  assert.equal(message.position, QUESTION_END + 2 + 10 + 'new.test'.length + 2)
})

test('names beyond 14 bits are written but not pointed to', () => {
  const message = writer(19_000)
  const many = Array.from({ length: 1100 }, (_, index) => addressData(Uint8Array.of(10, 0, index >> 8, index & 0xff)))
  assert.equal(writeRRset(message, 1, { owner: QNAME, type: TYPE.A, ttlSeconds: 60, data: many }), true)
  assert.ok(message.position > 0x3fff)
  const lengths = [1, 2].map(() => {
    const before = message.position
    assert.equal(writeRRset(message, 1, cname('www.geo.example', 'late.test')), true)
    return message.position - before
  })
  assert.deepEqual(lengths, [2 + 10 + 11, 2 + 10 + 11])
})
