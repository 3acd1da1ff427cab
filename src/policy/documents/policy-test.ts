import * as z from 'zod'
import type { PolicyTest } from '../../domain/policy.ts'
import type { Cursor } from '../cursor.ts'
import { readFields } from '../read.ts'
import { checkEndpointGlobs, type ServiceScope } from '../service-scope.ts'
import { checkPrefix } from '../shape/addresses.ts'
import { oneOrMore, text } from '../shape/fault.ts'
import { idGlob } from '../shape/ids.ts'
import { checkCountry, checkSubdivision } from '../shape/places.ts'

const from = text(
  'a network, an address, a country such as `DE` or a subdivision such as `US-VA`',
  {
    description: 'Who asks: a network, an address, a country (`DE`) or a subdivision (`US-VA`).',
    examples: ['81.2.69.0/24', 'DE', 'US-VA'],
  },
  (value, fail): PolicyTest['from'] => {
    if (/[.:/]/.test(value)) return { prefix: checkPrefix(value, fail) }
    if (!value.includes('-')) return { country: checkCountry(value, fail), subdivision: null }
    const code = checkSubdivision(value, fail)
    // After a fault the code is zod's NEVER, and the result is thrown away.
    return { country: String(code).slice(0, 2), subdivision: String(code).slice(3) }
  },
)

export const testShape = z
  .strictObject({
    from,
    expect: oneOrMore(idGlob).optional().meta({ description: 'The first answer must be one of these.' }),
    never: oneOrMore(idGlob).optional().meta({ description: 'No answer may be one of these.' }),
    down: oneOrMore(idGlob).optional().meta({ description: 'Endpoints taken to be down.' }),
  })
  .meta({ id: 'test', description: 'What the policy must answer; run by `nearcast check`.' })

/** One entry of `tests`; undefined after reporting what is wrong. */
export function readTest(cursor: Cursor, scope: ServiceScope): PolicyTest | undefined {
  const fields = readFields(cursor, testShape)
  if (fields === undefined) return undefined
  const keys = cursor.entries().map(([key]) => key)
  if (!keys.includes('expect') && !keys.includes('never')) {
    cursor.report({
      rule: 'test-without-expectation',
      message: 'the test expects nothing',
      hint: 'expected `expect` or `never`',
    })
  }
  for (const key of ['expect', 'never', 'down'] as const) {
    if (fields[key] !== undefined) checkEndpointGlobs(cursor.child(key), scope)
  }
  if (fields.from === undefined) return undefined
  return {
    from: fields.from,
    expect: fields.expect ?? [],
    never: fields.never ?? [],
    down: fields.down ?? [],
    at: cursor.at(),
  }
}
