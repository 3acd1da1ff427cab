/** The only place where reasons are made. */

import type { EndpointFacts, Override, RttEstimate, Unreachable } from '../domain/facts.ts'
import type { Reason } from '../domain/plan.ts'

export const disabled = (): Reason => ({ kind: 'disabled' })
export const down = (): Reason => ({ kind: 'down', health: 'down' })
export const overridden = (override: Override): Reason => ({ kind: 'overridden', override })
export const draining = (override: Override): Reason => ({ kind: 'draining', override })

export const degraded = (): Reason => ({ kind: 'degraded' })
export const returning = (percent: number): Reason => ({ kind: 'returning', percent })
export const unreachable = (network: Unreachable['network']): Reason => ({ kind: 'unreachable', network })

export const belowThreshold = (family: 4 | 6, facts: EndpointFacts, threshold: number): Reason => ({
  kind: 'belowThreshold',
  family,
  upShare: family === 4 ? facts.ipv4UpShare : facts.ipv6UpShare,
  threshold,
})

export const groupTooSmall = (group: string, healthy: number, minimum: number): Reason => ({
  kind: 'groupTooSmall',
  group,
  healthy,
  minimum,
})

export const notMatched = (step: 'keep' | 'drop', hard: boolean): Reason => ({
  kind: step === 'keep' ? 'notKept' : 'dropped',
  hard,
})

export const outsideServes = (hard: boolean): Reason => ({ kind: 'outsideServes', hard })
export const servesEverybody = (): Reason => ({ kind: 'servesEverybody' })
export const lowerTier = (tier: number): Reason => ({ kind: 'lowerTier', tier })

export const farther = (distanceKm: number | null, effectiveKm: number | null): Reason => ({
  kind: 'farther',
  distanceKm,
  effectiveKm,
})

export const slower = (estimate: RttEstimate | null): Reason => ({ kind: 'slower', estimate })
export const behindExplored = (percent: number): Reason => ({ kind: 'behindExplored', percent })

export const shed = (metric: string, value: number, percent: number): Reason => ({
  kind: 'shed',
  metric,
  value,
  percent,
})

export const standby = (): Reason => ({ kind: 'standby' })
export const notTaken = (n: number): Reason => ({ kind: 'notTaken', n })
