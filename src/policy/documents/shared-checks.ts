import * as z from 'zod'
import type { Check } from '../../domain/check.ts'
import { membersOf } from '../../domain/check.ts'
import { readCheck, sharedCheckShape } from '../checks/read-check.ts'
import type { Cursor } from '../cursor.ts'
import { idKey } from '../shape/ids.ts'

export const sharedChecksShape = z
  .strictObject({
    $schema: z.string().optional(),
    checks: z.record(idKey, sharedCheckShape).meta({ description: 'Name → check.' }),
  })
  .meta({ title: 'Checks', description: 'Checks that several services use by name.' })

/** One shared check; undefined after reporting what is wrong. */
export function readSharedCheck(cursor: Cursor, name: string): Check | undefined {
  const check = readCheck(cursor, name)
  if (check === undefined || membersOf(check).length === 0) return check
  cursor.report({
    rule: 'shared-composite',
    message: `\`${check.kind}\` in a shared check: it would speak of the checks of whichever service uses it`,
    hint: 'write it in the service',
    part: 'key',
  })
  return undefined
}
