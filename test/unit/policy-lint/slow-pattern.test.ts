import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { slowPartOf } from '../../../src/policy/lint/slow-pattern.ts'

const ROWS: readonly (readonly [source: string, slow: string | null])[] = [
  ['ok', null],
  ['^(ok|warm)$', null],
  ['(a+)+', '(a+)+'],
  ['x(a*)*b', '(a*)*'],
  ['(a+b)+', null],
  ['(a+b?)+', '(a+b?)+'],
  ['(\\d+,)+', null],
  ['(.+,)+', '(.+,)+'],
  ['(\\d+\\.)+\\d+', null],
  ['("[^"]*",?)*', null],
  ['(.|\\n)*', '(.|\\n)*'],
  ['(\\w|\\d)+x', '(\\w|\\d)+'],
  ['(a|b|c)*', null],
  ['(a|b+)*', '(a|b+)*'],
  ['(a+ba+)+', '(a+ba+)+'],
  ['(?:x(a+)+)?', '(a+)+'],
  ['((a+)b)+', null],
  ['(a{2,}){3}', null],
  ['(a+){20}', '(a+){20}'],
  ['(a+){2,}', '(a+){2,}'],
  ['(?<name>\\p{L}+)*', '(?<name>\\p{L}+)*'],
  ['(?i:a+)+', '(?i:a+)+'],
  ['(a?)*', null],
  ['[(]+\\((a+)\\)+', null],
  ['(?=.*up)(?!.*down).+', null],
  ['()*', null],
  ['(\\u{61}+\\x62)+\\cA', null],
  ['(a)\\1+', null],
]

for (const [source, slow] of ROWS) {
  test(`${source} ${slow === null ? 'is read in few ways' : 'is slow'}`, () => {
    assert.doesNotThrow(() => new RegExp(source, 'su'))
    assert.equal(slowPartOf(source), slow)
  })
}

const PIECES = [
  'a',
  'b',
  '.',
  '\\d',
  '[a-c]',
  '(',
  '(?:',
  '(?=',
  ')',
  '|',
  '*',
  '+',
  '?',
  '{2,}',
  '{3}',
  '^',
  '\\b',
  '\\(',
]

test('whatever compiles is read to its end, and what is found stands in it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }), (pieces) => {
      const source = pieces.join('')
      if (!compiles(source)) return
      const slow = slowPartOf(source)
      assert(slow === null || source.includes(slow))
    }),
    { numRuns: 2_000 },
  )
})

function compiles(source: string): boolean {
  try {
    return new RegExp(source, 'su').source !== ''
  } catch {
    return false
  }
}
