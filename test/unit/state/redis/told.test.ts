import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreChange } from '../../../../src/ports/store.ts'
import type { Mark } from '../../../../src/state/redis/mark.ts'
import { createTold, type Told } from '../../../../src/state/redis/told.ts'

/** `e 3a 2b`: the epoch, the newest revision and its write, the overrides alike. `-` is an empty Redis. */
function mark(text: string): Mark {
  const [epoch = '-', revision = '', overrides = ''] = text.split(' ')
  const step = (part: string) => ({ number: Number.parseInt(part || '0', 10), id: part.replace(/^\d+/, '') })
  return { epoch: epoch === '-' ? null : epoch, change: 0, revision: step(revision), overrides: step(overrides) }
}

const EMPTY = 'Redis is empty; revision 3 was the newest. What is in force here stays.'
const LOST = (from: number, to: number): string =>
  `Redis has lost the revision ${from}: the newest there is ${to}. What is in force here stays.`

type Act = (told: Told) => void
const look =
  (found: string, before?: string): Act =>
  (told) =>
    told.look(mark(found), before === undefined ? told.known() : mark(before))
const written =
  (number: number, id: string): Act =>
  (told) =>
    told.step('revision', { number, id })

const rows: [name: string, first: string, acts: Act[], heard: (string | number)[]][] = [
  ['nothing new', 'e 3a 2b', [look('e 3a 2b')], []],
  ['the first of all', '-', [look('e 1a')], [1]],
  ['a revision', 'e 3a 2b', [look('e 4c 2b'), look('e 4c 2b')], [4]],
  ['several at once are one', 'e 3a 2b', [look('e 9c 7d')], [9, 'overrides']],
  ['an own write, of which the notice comes too', 'e 3a', [written(4, 'b'), written(4, 'b')], [4]],
  ['the answer to an own write after the notice of a later one', 'e 3a', [written(5, 'c'), written(4, 'b')], [5]],
  ['a look that began before an own write', 'e 3a', [written(4, 'b'), look('e 3a', 'e 3a')], [4]],
  ['the same number by another write', 'e 3a', [look('e 3x')], [3]],
  ['empty, once', 'e 3a', [look('-'), look('-')], [EMPTY]],
  ['empty, and as before again', 'e 3a', [look('-'), look('e 3a'), look('-')], [EMPTY, EMPTY]],
  ['empty, and begun anew', 'e 3a 2b', [look('-'), look('f 1c')], [EMPTY, 1, 'overrides']],
  ['another epoch', 'e 3a 2b', [look('f 7c 2d')], [7, 'overrides']],
  ['went back, once', 'e 3a', [look('e 2z'), look('e 2z')], [LOST(3, 2)]],
  ['went back twice', 'e 3a', [look('e 2z'), look('e 1y')], [LOST(3, 2), LOST(3, 1)]],
  ['went back, and was built on', 'e 3a', [look('e 1y'), look('e 2x'), look('e 3w')], [LOST(3, 1), 2, 3]],
  ['went back, and came again', 'e 3a', [look('e 2z'), look('e 3a'), look('e 4b')], [LOST(3, 2), 4]],
]
for (const [name, first, acts, heard] of rows) {
  test(`told: ${name}`, () => {
    const said: (string | number)[] = []
    const tell = (change: StoreChange) => said.push(change.kind === 'revision' ? change.number : change.kind)
    const told = createTold(mark(first), tell, (message) => said.push(message))
    for (const act of acts) act(told)
    assert.deepEqual(said, heard)
  })
}
