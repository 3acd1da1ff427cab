/**
 * To plan every location anew takes a tenth of a second and more; to take an endpoint out of the plans there are takes a millisecond. So
 * that goes first, when an endpoint goes down (docs/decisions/0014).
 */

import { type Facts, NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import type { Plan } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { createPlanner } from '../engine/plan.ts'
import { verdictOf } from '../engine/steps/up.ts'
import { createPinnedPlans } from './pinned.ts'
import { servedEndpoints } from './served-endpoints.ts'
import { withoutNextChange } from './shorter-ttl.ts'
import type { PlanClient, Snapshot, SteeredService } from './snapshot.ts'
import { namedServices } from './snapshot-names.ts'
import type { SteeringMap } from './steering-map.ts'

/** What may differ from the complete answer must not outlive it by long. */
const INTERIM_TTL_SECONDS = 10

/** Of more services at once the answers take longer to render than the plans to make: then they would be rendered twice. */
const MOST_SERVICES = 1_000
/** Plans times endpoints, of one service: some 50 ms, in which nobody else has a turn. */
const MOST_PLACES = 2_000_000

/** A snapshot that is made without planning. */
export interface Interim {
  readonly snapshot: Snapshot
  /** What it was made from. */
  readonly of: Snapshot
  /** By service, who has gone since, by index. */
  readonly gone: ReadonlyMap<string, readonly number[]>
}

/**
 * `of` with the same trees and plans, less the endpoints that have gone by these facts: down, drained or with too few addresses. Null where
 * nobody has gone, or nothing can be said before all is planned anew. Its plans name no one that those of `of` do not, in the same
 * order: so every fence holds, and nobody comes back by it. It is published before the snapshot that is compiled from the facts,
 * and no snapshot is ever made from it.
 * @param facts of those services whose facts may have changed since `before`, or since `of`
 * @param before from the same snapshot: who is out of that one stays out, and it is returned where nobody else has gone
 */
export function withoutGone(of: Snapshot, facts: Facts, nowMs: number, before: Interim | null): Interim | null {
  const known = before?.of === of ? before : null
  const gone = new Map(known?.gone)
  let isSame = known !== null
  for (const [id, now] of facts.of) {
    const service = of.services.get(id)
    if (service === undefined || now === service.facts) continue
    const outBefore = gone.get(id) ?? []
    const out = [...new Set([...outBefore, ...goneNow(service, now)])].sort((a, b) => a - b)
    if (out.length === outBefore.length) continue
    gone.set(id, out)
    isSame = false
  }
  if (isSame) return known
  if (gone.size === 0 || gone.size > MOST_SERVICES) return null
  const factsOf = (id: string): PolicyFacts | undefined => facts.of.get(id) ?? known?.snapshot.services.get(id)?.facts
  const services = servicesWithout(of, gone, factsOf, nowMs)
  if (services === null) return null
  const snapshot = { ...of, services, ...namedServices([...services.values()]), compiledAtMs: nowMs }
  return { snapshot, of, gone }
}

/** Null when none of them can do without. */
function servicesWithout(
  { services }: Snapshot,
  gone: Interim['gone'],
  factsOf: (id: string) => PolicyFacts | undefined,
  nowMs: number,
): ReadonlyMap<string, SteeredService> | null {
  const mapsOf = new Map<SteeringMap, Map<string, SteeringMap | null>>()
  const less = new Map(services)
  let isLess = false
  for (const [id, out] of gone) {
    const service = services.get(id)
    const now = factsOf(id)
    if (service === undefined || now === undefined) continue
    const ofMap = mapsOf.get(service.map) ?? new Map<string, SteeringMap | null>()
    mapsOf.set(service.map, ofMap)
    const key = out.join()
    const isSmall = service.map.plans.length * service.policy.endpoints.length <= MOST_PLACES
    const map = ofMap.has(key) ? (ofMap.get(key) ?? null) : isSmall ? mapWithout(service.map, out) : null
    ofMap.set(key, map)
    if (map === null) continue
    less.set(id, serviceWithout(service, map, out, now, nowMs))
    isLess = true
  }
  return isLess ? less : null
}

/**
 * Who has gone since the plans were made, by index. Only where an `up` step that is for everybody says no more than that they go: whose clients
 * are dealt by headroom, or who takes a group along, is for the whole chain to say.
 */
export function goneNow(
  { policy, facts: before }: Pick<SteeredService, 'policy' | 'facts'>,
  now: PolicyFacts,
): number[] {
  const ups = policy.steps.filter((step) => step.kind === 'up')
  const step = ups.find(({ when }) => when === null)
  if (step === undefined || ups.some((up) => up.failover.to === 'headroom' || up.minHealthy !== null)) return []
  const isGone = (facts: PolicyFacts, index: number): boolean =>
    verdictOf(policy.endpoints[index]!, facts.endpoints[index] ?? NO_FACTS, step) !== null
  return policy.endpoints.flatMap((_, index) => (isGone(now, index) && !isGone(before, index) ? [index] : []))
}

function serviceWithout(
  service: SteeredService,
  map: SteeringMap,
  gone: readonly number[],
  now: PolicyFacts,
  nowMs: number,
): SteeredService {
  const { policy, planRequest } = service
  // Never the object that the facts to come are: what is compiled from those must not be taken for this.
  const facts = { ...now }
  return {
    ...service,
    facts,
    endpoints: servedEndpoints(policy, facts, service.endpoints),
    map,
    planRequest: planRequest === null ? null : requestsWithout(policy, planRequest, gone, facts, nowMs),
    planPinned: createPinnedPlans(policy, facts, nowMs),
  }
}

function mapWithout(map: SteeringMap, gone: readonly number[]): SteeringMap | null {
  const plans: Plan[] = []
  for (const plan of map.plans) {
    const less = planWithout(plan, gone)
    if (less === null) return null
    plans.push(less)
  }
  return plans.every((plan, index) => plan === map.plans[index]) ? null : map.withPlans(plans)
}

/** Not all that requests may bring about is planned ahead: where a list would end up empty, the request is planned by the facts. */
function requestsWithout(
  policy: Policy,
  planRequest: PlanClient,
  gone: readonly number[],
  facts: PolicyFacts,
  nowMs: number,
): PlanClient {
  const made = new WeakMap<Plan, Plan>()
  let planNow: PlanClient | null = null
  return (client) => {
    const plan = planRequest(client)
    const less = made.get(plan) ?? planWithout(plan, gone)
    if (less !== null) {
      made.set(plan, less)
      return less
    }
    planNow ??= createPlanner(policy, withoutNextChange(facts), nowMs).plan
    return planNow(client)
  }
}

/** The plan itself where it names none of them, or is no matter of health; null where it leaves somebody without an answer. */
export function planWithout(plan: Plan, gone: readonly number[]): Plan | null {
  const { outcome, lists, ttlSeconds } = plan
  if (outcome !== 'steered' || !lists.some((list) => list.some((endpoint) => gone.includes(endpoint)))) return plan
  const less = lists.map((list) => list.filter((endpoint) => !gone.includes(endpoint)))
  if (less.some((list, index) => list.length === 0 && lists[index]!.length > 0)) return null
  return { ...plan, lists: less, ttlSeconds: Math.min(ttlSeconds, INTERIM_TTL_SECONDS) }
}
