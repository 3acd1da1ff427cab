import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { RULES } from '../../../src/policy/lint/registry.ts'

const text = readFileSync(new URL('../../../docs/lint-rules.md', import.meta.url), 'utf8')
const documented = [...text.matchAll(/^### (\S+)$/gm)].map((match) => match[1] ?? '')
/** Found by `runPolicyTests`, not by a rule. */
const OF_TESTS = ['test-failed', 'test-not-judged']

test('every rule is documented, and every documented rule is there', () => {
  assert.deepEqual([...documented].sort(), [...RULES.map(({ id }) => id), ...OF_TESTS].sort())
})

test('every rule says how to mend it', () => {
  const lacking = text
    .split(/^### /m)
    .slice(1)
    .filter((section) => !section.includes('*Mend:*'))
    .map((section) => section.split('\n')[0])
  assert.deepEqual(
    lacking.filter((id) => id !== 'test-failed'),
    [],
  )
})
