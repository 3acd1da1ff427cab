import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint } from '../../../src/policy/lint/lint.ts'
import { RULES } from '../../../src/policy/lint/registry.ts'
import { describeProblem, loadSet } from '../../helpers/policies.ts'
import { documentsOf, type Row } from './documents.ts'
import { CHECK_ROWS } from './rows-checks.ts'
import { CONDITION_ROWS } from './rows-conditions.ts'
import { ENDPOINT_ROWS } from './rows-endpoints.ts'
import { FENCE_ROWS } from './rows-fences.ts'
import { FRONT_END_ROWS } from './rows-front-ends.ts'
import { NAME_ROWS } from './rows-names.ts'
import { STEP_ROWS } from './rows-steps.ts'

const ROWS: readonly Row[] = [
  ...CHECK_ROWS,
  ...CONDITION_ROWS,
  ...ENDPOINT_ROWS,
  ...FENCE_ROWS,
  ...FRONT_END_ROWS,
  ...NAME_ROWS,
  ...STEP_ROWS,
]

test('the documents that rows start from are clean', () => {
  assert.deepEqual(lint(loadSet(documentsOf({}))).map(describeProblem), [])
})

for (const row of ROWS) {
  test(`${row.rule}: ${row.name}`, () => {
    const all = lint(loadSet(documentsOf(row)))
    const found = all.filter(({ rule }) => rule === row.rule)
    assert.deepEqual(
      found.map(({ severity, path }) => [severity, path]),
      row.expect.map(([severity, path]) => [severity, path]),
      all.map(describeProblem).join('\n'),
    )
    for (const [index, [, , says]] of row.expect.entries()) {
      assert.ok(found[index]?.message.includes(says), `${found[index]?.message}\n  does not say: ${says}`)
      assert.ok(found[index]?.hint, 'it does not say how to mend it')
    }
  })
}

test('each rule has a row that it finds and one that it lets pass', () => {
  const lacking = RULES.filter(
    ({ id }) =>
      !ROWS.some(({ rule, expect }) => rule === id && expect.length > 0) ||
      !ROWS.some(({ rule, expect }) => rule === id && expect.length === 0),
  )
  assert.deepEqual(
    lacking.map(({ id }) => id),
    [],
  )
})

test('rules have different ids, in the order of the alphabet', () => {
  const ids = RULES.map(({ id }) => id)
  assert.deepEqual(ids, [...new Set(ids)].sort())
})
