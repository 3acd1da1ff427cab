import assert from 'node:assert/strict'
import { test } from 'node:test'
import { globMatches } from '../../../src/policy/shape/ids.ts'
import { didYouMean, suggest } from '../../../src/policy/suggest.ts'

const ROWS: readonly (readonly [found: string, known: readonly string[], expected: string | null])[] = [
  ['withn', ['within', 'bias'], 'within'],
  ['wihtin', ['within', 'width'], 'within'],
  ['WITHIN', ['within'], 'within'],
  ['frankfort', ['frankfurt', 'tokyo'], 'frankfurt'],
  ['ue', ['us', 'eu'], 'eu'],
  ['a', ['b'], 'b'],
  ['ab', ['cd'], null],
  ['tokyo', ['frankfurt'], null],
  ['shuffle', ['shed', 'spread'], null],
  ['', ['a'], 'a'],
  ['', ['ab'], null],
  ['x', [], null],
  ['x'.repeat(81), ['x'.repeat(80)], null],
  ['é', ['e'], 'e'],
]

for (const [found, known, expected] of ROWS) {
  test(`suggest ${found.slice(0, 12)} of ${known.join(', ').slice(0, 20)}`, () =>
    assert.equal(suggest(found, known), expected))
}

test('what there is to choose from, when nothing is near', () => {
  assert.equal(didYouMean('x', []), null)
  assert.equal(didYouMean('tokyo', ['fra', 'iad']), 'known: `fra`, `iad`')
  assert.equal(didYouMean('tokyo', 'abcdefghij'), 'known: `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h` and 2 more')
  assert.equal(didYouMean('interval', ['fall', 'every']), 'did you mean `every`?')
  assert.equal(didYouMean('interval', ['fall']), 'known: `fall`')
  assert.equal(didYouMean('frb', ['fra', 'iad']), 'did you mean `fra`?')
})

const GLOBS: readonly (readonly [glob: string, id: string, matches: boolean])[] = [
  ['eu', 'eu', true],
  ['eu', 'eu1', false],
  ['eu*', 'eu', true],
  ['eu*', 'eu-1', true],
  ['*', '', true],
  ['*-1', 'eu-1', true],
  ['*-1', '1', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-c', true],
  ['a*b*c', 'acb', false],
  ['a*bb*b', 'abbb', true],
  ['a*bb*b', 'abb', false],
  ['a.c', 'abc', false],
  ['**', 'x', true],
  [`${'*a'.repeat(30)}b`, 'a'.repeat(1000), false],
]

for (const [glob, id, matches] of GLOBS) {
  test(`glob ${glob.slice(0, 12)} ${matches ? 'matches' : 'does not match'} ${id.slice(0, 12)}`, () =>
    assert.equal(globMatches(glob, id), matches))
}
