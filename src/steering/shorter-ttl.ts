import type { EndpointFacts, PolicyFacts } from '../domain/facts.ts'
import type { Plan } from '../domain/plan.ts'
import { ttlUntilChange } from '../engine/ttl.ts'
import type { PlanClient } from './snapshot.ts'
import type { SteeringMap } from './steering-map.ts'

/**
 * Every failed probe moves the time of the next possible change, and moves nothing else: so plans are made as if none were
 * near, and their TTLs are cut afterwards.
 */
export const withoutNextChange = (facts: PolicyFacts): PolicyFacts => ({
  ...facts,
  endpoints: facts.endpoints.map((known) => (known.nextChangeMs === null ? known : { ...known, nextChangeMs: null })),
})

/** The map with its TTLs cut: the one `before` where they come out as there; services of one map whose TTLs do so share one. */
export type ShorterMaps = (
  map: SteeringMap,
  shown: number,
  facts: readonly EndpointFacts[],
  nowMs: number,
  before: SteeringMap | undefined,
) => SteeringMap

export function createShorterMaps(): ShorterMaps {
  const made = new Map<SteeringMap, Map<string, SteeringMap>>()
  return (map, shown, facts, nowMs, before) => {
    if (isStill(facts)) return map
    const plans = map.plans.map((plan) => shorter(plan, shown, facts, nowMs))
    if (plans.every((plan, index) => plan === map.plans[index])) return map
    const ofMap = made.get(map) ?? new Map<string, SteeringMap>()
    made.set(map, ofMap)
    const key = plans.map(({ ttlSeconds }) => ttlSeconds).join()
    const known = ofMap.get(key) ?? (before !== undefined && isCutAlike(before, plans) ? before : map.withPlans(plans))
    ofMap.set(key, known)
    return known
  }
}

/** What plans were copied from shares their lists and slots with them. */
const isCutAlike = ({ plans: before }: SteeringMap, plans: readonly Plan[]): boolean =>
  before.length === plans.length &&
  plans.every(({ root, lists, ttlSeconds }, index) => {
    const other = before[index]
    return other?.root === root && other.lists === lists && other.ttlSeconds === ttlSeconds
  })

/** The same for plans that are made when they are asked for. Equal plans stay one object. */
export function shorterPlans(
  planClient: PlanClient,
  shown: number,
  facts: readonly EndpointFacts[],
  nowMs: number,
): PlanClient {
  if (isStill(facts)) return planClient
  const made = new WeakMap<Plan, Plan>()
  return (client) => {
    const plan = planClient(client)
    const known = made.get(plan) ?? shorter(plan, shown, facts, nowMs)
    made.set(plan, known)
    return known
  }
}

const isStill = (facts: readonly EndpointFacts[]): boolean => facts.every(({ nextChangeMs }) => nextChangeMs === null)

function shorter(plan: Plan, shown: number, facts: readonly EndpointFacts[], nowMs: number): Plan {
  const ttlSeconds = ttlUntilChange(plan.ttlSeconds, plan.lists, shown, facts, nowMs)
  return ttlSeconds === plan.ttlSeconds ? plan : { ...plan, ttlSeconds }
}
