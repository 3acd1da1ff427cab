import { createHash, timingSafeEqual } from 'node:crypto'
import { appliedChecks } from '../../domain/check.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Policy } from '../../domain/policy.ts'

/** The credentials of `Authorization: Bearer TOKEN` (RFC 6750 §2.1); null for anything else. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1] ?? null
}

/** Names of the heartbeat checks of this endpoint that take the token; empty: it opens nothing. */
export function checksOpenedBy(token: string, policy: Policy, endpoint: Endpoint): readonly string[] {
  const digest = createHash('sha256').update(token).digest()
  return appliedChecks(policy, endpoint).needed.flatMap((check) => {
    if (check.kind !== 'heartbeat') return []
    const expected = Buffer.from(check.tokenSha256, 'hex')
    return expected.length === digest.length && timingSafeEqual(expected, digest) ? [check.name] : []
  })
}
