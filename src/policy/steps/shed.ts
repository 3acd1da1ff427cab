import * as z from 'zod'
import { readFields } from '../read.ts'
import { id } from '../shape/ids.ts'
import { percent } from '../shape/units.ts'
import { defineStep } from './define-step.ts'

const MARK_PHRASE = 'a number of 0 or more, in the unit of the metric'
const mark = z.number(MARK_PHRASE).min(0, MARK_PHRASE)

const shape = z.strictObject({
  metric: id.prefault('load').meta({ description: 'Name of the metric that endpoints report.' }),
  low: mark.meta({ description: 'Up to here nothing is moved away.' }),
  high: mark.meta({ description: 'From here on everything is moved away.' }),
  perMinute: percent.prefault('20%').meta({
    description: 'By how much the share that is moved away may change in a minute; 100%: at once.',
  }),
})

export const shed = defineStep({
  kind: 'shed',
  summary: 'Moves a share of the clients away that rises between the low and the high water mark.',
  shape,
  bare: 'refused',
  fence: 'refused',
  read(params) {
    const fields = readFields(params, shape)
    if (fields?.low === undefined || fields.high === undefined) return undefined
    if (fields.low >= fields.high) {
      params.child('low').report({
        rule: 'bad-range',
        message: `\`low\` is ${fields.low}, \`high\` is ${fields.high}`,
        hint: 'expected `low` to be less than `high`',
      })
    }
    const { metric, low, high, perMinute } = fields
    return { kind: 'shed', metric, low, high, percentPerMinute: perMinute }
  },
})
