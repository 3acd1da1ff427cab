import { type EndpointFacts, NO_FACTS } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'

/** How many endpoints of a ranked list an answer can show, those that stand in for a missing family apart. */
export const shownCount = ({ steps }: Pick<Policy, 'steps'>): number =>
  Math.max(1, ...steps.map((step) => (step.kind === 'take' ? step.n : 1)))

/**
 * gdnsd dynamic TTL: the time to the earliest possible change of what the answer rests on, at least a second. It rests on
 * the endpoints in front of its lists: one further back may fail, and nobody's answer is another.
 * @param shown see {@link shownCount}
 */
export function ttlUntilChange(
  ttlSeconds: number,
  lists: readonly (readonly number[])[],
  shown: number,
  facts: readonly EndpointFacts[],
  nowMs: number,
): number {
  let least = ttlSeconds
  for (const list of lists) {
    for (let rank = 0; rank < shown && rank < list.length; rank++) {
      const { nextChangeMs } = facts[list[rank] as number] ?? NO_FACTS
      if (nextChangeMs !== null) least = Math.min(least, Math.max(1, Math.floor((nextChangeMs - nowMs) / 1000)))
    }
  }
  return least
}
