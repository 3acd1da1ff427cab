import { type Check, membersOf } from '../../../domain/check.ts'
import { policyRule, warning } from '../rule.ts'
import { duration } from '../text.ts'

/** An answer may be kept so many times as long as it takes to see an endpoint fail. */
const MOST_DETECTIONS = 4
/** A minute is never called long: resolvers and browsers round shorter ones up. */
const NEVER_LONG_SECONDS = 60

/** A TTL that keeps clients at a dead endpoint long after the checks have seen it die. */
export const ttlOutlivesHealth = policyRule('ttl-outlives-health', function* (policy) {
  const { checks, ttlSeconds } = policy
  if (checks.length === 0 || !policy.steps.some(({ kind }) => kind === 'up')) return
  const detection = Math.min(...checks.map(detectionSeconds))
  if (ttlSeconds <= Math.max(NEVER_LONG_SECONDS, MOST_DETECTIONS * detection)) return
  const sensible = Math.max(NEVER_LONG_SECONDS, 2 * detection)
  yield warning(
    policy,
    'ttl',
    `the checks see an endpoint fail within ${duration(detection)}, but with \`ttl: ${duration(ttlSeconds)}\` resolvers send clients to it for up to ${duration(ttlSeconds)} more`,
    `lower it, for instance to \`ttl: ${duration(sensible)}\``,
  )
})

/** A composite sees it when those it goes by do, and they are counted themselves. */
function detectionSeconds(check: Check): number {
  if (check.kind === 'heartbeat') return check.expireSeconds
  return membersOf(check).length > 0 ? Number.POSITIVE_INFINITY : check.fall * check.everySeconds
}
