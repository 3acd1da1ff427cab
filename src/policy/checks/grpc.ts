import * as z from 'zod'
import { readFields } from '../read.ts'
import { orQuote, whole } from '../shape/fault.ts'
import { scheduleFields, scheduleOf } from '../shape/schedule.ts'
import { refuseTls, tlsFields, tlsOf } from '../shape/tls.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({
  grpc: whole(1, 65_535, 'a port').meta({ description: 'Port to connect to.' }),
  service: z
    .string({ error: orQuote('the name of a gRPC service, such as `shop.Cart`') })
    .max(256, 'a name of at most 256 characters')
    .prefault('')
    .meta({ description: 'Name of the gRPC service; the server as a whole when left out.' }),
  transport: z
    .enum(['plain', 'tls'])
    .prefault('plain')
    .meta({ description: '`plain` is HTTP/2 without TLS (h2c with prior knowledge).' }),
  ...tlsFields,
  ...scheduleFields,
})

export const grpc = defineCheck({
  kind: 'grpc',
  summary: 'Asks by gRPC health checking (grpc.health.v1).',
  example: 'grpc: 50051',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields === undefined) return undefined
    const isPlain = fields.transport === 'plain'
    if (isPlain) refuseTls(cursor, '`transport` is `plain`', 'write `transport: tls`, or remove it')
    const schedule = scheduleOf(cursor, fields)
    const { grpc: port, service } = fields
    return port === undefined
      ? undefined
      : { name, kind: 'grpc', port, service, tls: isPlain ? null : tlsOf(fields), ...schedule }
  },
})
