import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameReader } from '../../../src/dns/frame-reader.ts'

/** What is read of a stream that comes in segments of the sizes given, over and over. */
function readAll(stream: Buffer, sizes: readonly number[]): string[] {
  const reader = createFrameReader()
  const seen: string[] = []
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    let rest = stream.subarray(at, at + size)
    at += size
    while (rest.length > 0) {
      const read = reader.read(rest)
      assert.ok(read.rest.length < rest.length, 'every read takes something')
      rest = read.rest
      if (read.message !== 'none') seen.push(read.message === 'empty' ? 'empty' : read.message.toString('hex'))
    }
  }
  return seen
}

const frame = (body: Buffer): Buffer => Buffer.concat([Buffer.of(body.length >> 8, body.length & 0xff), body])
const filled = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 7) & 0xff))
const BODIES = [2, 0, 1, 511, 512, 513, 1025, 30_000, 65_535, 3].map(filled)
const STREAM = Buffer.concat(BODIES.map(frame))
const MESSAGES = BODIES.map((body) => (body.length === 0 ? 'empty' : body.toString('hex')))

for (const sizes of [[1], [2], [3], [511], [512, 1], [1400], [65_536], [STREAM.length], [1, 2, 3, 5, 8, 13, 4000]]) {
  test(`frames are cut wherever segments end: segments of ${sizes.join(', ')}`, () => {
    assert.deepEqual(readAll(STREAM, sizes), MESSAGES)
  })
}

test('half a frame is no message', () => {
  assert.deepEqual(readAll(STREAM.subarray(0, STREAM.length - 1), [1400]), MESSAGES.slice(0, -1))
})
