import * as z from 'zod'
import { readFields } from '../read.ts'
import { duration, percent } from '../shape/units.ts'
import { defineStep } from './define-step.ts'

const shape = z.strictObject({
  within: duration(0, 10, 'Within so much of the best counts as equal.').prefault('0ms'),
  explore: percent.prefault('0.5%').meta({
    description: 'So many of the clients get the second best first, so that it is measured too; 0: none.',
  }),
})

export const fastest = defineStep({
  kind: 'fastest',
  summary: 'Orders endpoints by estimated round-trip time to the client.',
  shape,
  bare: 'allowed',
  fence: 'refused',
  read(params) {
    const fields = readFields(params, shape)
    return fields && { kind: 'fastest', withinMs: Math.round(fields.within * 1000), explorePercent: fields.explore }
  },
})
