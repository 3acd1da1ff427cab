import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FRONT_ENDS } from '../../../src/domain/client.ts'
import { composeDecisionId, parseDecisionId } from '../../../src/steering/decision-id.ts'

const PLAIN = { noNullPrototype: true } as const
const uint32 = fc.nat(0xffffffff)

test('a decision id reads back as what it was made of, and is safe in headers, paths and TXT strings', () => {
  const key = fc.record(
    {
      service: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
      revision: fc.nat(),
      frontEnd: fc.constantFrom(...FRONT_ENDS),
      locationId: fc.nat(500_000),
      classId: fc.maxSafeNat().map((it) => it % 2 ** 50),
      slot: fc.record({ canary: uint32, spread: uint32 }, PLAIN),
    },
    PLAIN,
  )
  fc.assert(
    fc.property(key, (it) => {
      const id = composeDecisionId(it)
      assert.match(id, /^[a-z0-9:-]{1,80}$/)
      assert.deepEqual(parseDecisionId(id), it)
    }),
  )
})

for (const text of [
  '',
  'api',
  'api:1:d:0:0:0',
  'api:1:x:0:0:0:0',
  'api:1:d:0:0:0:zzzzzzz',
  ':1:d:0:0:0:0',
  'api:1:d:0:0:0:0:0',
  'api:-1:d:0:0:0:0',
]) {
  test(`${JSON.stringify(text)} is no decision id`, () => {
    assert.equal(parseDecisionId(text), null)
  })
}
