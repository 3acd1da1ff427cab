/**
 * A small world of clients, endpoints with a capacity and their real loads, steered by the real engine: who is down is
 * noticed late, loads are reported late, and clients keep their answer for the TTL. One second at a time, no dice.
 */

import type { Client } from '../../src/domain/client.ts'
import { type EndpointFacts, NO_FACTS, type PolicyFacts } from '../../src/domain/facts.ts'
import type { Policy } from '../../src/domain/policy.ts'
import { type LoadMemory, rememberLoads } from '../../src/engine/load-memory.ts'
import { createPlanner } from '../../src/engine/plan.ts'
import { shares } from '../../src/engine/shares.ts'
import { distanceView } from '../../src/latency/distance-view.ts'

export interface ClientGroup {
  readonly client: Client
  /** In the unit of the capacities. */
  readonly demand: number
}

export interface World {
  readonly policy: Policy
  readonly groups: readonly ClientGroup[]
  /** Load by endpoint index that no steering moves. */
  readonly background?: (endpoint: number, second: number) => number
  /** What happens, by second: ids that die or come to life. */
  readonly events: readonly {
    readonly second: number
    readonly dies?: readonly string[]
    readonly lives?: readonly string[]
  }[]
  readonly seconds: number
  readonly ttlSeconds: number
  readonly reportDelaySeconds: number
  readonly detectionSeconds: number
  /** `atOnce`: loads go into the plans as they are reported, without the memory of the engine. */
  readonly loads: 'remembered' | 'atOnce'
}

/** Real loads after a second, by endpoint index. */
export type Second = readonly number[]

const METRIC = 'load'
const REPORT_EVERY_SECONDS = 2

/** Runs the world from a settled state on. */
export function runWorld(world: World): readonly Second[] {
  const { policy, groups } = world
  const ids = policy.endpoints.map(({ id }) => id)
  const history: number[][] = []
  const alive = ids.map(() => true)
  const since: (number | null)[] = ids.map(() => null)
  let memory: LoadMemory | null = null
  let reported: readonly number[] | null = null
  /** Which share of each group is at which endpoint. */
  let at: Float64Array[] = []

  const factsAt = (second: number): PolicyFacts => {
    const changedAt = (i: number) => since[i] ?? Number.NEGATIVE_INFINITY
    const base = ids.map((_, i): EndpointFacts => {
      const isNoticed = second >= changedAt(i) + world.detectionSeconds
      const isUp = isNoticed ? alive[i]! : !alive[i]!
      const returnedAtMs = isUp && isNoticed && since[i] !== null ? (since[i]! + world.detectionSeconds) * 1000 : null
      return {
        ...NO_FACTS,
        health: isUp ? 'up' : 'down',
        returnedAtMs,
        load: reported === null ? {} : { [METRIC]: reported[i]! },
      }
    })
    if (world.loads === 'atOnce') return { endpoints: base, latency: distanceView, unreachable: [] }
    memory = rememberLoads(policy, base, memory, second * 1000)
    const endpoints = base.map((facts, i) => ({ ...facts, ...memory!.words[i] }))
    return { endpoints, latency: distanceView, unreachable: [] }
  }

  for (let second = 0; second < world.seconds; second++) {
    for (const { second: when, dies = [], lives = [] } of world.events) {
      if (when !== second) continue
      for (const id of [...dies, ...lives]) {
        alive[ids.indexOf(id)] = lives.includes(id)
        since[ids.indexOf(id)] = second
      }
    }
    if (second % REPORT_EVERY_SECONDS === 0) reported = report(world, history, second, alive, reported)
    const planner = createPlanner(policy, factsAt(second), second * 1000)
    const goal = groups.map(({ client }) => shares(planner.plan(client), ids.length))
    const renewed = second === 0 ? 1 : 1 / world.ttlSeconds
    at = goal.map((to, g) => to.map((share, i) => share * renewed + (at[g]?.[i] ?? 0) * (1 - renewed)))
    history.push(
      ids.map((_, i) => {
        const own = world.background?.(i, second) ?? 0
        return alive[i]! ? groups.reduce((sum, { demand }, g) => sum + demand * at[g]![i]!, own) : 0
      }),
    )
  }
  return history
}

/** As of the delay ago; the dead say nothing new. Rounded as the facts are: to 2% of the capacity. */
function report(
  { policy, reportDelaySeconds }: World,
  history: readonly Second[],
  second: number,
  alive: readonly boolean[],
  before: readonly number[] | null,
): readonly number[] | null {
  const seen = history[Math.max(0, second - reportDelaySeconds)]
  if (seen === undefined) return null
  return policy.endpoints.map(({ capacity }, i) => {
    const grain = (capacity ?? 1) / 50
    return alive[i]! ? Math.round(seen[i]! / grain) * grain : (before?.[i] ?? 0)
  })
}

/** Greatest load by endpoint, as a share of its capacity, from a second on. */
export function peaks({ policy }: World, history: readonly Second[], from: number): readonly number[] {
  return policy.endpoints.map(({ capacity }, i) =>
    Math.max(...history.slice(from).map((loads) => loads[i]! / (capacity ?? 1))),
  )
}
