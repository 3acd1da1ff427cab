import type { Client } from '../../domain/client.ts'
import type { RttEstimate } from '../../domain/facts.ts'
import { DEPENDS } from '../../domain/plan.ts'
import type { StepAction } from '../../domain/policy.ts'
import { type Candidates, endOf, GROUP, hasEquals, isDealt, refine } from '../candidates.ts'
import { behindExplored, slower } from '../reasons.ts'
import { PRESENT, stateOf } from '../vacancies.ts'
import { DRAWS, type View } from '../view.ts'
import type { Material, StepRunner } from './step.ts'

/** latency.md E9: candidates for exploration lie within 30 ms of the best. */
const EXPLORED_WITHIN_MS = 30

/**
 * Orders by estimated RTT. Endpoints without an estimate come last, as equals; without any estimate the order stays
 * as it is (NS1 Pulsar: insufficient data passes the list unchanged).
 *
 * Where measurements have a voice, a small share of the clients gets the second best first, so that it is measured, too: what
 * nobody is sent to is never found to have become faster (latency.md E9). It is the first that does not count as equal to the best.
 */
export function fastest(
  action: Extract<StepAction, { kind: 'fastest' }>,
  { endpoints, latency }: Material,
): StepRunner {
  const estimates: (RttEstimate | null)[] = endpoints.map(() => null)
  const estimatedFor: (Client | null)[] = endpoints.map(() => null)
  const rtt = new Float64Array(endpoints.length)
  const limit = (bestMs: number) => bestMs + action.withinMs
  const exploreBelow = Math.round((action.explorePercent / 100) * DRAWS)
  // The same for every client, so that two of them with the same order have the same plan.
  const { asns, prefixes } = latency.networks(endpoints)
  const reads = DEPENDS.location | (asns.length > 0 ? DEPENDS.asn : 0) | (prefixes.length > 0 ? DEPENDS.cidr : 0)
  // Whom the last `apply` put in front of its betters, and up to where those count as best; −1: nobody.
  const explored = { endpoint: -1, bestUpToMs: 0 }

  /** Clients that part are measured once for all of their branches. */
  function estimateOf(endpoint: number, { client }: View): RttEstimate | null {
    if (estimatedFor[endpoint] !== client) {
      estimates[endpoint] = latency.estimate(endpoints[endpoint]!, client)
      estimatedFor[endpoint] = client
    }
    return estimates[endpoint] ?? null
  }

  function measure(candidates: Candidates, view: View): void {
    view.reads |= reads
    for (let p = 0; p < candidates.count; p++) {
      const endpoint = candidates.order[p]!
      rtt[endpoint] = estimateOf(endpoint, view)?.rttMs ?? Number.POSITIVE_INFINITY
    }
  }

  /** Whom it pays to explore among the equals in front; −1: nobody. Standbys (weight 0) are not for use. */
  function secondBest(candidates: Candidates): number {
    const end = endOf(candidates, 0, GROUP)
    if (end < 2 || isDealt(candidates, 0)) return -1
    let best = candidates.order[0]!
    for (let p = 1; p < end; p++) if (rtt[candidates.order[p]!]! < rtt[best]!) best = candidates.order[p]!
    if ((estimates[best]?.source ?? 'distance') === 'distance' || stateOf(candidates, best) !== PRESENT) return -1
    explored.bestUpToMs = limit(rtt[best]!)
    let second = -1
    for (let p = 0; p < end; p++) {
      const endpoint = candidates.order[p]!
      const isThere = stateOf(candidates, endpoint) === PRESENT && endpoints[endpoint]!.weight > 0
      const isNear = rtt[endpoint]! > explored.bestUpToMs && rtt[endpoint]! <= rtt[best]! + EXPLORED_WITHIN_MS
      if (isThere && isNear && (second < 0 || rtt[endpoint]! < rtt[second]!)) second = endpoint
    }
    return second
  }

  const runner: StepRunner = {
    reads,
    scope: 'group',
    apply(candidates, view, draw) {
      explored.endpoint = -1
      if (!hasEquals(candidates)) return
      measure(candidates, view)
      if (draw < exploreBelow) explored.endpoint = secondBest(candidates)
      if (explored.endpoint >= 0) rtt[explored.endpoint] = Number.NEGATIVE_INFINITY
      refine(candidates, rtt, limit)
    },
    reason: (endpoint) =>
      explored.endpoint >= 0 && rtt[endpoint]! <= explored.bestUpToMs
        ? behindExplored(action.explorePercent)
        : slower(estimates[endpoint] ?? null),
    value: (endpoint, view) => estimateOf(endpoint, view)?.rttMs ?? null,
    estimate: estimateOf,
  }
  if (exploreBelow === 0) return runner
  return {
    ...runner,
    edges(candidates, view) {
      if (!hasEquals(candidates)) return []
      measure(candidates, view)
      return secondBest(candidates) < 0 ? [] : [exploreBelow]
    },
  }
}
