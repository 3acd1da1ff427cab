import * as z from 'zod'
import { MAX_CHECKS } from '../limits.ts'
import { readFields } from '../read.ts'
import { checkList } from '../shape/check-list.ts'
import { whole } from '../shape/fault.ts'
import { DERIVED } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({
  atLeast: whole(1, MAX_CHECKS).meta({ description: 'Up while so many of `of` are.' }),
  of: checkList,
})

export const atLeast = defineCheck({
  kind: 'atLeast',
  summary: 'Up while so many of these checks are.',
  example: 'atLeast: 2, of: [a, b, c]',
  shape,
  of: 'checks',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields?.atLeast === undefined || fields.of === undefined) return undefined
    const { atLeast: n, of } = fields
    if (n > of.length) {
      cursor.child('atLeast').report({
        rule: 'too-few-checks',
        message: `\`atLeast\` is ${n}, and \`of\` names ${of.length}: it would never be up`,
        hint: `expected at most ${of.length}`,
      })
    }
    return { name, kind: 'atLeast', n, of, ...DERIVED }
  },
})
