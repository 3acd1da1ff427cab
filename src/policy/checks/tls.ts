import * as z from 'zod'
import { readFields } from '../read.ts'
import { oneOrMore, whole } from '../shape/fault.ts'
import { alpnId } from '../shape/https.ts'
import { scheduleFields, scheduleOf } from '../shape/schedule.ts'
import { tlsFields, tlsOf } from '../shape/tls.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({
  tls: whole(1, 65_535, 'a port').meta({ description: 'Port to connect to.' }),
  alpn: oneOrMore(alpnId)
    .optional()
    .meta({ description: 'Protocols that are offered; the server must take one of them (RFC 7301).' }),
  ...tlsFields,
  ...scheduleFields,
})

export const tls = defineCheck({
  kind: 'tls',
  summary: 'Shakes hands by TLS and looks at the certificate.',
  example: 'tls: 443',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields === undefined) return undefined
    const schedule = scheduleOf(cursor, fields)
    if (fields.tls === undefined) return undefined
    return { name, kind: 'tls', port: fields.tls, tls: tlsOf(fields), alpn: fields.alpn ?? [], ...schedule }
  },
})
