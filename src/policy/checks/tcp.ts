import * as z from 'zod'
import { readFields } from '../read.ts'
import { whole } from '../shape/fault.ts'
import { scheduleFields, scheduleOf } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({
  tcp: whole(1, 65_535, 'a port').meta({ description: 'Port to connect to.' }),
  ...scheduleFields,
})

export const tcp = defineCheck({
  kind: 'tcp',
  summary: 'Connects to a TCP port.',
  example: 'tcp: 443',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields === undefined) return undefined
    const schedule = scheduleOf(cursor, fields)
    return fields.tcp === undefined ? undefined : { name, kind: 'tcp', port: fields.tcp, ...schedule }
  },
})
