import { createHash, timingSafeEqual } from 'node:crypto'
import { type Check, membersOf } from '../../domain/check.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Policy } from '../../domain/policy.ts'

/** The credentials of `Authorization: Bearer TOKEN` (RFC 6750 §2.1); null for anything else. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1] ?? null
}

/** Names of the heartbeat checks of this endpoint that take the token; empty: it opens nothing. */
export function checksOpenedBy(token: string, policy: Policy, endpoint: Endpoint): readonly string[] {
  const digest = createHash('sha256').update(token).digest()
  return heartbeatChecks(policy, endpoint).flatMap(({ name, tokenSha256 }) => {
    const expected = Buffer.from(tokenSha256, 'hex')
    return expected.length === digest.length && timingSafeEqual(expected, digest) ? [name] : []
  })
}

type HeartbeatCheck = Extract<Check, { kind: 'heartbeat' }>

/** Those that the endpoint names, or all when it names none; also those that count through a composite. */
function heartbeatChecks({ checks }: Policy, endpoint: Endpoint): readonly HeartbeatCheck[] {
  const names = new Set(endpoint.checks.length === 0 ? checks.map(({ name }) => name) : endpoint.checks)
  // What is added while a set is walked is walked too.
  for (const name of names) {
    for (const check of checks) if (check.name === name) for (const member of membersOf(check)) names.add(member)
  }
  return checks.filter((check): check is HeartbeatCheck => check.kind === 'heartbeat' && names.has(check.name))
}
