import { policyRule, warning } from '../rule.ts'

/** TTL 0: nothing may be kept, every look-up comes back here. */
export const ttlZero = policyRule('ttl-zero', function* (policy) {
  if (policy.ttlSeconds > 0) return
  yield warning(
    policy,
    'ttl',
    '`ttl: 0s` lets nobody keep an answer: every look-up of every client comes here, and some resolvers keep it all the same',
    'use a few seconds, for instance `ttl: 10s`',
  )
})
