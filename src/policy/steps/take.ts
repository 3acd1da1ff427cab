import * as z from 'zod'
import { MAX_ENDPOINTS } from '../limits.ts'
import { read } from '../read.ts'
import { whole } from '../shape/fault.ts'
import { defineStep } from './define-step.ts'

const count = whole(1, MAX_ENDPOINTS, 'a number of endpoints')
const shape = z.union([count, z.strictObject({ n: count }).transform(({ n }) => n)])

export const take = defineStep({
  kind: 'take',
  summary: 'How many endpoints to hand out.',
  shape,
  bare: 'refused',
  fence: 'refused',
  read(params) {
    const n = read(params, shape)
    return n === undefined ? undefined : { kind: 'take', n }
  },
})
