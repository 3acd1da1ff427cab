import { DEPENDS, type Plan } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import type { Decision } from '../steering/decide.ts'

/** What of a client a shared cache cannot tell by the URL: anything else but these makes an answer private. */
const IN_THE_URL = DEPENDS.host | DEPENDS.path | DEPENDS.time | DEPENDS.frontEnd

/**
 * `Cache-Control` of an answer. A cache between the clients and this node would hand one client's endpoint to all of
 * them, so an answer is public only when the plan read nothing of the client and has one list to hand out; else the
 * client alone may keep it.
 */
export function cacheControl({ plan, ttlSeconds, pinned }: Pick<Decision, 'plan' | 'ttlSeconds' | 'pinned'>): string {
  if (ttlSeconds === 0) return 'no-store'
  const isForAll = pinned === null && (plan.dependsOn & ~IN_THE_URL) === 0 && !plan.canary && plan.lists.length <= 1
  return `${isForAll ? 'public' : 'private'}, max-age=${ttlSeconds}`
}

/** Names for `Vary` (RFC 9110 §12.5.5): the headers that the plan read, and those by which its tenant is told. */
export function varyHeaders(plan: Plan, policy: Policy): readonly string[] {
  const reads = (bit: number) => (plan.dependsOn & bit) !== 0
  const tenantHeaders = policy.tenants.flatMap((source) => (source.from === 'header' ? [source.name] : []))
  const names = [
    ...plan.headers,
    ...(reads(DEPENDS.cookie) ? ['cookie'] : []),
    ...(reads(DEPENDS.tenant) ? tenantHeaders : []),
  ]
  return [...new Set(names)]
}
