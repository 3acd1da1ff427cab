import * as z from 'zod'
import { type Cursor, isMapping } from '../cursor.ts'
import { readFields } from '../read.ts'
import { body, load, statuses } from '../shape/expectations.ts'
import { whole } from '../shape/fault.ts'
import { scheduleFields, scheduleOf } from '../shape/schedule.ts'
import { refuseTls, tlsFields, tlsOf } from '../shape/tls.ts'
import { hostHeader, probeHeaders, urlPath } from '../shape/web.ts'
import { defineCheck } from './define-check.ts'

const shape = z.strictObject({
  http: urlPath.meta({ description: 'Path to ask for.' }),
  method: z.enum(['GET', 'HEAD', 'POST', 'OPTIONS']).prefault('GET').meta({ description: 'Method of the request.' }),
  scheme: z
    .enum(['http', 'https'])
    .nullable()
    .prefault(null)
    .meta({ description: "That of the endpoint's URL when left out, else `http`." }),
  port: whole(1, 65_535, 'a port')
    .nullable()
    .prefault(null)
    .meta({ description: "Port; that of the endpoint's URL when left out, else that of the scheme." }),
  host: hostHeader.nullable().prefault(null),
  headers: probeHeaders,
  expect: statuses.prefault(200).meta({ description: 'Statuses that count as success.' }),
  body: body.nullable().prefault(null),
  redirects: whole(0, 10)
    .prefault(0)
    .meta({ description: 'How many redirects are followed; they stay on the probed address.' }),
  load: load.prefault({}),
  ...tlsFields,
  ...scheduleFields,
})

export const http = defineCheck({
  kind: 'http',
  summary: 'Asks for a path by HTTP or HTTPS.',
  example: 'http: /healthz',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields === undefined) return undefined
    if (fields.scheme === 'http') refuseTls(cursor, '`scheme` is `http`', 'remove one of the two')
    if (fields.method === 'HEAD' || fields.method === 'OPTIONS') refuseBody(cursor, fields.method)
    const schedule = scheduleOf(cursor, fields)
    if (fields.http === undefined) return undefined
    return {
      name,
      kind: 'http',
      method: fields.method,
      path: fields.http,
      scheme: fields.scheme,
      port: fields.port,
      host: fields.host,
      headers: fields.headers,
      expect: fields.expect,
      body: fields.body,
      tls: tlsOf(fields),
      redirects: fields.redirects,
      load: fields.load,
      ...schedule,
    }
  },
})

/** RFC 9110 §9.3.2: the server must not send content in the response to HEAD; to OPTIONS it seldom has any. */
function refuseBody(cursor: Cursor, method: string): void {
  const { value } = cursor
  for (const key of ['body', 'load'].filter((name) => isMapping(value) && Object.hasOwn(value, name))) {
    cursor.child(key).report({
      rule: 'no-body',
      message: `\`${key}\` reads the body, and \`method\` is \`${method}\``,
      hint: 'use `method: GET`',
      part: 'key',
    })
  }
}
