import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameReader } from '../../../src/dns/frame-reader.ts'

test('frames are cut wherever segments end', () => {
  const reader = createFrameReader()
  const stream = Buffer.from([0, 2, 1, 2, 0, 0, 0, 1, 3])
  const seen: string[] = []
  for (const octet of stream) {
    const { message, rest } = reader.read(Buffer.from([octet]))
    assert.equal(rest.length, 0)
    if (message !== 'none') seen.push(message === 'empty' ? message : message.toString('hex'))
  }
  assert.deepEqual(seen, ['0102', 'empty', '03'])
})
