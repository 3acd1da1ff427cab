import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointFacts } from '../../domain/facts.ts'
import type { Reason } from '../../domain/plan.ts'
import type { StepAction } from '../../domain/policy.ts'
import { demote, removeWhere } from '../candidates.ts'
import { headroomOf } from '../headroom.ts'
import { belowThreshold, degraded, disabled, down, draining, groupTooSmall, overridden } from '../reasons.ts'
import { compileSlowStart } from '../slow-start.ts'
import { compileUnreachable } from '../unreachable.ts'
import { BEHIND, PRESENT, stateOf, VACANT, vacate } from '../vacancies.ts'
import type { Material, StepRunner } from './step.ts'

type Up = Extract<StepAction, { kind: 'up' }>

/** Classes of `demote`: in this order they stand behind the others. */
const IN_FRONT = 0
const RETURNING = 1
const DEGRADED = 2
const UNREACHABLE = 3

/**
 * Drops endpoints that are disabled, draining, overridden to down, down, or have too few of a family's addresses up;
 * then whole groups that have too few survivors (Cloudflare `minimum_origins`), counted once, before any group goes. Of
 * those that stay it puts behind the others: those that are back, for clients whose turn has not come (slow start); the
 * degraded, if it says so; and those that the client's network reports as unreachable. Where nobody stands before them, they answer.
 *
 * With failover by headroom none of these go: their places become vacant (vacancies.ts), but for the unreachable, which are a
 * matter of a few networks.
 */
export function up(action: Up, index: number, material: Material): StepRunner {
  const { endpoints, facts } = material
  const verdicts = endpoints.map((endpoint, i) => verdictOf(endpoint, facts[i]!, action))
  const groups = action.minHealthy === null ? [] : groupsOf(endpoints, action.minHealthy.per)
  const minimum = action.minHealthy?.n ?? 0
  const small: (Reason | null)[] = endpoints.map(() => null)
  const isBehind = facts.map(
    ({ health, override }) => action.degraded === 'behind' && health === 'degraded' && override?.state !== 'up',
  )
  const slowStart = compileSlowStart(action.slowStartSeconds, material)
  const unreachable = compileUnreachable(material)
  // Without capacities there is nothing to go by: to the next.
  const { failover } = action
  const headroom = failover.to === 'headroom' ? headroomOf(endpoints, facts, failover.metric) : null
  const setback = new Uint16Array(endpoints.length)
  const classOf = new Uint16Array(endpoints.length)

  const reasonOf = (endpoint: number): Reason | null => verdicts[endpoint] ?? small[endpoint] ?? null
  const someoneIsMissed = () =>
    endpoints.some(({ enabled }, i) => enabled && (reasonOf(i) !== null || setback[i] !== IN_FRONT))

  return {
    reads: unreachable.reads,
    scope: 'all',
    validUntilMs: Math.min(slowStart.nextEdgeMs, unreachable.nextExpiryMs),
    ...(headroom !== null && { headroom }),
    ...(slowStart.isRunning && { edges: slowStart.edges }),
    apply(candidates, view, draw) {
      if (groups.length > 0) {
        small.fill(null)
        for (const group of groups) {
          let healthy = 0
          for (let p = 0; p < candidates.count; p++) {
            const endpoint = candidates.order[p]!
            if (group.members.has(endpoint) && verdicts[endpoint] === null && stateOf(candidates, endpoint) === PRESENT)
              healthy++
          }
          if (healthy >= minimum) continue
          for (const member of group.members) small[member] ??= groupTooSmall(group.name, healthy, minimum)
        }
      }
      setback.forEach((_, endpoint) => {
        setback[endpoint] = !slowStart.isBack(endpoint, draw) ? RETURNING : isBehind[endpoint] ? DEGRADED : IN_FRONT
      })
      if (headroom === null) {
        removeWhere(candidates, (endpoint) => reasonOf(endpoint) !== null)
        classOf.set(setback)
      } else {
        removeWhere(candidates, (endpoint) => verdicts[endpoint]?.kind === 'disabled')
        const states = Uint8Array.from(setback, (each, endpoint) =>
          reasonOf(endpoint) !== null ? VACANT : each !== IN_FRONT ? BEHIND : PRESENT,
        )
        vacate(candidates, index, states)
        classOf.fill(IN_FRONT)
      }
      unreachable.mark(candidates, view, (endpoint) => {
        classOf[endpoint] = UNREACHABLE
      })
      demote(candidates, classOf, UNREACHABLE + 1)
    },
    reason(endpoint) {
      const out = reasonOf(endpoint)
      if (out !== null) return out
      if (classOf[endpoint] === UNREACHABLE) return unreachable.reason(endpoint)
      if (setback[endpoint] === RETURNING) return slowStart.reason(endpoint)
      return setback[endpoint] === DEGRADED ? degraded() : null
    },
    value: (endpoint) => (headroom !== null && someoneIsMissed() ? headroom[endpoint]! : null),
  }
}

/** Why the step drops the endpoint, whoever asks; null when it does not, though its group may take it along. */
export function verdictOf(
  endpoint: Endpoint,
  facts: EndpointFacts,
  { threshold, degraded: ifDegraded }: Up,
): Reason | null {
  if (!endpoint.enabled) return disabled()
  switch (facts.override?.state) {
    case 'down':
      return overridden(facts.override)
    case 'drain':
      return draining(facts.override)
    case 'up':
      return null
    case 'obey':
    case undefined:
      break
  }
  if (facts.health === 'down') return down()
  // gdnsd multifo `up_thresh`: `non_down >= ceil(threshold × total)`, per family; one family below it fails the whole
  // resource. For shares of whole addresses the rounding up changes nothing.
  if (endpoint.a.length > 0 && facts.ipv4UpShare < threshold.ipv4) return belowThreshold(4, facts, threshold.ipv4)
  if (endpoint.aaaa.length > 0 && facts.ipv6UpShare < threshold.ipv6) return belowThreshold(6, facts, threshold.ipv6)
  return facts.health === 'degraded' && ifDegraded === 'drop' ? degraded() : null
}

interface Group {
  readonly name: string
  readonly members: ReadonlySet<number>
}

/** An endpoint in several groups (hybrid anycast, several tags) goes when any of them goes; one in none stays. */
function groupsOf(endpoints: readonly Endpoint[], per: NonNullable<Up['minHealthy']>['per']): readonly Group[] {
  const groups = new Map<string, Set<number>>()
  for (const endpoint of endpoints) {
    const names =
      per === 'site' ? endpoint.sites.map((site) => site.id) : endpoint.tags.filter((tag) => per.tags.includes(tag))
    for (const name of names) groups.set(name, (groups.get(name) ?? new Set()).add(endpoint.index))
  }
  return [...groups].map(([name, members]) => ({ name, members }))
}
