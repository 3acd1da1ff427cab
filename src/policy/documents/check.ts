import * as z from 'zod'
import type { Check } from '../../domain/policy.ts'
import { type Cursor, isMapping } from '../cursor.ts'
import { readFields } from '../read.ts'
import { oneOrMore, text, whole } from '../shape/fault.ts'
import { duration } from '../shape/units.ts'
import { urlPath } from '../shape/web.ts'

const port = whole(1, 65_535, 'a port')

const STATUS_PHRASE = 'a status such as 200, or a class such as `2xx`'

/** `2xx` stands for 200 to 299. */
const status = z.union([
  whole(100, 599, 'a status').transform((code) => [code]),
  text(
    STATUS_PHRASE,
    { description: 'A class of statuses.', examples: ['2xx'], pattern: '^[1-5]xx$' },
    (value, fail): number[] =>
      /^[1-5]xx$/.test(value)
        ? Array.from({ length: 100 }, (_, i) => Number(value[0]) * 100 + i)
        : fail({ rule: 'bad-status', hint: `expected ${STATUS_PHRASE}` }),
  ),
])

const schedule = {
  every: duration(0.5, 86_400, 'Time between two probes.').prefault('10s'),
  timeout: duration(0.1, 60, 'How long one probe may take; not longer than `every`.').prefault('2s'),
  fall: whole(1, 100).prefault(3).meta({ description: 'So many failures in a row and it is down.' }),
  rise: whole(1, 100).prefault(2).meta({ description: 'So many successes in a row and it is up again.' }),
} as const

const httpShape = z.strictObject({
  http: urlPath.meta({ description: 'Path to ask for.' }),
  expect: oneOrMore(status).prefault(200).meta({ description: 'Statuses that count as success.' }),
  port: port.nullable().prefault(null).meta({ description: "Port; the URL's when left out." }),
  ...schedule,
})

const tcpShape = z.strictObject({ tcp: port.meta({ description: 'Port to connect to.' }), ...schedule })

export const checkShape = z
  .union([httpShape, tcpShape])
  .meta({ id: 'check', description: 'How the health of endpoints is probed.' })

/** One check; undefined after reporting what is wrong. */
export function readCheck(cursor: Cursor, name: string): Check | undefined {
  const kinds = isMapping(cursor.value)
    ? ['http', 'tcp'].filter((kind) => Object.hasOwn(cursor.value as object, kind))
    : []
  if (isMapping(cursor.value) && kinds.length !== 1) {
    const found = kinds.length === 0 ? 'neither `http` nor `tcp`' : 'both `http` and `tcp`'
    cursor.report({
      rule: 'check-kind',
      message: `check \`${name}\` has ${found}`,
      hint: 'expected one: `http: /healthz` or `tcp: 443`',
      part: 'key',
    })
    return undefined
  }
  const check = kinds[0] === 'tcp' ? readTcp(cursor, name) : readHttp(cursor, name)
  if (check !== undefined && check.timeoutSeconds > check.everySeconds) {
    cursor.child('timeout').report({
      rule: 'timeout-too-long',
      message: `\`timeout\` is ${check.timeoutSeconds}s, \`every\` is ${check.everySeconds}s`,
      hint: 'a probe must end before the next begins',
    })
  }
  return check
}

function readHttp(cursor: Cursor, name: string): Check | undefined {
  const fields = readFields(cursor, httpShape)
  if (fields?.http === undefined) return undefined
  const { http, expect, port, every, timeout, fall, rise } = fields
  return {
    name,
    kind: 'http',
    path: http,
    expect: [...new Set(expect.flat())],
    port,
    everySeconds: every,
    timeoutSeconds: timeout,
    fall,
    rise,
  }
}

function readTcp(cursor: Cursor, name: string): Check | undefined {
  const fields = readFields(cursor, tcpShape)
  if (fields?.tcp === undefined) return undefined
  const { tcp, every, timeout, fall, rise } = fields
  return {
    name,
    kind: 'tcp',
    path: null,
    expect: [],
    port: tcp,
    everySeconds: every,
    timeoutSeconds: timeout,
    fall,
    rise,
  }
}
