import * as z from 'zod'
import { readFields } from '../read.ts'
import { orQuote, text } from '../shape/fault.ts'
import { DERIVED } from '../shape/schedule.ts'
import { duration } from '../shape/units.ts'
import { defineCheck } from './define-check.ts'

const DIGEST_PHRASE =
  'the SHA-256 digest of the token, 64 hexadecimal digits, as `printf %s "$TOKEN" | sha256sum` tells it'

const digest = text(
  orQuote(DIGEST_PHRASE),
  { description: 'SHA-256 digest of the bearer token that the endpoint shows.', pattern: '^[0-9A-Fa-f]{64}$' },
  (value, fail): string =>
    /^[0-9a-f]{64}$/i.test(value)
      ? value.toLowerCase()
      : // The value is not repeated: it may be the token itself.
        fail({ rule: 'bad-digest', message: '`tokenSha256` is no digest', hint: `expected ${DIGEST_PHRASE}` }),
)

const shape = z.strictObject({
  heartbeat: duration(1, 86_400, 'Without a sign of life for so long it is down.'),
  tokenSha256: digest,
})

export const heartbeat = defineCheck({
  kind: 'heartbeat',
  summary: 'The endpoint pushes its health and load.',
  example: 'heartbeat: 30s',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields?.heartbeat === undefined || fields.tokenSha256 === undefined) return undefined
    const { heartbeat: expireSeconds, tokenSha256 } = fields
    return { name, kind: 'heartbeat', expireSeconds, tokenSha256, ...DERIVED }
  },
})
