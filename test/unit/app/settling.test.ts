import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settling } from '../../../src/app/settling.ts'

/** What happens in turn: `n` a notice, `q` a quiet time ends, `c` everything is called off. */
const rows: [name: string, turns: string, calls: number][] = [
  ['nothing', '', 0],
  ['one notice', 'nq', 1],
  ['before the quiet time is over', 'n', 0],
  ['many notices at once', 'nnnnq', 0],
  ['many notices, then a quiet time', 'nnnnqq', 1],
  ['two saves apart', 'nqnq', 2],
  ['notices in each of four quiet times', 'nnqnqnqnq', 0],
  ['notices without end', 'nnqnqnqnqnq', 1],
  ['notices without end, and after it', 'nnqnqnqnqnqnq', 2],
  ['called off', 'ncq', 0],
  ['called off before anything', 'c', 0],
]

for (const [name, turns, calls] of rows) {
  test(`settling: ${name}`, () => {
    const waiting = new Set<() => void>()
    const schedule = (task: () => void, delayMs: number): (() => void) => {
      assert.equal(delayMs, 100)
      waiting.add(task)
      return () => waiting.delete(task)
    }
    let done = 0
    const settled = settling(schedule, 100, () => done++)
    for (const turn of turns) {
      if (turn === 'n') settled.notice()
      if (turn === 'c') settled.cancel()
      if (turn !== 'q') continue
      assert.ok(waiting.size <= 1)
      for (const task of [...waiting]) {
        waiting.delete(task)
        task()
      }
    }
    assert.equal(done, calls)
  })
}
