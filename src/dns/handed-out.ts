import type { Endpoint } from '../domain/endpoint.ts'
import type { Policy } from '../domain/policy.ts'
import { shownCount } from '../engine/ttl.ts'
import type { Decision } from '../steering/decide.ts'

/** What can be handed out: an endpoint, or the target of a static answer. */
export type Target = Pick<Endpoint, 'a' | 'aaaa' | 'hostname'>

/** Nothing but a hostname: answered as CNAME, or, where none may be, as its addresses. */
export const isHostname = (target: Target): target is Target & { readonly hostname: string } =>
  target.a.length === 0 && target.aaaa.length === 0 && target.hostname !== null

type Family = 'a' | 'aaaa'

/** The targets whose addresses of one family an answer has, the best first; none: nothing may be answered. */
export function addressTargets(decision: Decision, family: Family): readonly Target[] {
  const { endpoints, plan, policy } = decision
  if (endpoints.length === 0) return plan.target === null ? [] : [plan.target]
  const first = firstOf(policy, endpoints)
  return [...first, ...standInsOf(policy, first, endpoints, [family])]
}

/** All targets that answers of either family have. */
export function shownTargets({ endpoints, plan, policy }: Decision): readonly Target[] {
  if (endpoints.length === 0) return plan.target === null ? [] : [plan.target]
  return shownEndpoints(policy, endpoints)
}

/** The endpoints of a ranked list that any answer can show. */
export function shownEndpoints(policy: Policy, ranked: readonly Endpoint[]): readonly Endpoint[] {
  const first = firstOf(policy, ranked)
  return [...new Set([...first, ...standInsOf(policy, first, ranked, ['a', 'aaaa'])])]
}

/**
 * The first endpoint of the list, or as many as `take` says. A `take` whose condition did not hold has left the list
 * long, and still says how many a client can use.
 */
const firstOf = (policy: Policy, ranked: readonly Endpoint[]): readonly Endpoint[] =>
  ranked.slice(0, shownCount(policy))

/** For each family that none of the first has, the next endpoint that has it, if the policy says so. */
function standInsOf(
  policy: Policy,
  first: readonly Endpoint[],
  ranked: readonly Endpoint[],
  families: readonly Family[],
): readonly Endpoint[] {
  // A hostname has the families that its owner gives it.
  if (policy.missingFamily === 'nodata' || first.some(isHostname)) return []
  return families
    .filter((family) => first.every((endpoint) => endpoint[family].length === 0))
    .flatMap((family) => ranked.find((endpoint) => endpoint[family].length > 0) ?? [])
}
