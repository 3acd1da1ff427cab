import * as z from 'zod'
import { readFields } from '../read.ts'
import { checkList } from '../shape/check-list.ts'
import { DERIVED } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({ any: checkList })

export const any = defineCheck({
  kind: 'any',
  summary: 'Up while one of these checks is.',
  example: 'any: [web, raw]',
  shape,
  of: 'checks',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    return fields?.any === undefined ? undefined : { name, kind: 'any', of: fields.any, ...DERIVED }
  },
})
