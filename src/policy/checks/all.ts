import * as z from 'zod'
import { readFields } from '../read.ts'
import { checkList } from '../shape/check-list.ts'
import { DERIVED } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({ all: checkList })

export const all = defineCheck({
  kind: 'all',
  summary: 'Up while all of these checks are.',
  example: 'all: [web, raw]',
  shape,
  of: 'checks',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    return fields?.all === undefined ? undefined : { name, kind: 'all', of: fields.all, ...DERIVED }
  },
})
