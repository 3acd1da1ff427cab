import * as z from 'zod'
import { readFields } from '../read.ts'
import { id } from '../shape/ids.ts'
import { DERIVED } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({ not: id.meta({ description: 'Name of a check of the same service.' }) })

export const not = defineCheck({
  kind: 'not',
  summary: 'Up while this check is down, and the other way round.',
  example: 'not: maintenance',
  shape,
  of: 'checks',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    return fields?.not === undefined ? undefined : { name, kind: 'not', of: fields.not, ...DERIVED }
  },
})
