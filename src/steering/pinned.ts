import { NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import type { Plan, Slot } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { createPlanner } from '../engine/plan.ts'
import { listFor, slotsFor } from '../engine/slots.ts'
import type { PinnedPlans } from './snapshot.ts'

/**
 * A drain sends nobody new, and keeps those who are pinned: they are planned as if the drain were not there, so that
 * everything else (health, fences, the order of the steps) counts for them as for all. Each planner is made when it is
 * first asked for, and kept.
 */
export function createPinnedPlans(
  policy: Policy,
  facts: PolicyFacts,
  nowMs: number,
): (endpoint: number) => PinnedPlans | null {
  const made = new Map<number, PinnedPlans>()
  return (endpoint) => {
    if (facts.endpoints[endpoint]?.override?.state !== 'drain') return null
    const known = made.get(endpoint) ?? pinnedPlans(policy, withoutDrain(facts, endpoint), nowMs)
    made.set(endpoint, known)
    return known
  }
}

const pinnedPlans = (policy: Policy, facts: PolicyFacts, nowMs: number): PinnedPlans => ({
  facts,
  planClient: createPlanner(policy, facts, nowMs).plan,
})

const withoutDrain = (facts: PolicyFacts, endpoint: number): PolicyFacts => ({
  ...facts,
  endpoints: facts.endpoints.map((known, index) =>
    index === endpoint ? { ...(known ?? NO_FACTS), override: null } : known,
  ),
})

/**
 * The ranked list of a client that may keep an endpoint: that one in front of what the client's draws give. Null where
 * nobody like this client would be sent there: it is down, fenced off, or the policy has better for all of them.
 */
export function listKeeping(plan: Plan, slot: Slot, endpoint: number): readonly number[] | null {
  if (plan.outcome !== 'steered') return null
  const { slots } = slotsFor(plan, slot)
  if (!slots.some((list) => plan.lists[list]?.includes(endpoint) === true)) return null
  const drawn = listFor(plan, slot)
  return [endpoint, ...drawn.filter((other) => other !== endpoint)].slice(0, drawn.length)
}
