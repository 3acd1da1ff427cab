/** From the healths of targets to that of a check, and from checks to checks that count others. */

import { type Check, membersOf } from '../../domain/check.ts'
import type { Health } from '../../domain/facts.ts'

const WORST_FIRST = ['down', 'degraded', 'up'] as const satisfies readonly Health[]

/** Of those that are known; `unknown` when none is (gdnsd service_types: worst of set). */
export const worstOf = (healths: readonly Health[]): Health =>
  WORST_FIRST.find((health) => healths.includes(health)) ?? 'unknown'

export const bestOf = (healths: readonly Health[]): Health =>
  WORST_FIRST.findLast((health) => healths.includes(health)) ?? 'unknown'

/**
 * Of the same check at several addresses: down when all are, degraded when some are. One that has not been asked yet is not down:
 * otherwise a new endpoint would be, from its first result to its second.
 */
export function togetherOf(healths: readonly Health[]): Health {
  const worst = worstOf(healths)
  return worst === 'down' && healths.some((health) => health !== 'down') ? 'degraded' : worst
}

export const isComposite = (check: Check): boolean => membersOf(check).length > 0

/** What is found of a check that counts no others; `unknown` when nothing is. */
export type FoundHealth = (check: Check) => Health

/**
 * The health of each check, of composites by their members'. Members of which nothing is known are ignored: so a check that is
 * never probed cannot hold up what the others deny, and of `atLeast` no more are asked for than are known.
 */
export function checkHealths(checks: readonly Check[], found: FoundHealth): ReadonlyMap<string, Health> {
  const byName = new Map(checks.map((check) => [check.name, check]))
  const healths = new Map<string, Health>()
  const healthOf = (check: Check): Health => {
    const known = healths.get(check.name)
    if (known !== undefined) return known
    // The policy language refuses circles; without this one would be walked forever.
    healths.set(check.name, 'unknown')
    const members = membersOf(check).flatMap((name) => byName.get(name) ?? [])
    const health = judged(check, members.map(healthOf), found)
    healths.set(check.name, health)
    return health
  }
  for (const check of checks) healthOf(check)
  return healths
}

function judged(check: Check, members: readonly Health[], found: FoundHealth): Health {
  switch (check.kind) {
    case 'all':
      return worstOf(members)
    case 'any':
      return bestOf(members)
    case 'atLeast':
      return atLeast(check.n, members)
    case 'not':
      return opposite(worstOf(members))
    case 'http':
    case 'tcp':
    case 'tls':
    case 'dns':
    case 'grpc':
    case 'heartbeat':
    case 'exec':
      return found(check)
  }
}

function atLeast(n: number, healths: readonly Health[]): Health {
  const known = healths.filter((health) => health !== 'unknown')
  if (known.length === 0) return 'unknown'
  const needed = Math.min(n, known.length)
  const up = known.filter((health) => health === 'up').length
  const answering = known.filter((health) => health !== 'down').length
  if (up >= needed) return 'up'
  return answering >= needed ? 'degraded' : 'down'
}

function opposite(health: Health): Health {
  switch (health) {
    case 'up':
    case 'degraded':
      return 'down'
    case 'down':
      return 'up'
    case 'unknown':
      return 'unknown'
  }
}
