import * as z from 'zod'
import { type Cursor, isMapping } from '../cursor.ts'
import { MAX_ENDPOINTS } from '../limits.ts'
import { read } from '../read.ts'
import { checkKnown } from '../service-scope.ts'
import { oneOrMore, whole } from '../shape/fault.ts'
import { id } from '../shape/ids.ts'
import { duration } from '../shape/units.ts'
import { defineStep } from './define-step.ts'

const SHARE_PHRASE = 'a share from 0 to 1, or one for each of `ipv4` and `ipv6`'
/** gdnsd multifo: up_thresh = 0.5. */
const DEFAULT_THRESHOLD = 0.5
const share = z.number(SHARE_PHRASE).min(0, SHARE_PHRASE).max(1, SHARE_PHRASE)

const shape = z.strictObject({
  threshold: z
    .union([
      share.transform((both) => ({ ipv4: both, ipv6: both })),
      z.strictObject({ ipv4: share.prefault(DEFAULT_THRESHOLD), ipv6: share.prefault(DEFAULT_THRESHOLD) }),
    ])
    .prefault(DEFAULT_THRESHOLD)
    .meta({ description: "Share of a family's addresses that must be up for the endpoint to count as up." }),
  minHealthy: z
    .strictObject({
      per: z
        .union([z.literal('site'), z.strictObject({ tag: oneOrMore(id) })], '`site`, or a mapping with `tag`')
        .transform((per) => (per === 'site' ? per : { tags: per.tag })),
      n: whole(1, MAX_ENDPOINTS),
    })
    .nullable()
    .prefault(null)
    .meta({
      description:
        'A group (the endpoints of a site, or those that share a tag) with fewer than `n` survivors is dropped whole.',
    }),
  degraded: z.enum(['keep', 'behind', 'drop']).prefault('keep').meta({
    description: 'What becomes of endpoints that are degraded: nothing, they fall behind the others, or they go.',
  }),
  slowStart: duration(
    0,
    3_600,
    'Over how long an endpoint that comes back takes its clients back; 0s: at once.',
  ).prefault('30s'),
  failover: z.enum(['next', 'headroom']).prefault('next').meta({
    description:
      "Where the clients of one that is down go: to the next of each client's order, or dealt over the survivors by what those can still carry.",
  }),
  metric: id.prefault('load').meta({ description: 'What `failover: headroom` reads of the endpoints.' }),
})

export const up = defineStep({
  kind: 'up',
  summary: 'Drops endpoints that are down, disabled or draining.',
  shape,
  bare: 'allowed',
  fence: 'refused',
  read(params, scope) {
    const found = read(params, shape)
    const per = params.child('minHealthy').child('per')
    if (isMapping(per.value)) checkKnown(per.child('tag'), 'tag', scope.tags)
    if (found === undefined) return undefined
    const { threshold, minHealthy, degraded, slowStart, failover, metric } = found
    if (failover === 'next') refuseMetric(params)
    return {
      kind: 'up',
      threshold,
      minHealthy,
      degraded,
      slowStartSeconds: slowStart,
      failover: failover === 'next' ? { to: 'next' } : { to: 'headroom', metric },
    }
  },
})

function refuseMetric(params: Cursor): void {
  if (!isMapping(params.value) || !Object.hasOwn(params.value, 'metric')) return
  params.child('metric').report({
    rule: 'unread-metric',
    message: '`metric` is given, and nothing reads it',
    hint: 'write `failover: headroom` beside it, or remove it',
    part: 'key',
  })
}
