import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileGlobs } from '../../../src/domain/glob.ts'

describe('compileGlobs', () => {
  const rows: readonly [globs: readonly string[], text: string, matches: boolean][] = [
    [[], '', false],
    [[''], '', true],
    [['*'], '', true],
    [['*'], 'anything', true],
    [['a'], 'a', true],
    [['a'], 'ab', false],
    [['a*'], 'a', true],
    [['a*'], 'ba', false],
    [['*a'], 'ba', true],
    [['*a'], 'ab', false],
    [['a*b'], 'ab', true],
    [['a*b'], 'axxb', true],
    [['a*b'], 'a', false],
    [['aa*aa'], 'aaa', false],
    [['a*b*c'], 'a-b-c', true],
    [['a*b*c'], 'a-c-b', false],
    [['a*bc*c'], 'abc', false],
    [['a*bc*c'], 'abcc', true],
    [['**'], 'x', true],
    [['a', 'b*'], 'bx', true],
    [['.*'], 'x', false],
    [['[a]'], 'a', false],
  ]
  for (const [globs, text, matches] of rows) {
    it(`${JSON.stringify(globs)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      assert.equal(compileGlobs(globs)(text), matches)
    })
  }

  it('takes no time over what would make a regular expression backtrack', () => {
    const glob = `${'a*'.repeat(40)}b`
    assert.equal(compileGlobs([glob])('a'.repeat(20_000)), false)
  })
})
