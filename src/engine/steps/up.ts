import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointFacts } from '../../domain/facts.ts'
import type { Reason } from '../../domain/plan.ts'
import type { StepAction } from '../../domain/policy.ts'
import { removeWhere } from '../candidates.ts'
import { belowThreshold, disabled, down, draining, groupTooSmall, overridden } from '../reasons.ts'
import { type Material, noValue, type StepRunner } from './step.ts'

type Up = Extract<StepAction, { kind: 'up' }>

/**
 * Drops endpoints that are disabled, draining, overridden to down, down, or have too few of a family's addresses up;
 * then whole groups that have too few survivors (Cloudflare `minimum_origins`), counted once, before any group goes.
 */
export function up(action: Up, { endpoints, facts }: Material): StepRunner {
  const verdicts = endpoints.map((endpoint, i) => verdictOf(endpoint, facts[i]!, action.threshold))
  const groups = action.minHealthy === null ? [] : groupsOf(endpoints, action.minHealthy.per)
  const minimum = action.minHealthy?.n ?? 0
  const small: (Reason | null)[] = endpoints.map(() => null)
  return {
    reads: 0,
    scope: 'group',
    apply(candidates) {
      removeWhere(candidates, (endpoint) => verdicts[endpoint] !== null)
      if (groups.length === 0) return
      small.fill(null)
      for (const group of groups) {
        let healthy = 0
        for (let p = 0; p < candidates.count; p++) if (group.members.has(candidates.order[p]!)) healthy++
        if (healthy >= minimum) continue
        for (const member of group.members) small[member] ??= groupTooSmall(group.name, healthy, minimum)
      }
      removeWhere(candidates, (endpoint) => small[endpoint] !== null)
    },
    reason: (endpoint) => verdicts[endpoint] ?? small[endpoint] ?? null,
    value: noValue,
  }
}

function verdictOf(endpoint: Endpoint, facts: EndpointFacts, threshold: Up['threshold']): Reason | null {
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
  return null
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
