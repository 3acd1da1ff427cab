/** What is believed of one check at one address: a pure function over the results so far. */

import type { Check } from '../../domain/check.ts'
import type { Health } from '../../domain/facts.ts'
import type { ProbeOutcome } from '../../domain/health.ts'
import { type Counters, count, FALLEN, STANDING } from './counters.ts'
import { CALM, type Flaps, flapped, isHeld } from './flaps.ts'

export interface TargetBelief {
  readonly health: Health
  readonly sinceMs: number
  /** Null until something was observed in this run: then `health` is `unknown`, or what the run before believed. */
  readonly lastOutcome: ProbeOutcome | null
  /** When it was observed last; when it was begun, until then. */
  readonly lastAtMs: number
  /** Whether it answers at all: `fail` against the rest. */
  readonly reach: Counters
  /** Whether it answers well: `pass` against the rest. Has no say while `reach` is fallen. */
  readonly quality: Counters
  readonly flaps: Flaps
  readonly successesInARow: number
  readonly failuresInARow: number
  /** Results in a row that were no `pass`. */
  readonly notPassedInARow: number
  /** The first of the failures in a row. */
  readonly failingSinceMs: number | null
}

/** What the process before this one believed. */
export interface BelievedBefore {
  readonly health: Health
  readonly sinceMs: number
}

export interface Observation {
  readonly outcome: ProbeOutcome
  readonly atMs: number
}

/** What is believed before the first result: nothing, or what was believed `before`. */
export function newBelief(atMs: number, before: BelievedBefore | null): TargetBelief {
  const known = before !== null && before.health !== 'unknown' ? before : null
  const health = known?.health ?? 'unknown'
  const sinceMs = known?.sinceMs ?? atMs
  return {
    health,
    sinceMs,
    lastOutcome: null,
    lastAtMs: atMs,
    reach: STANDING,
    quality: STANDING,
    flaps: CALM,
    successesInARow: 0,
    failuresInARow: 0,
    notPassedInARow: 0,
    failingSinceMs: health === 'down' ? sinceMs : null,
  }
}

/**
 * The belief after one more result. The first one decides at once, whatever the run before believed (gdnsd's first
 * round); after it `fall` and `rise` do.
 */
export function observe(belief: TargetBelief, check: Check, { outcome, atMs }: Observation): TargetBelief {
  const answered = outcome === 'fail' ? 'failure' : 'success'
  const answeredWell = outcome === 'pass' ? 'success' : 'failure'
  const returns = isHeld(belief.flaps, atMs) ? 'held' : 'free'
  const isFirst = belief.lastOutcome === null
  const reach = isFirst ? decided(answered) : count(belief.reach, answered, check, returns)
  const quality = isFirst ? decided(answeredWell) : count(belief.quality, answeredWell, check, returns)
  const health = reach.fallen ? 'down' : quality.fallen ? 'degraded' : 'up'
  const change = isFirst ? null : worseBy(belief.health, health)
  return {
    health,
    sinceMs: health === belief.health ? belief.sinceMs : atMs,
    lastOutcome: outcome,
    lastAtMs: atMs,
    reach,
    quality,
    flaps: change === null ? belief.flaps : flapped(belief.flaps, change, check.everySeconds, atMs),
    successesInARow: outcome === 'fail' ? 0 : belief.successesInARow + 1,
    failuresInARow: outcome === 'fail' ? belief.failuresInARow + 1 : 0,
    notPassedInARow: outcome === 'pass' ? 0 : belief.notPassedInARow + 1,
    failingSinceMs: outcome === 'fail' ? (belief.failingSinceMs ?? atMs) : null,
  }
}

const decided = (result: 'success' | 'failure'): Counters => (result === 'success' ? STANDING : FALLEN)

function worseBy(from: Health, to: Health): 'fell' | 'degraded' | null {
  if (to === 'down' && from !== 'down') return 'fell'
  return to === 'degraded' && from === 'up' ? 'degraded' : null
}

const RECHECK_SHARE = 1 / 4
const SHORTEST_RECHECK_MS = 1_000
/** A dead one is asked one interval later for every so many intervals that it has been dead. */
const DEAD_STEP_INTERVALS = 30
const MOST_SLOWER = 6
/** Nor is it ever asked less often than this, unless the check itself is. */
const SLOWEST_MS = 60_000

/**
 * From the start of one probe to the start of the next, ms, without jitter. Sooner straight after a result that speaks against
 * what is believed, or on which alone it rests; later the longer it has been dead.
 */
export function nextDelayMs(belief: TargetBelief, check: Check): number {
  const everyMs = check.everySeconds * 1_000
  if (isInDoubt(belief, check)) return recheckMs(check)
  if (belief.health !== 'down' || belief.failingSinceMs === null) return everyMs
  const deadMs = Math.max(0, belief.lastAtMs - belief.failingSinceMs)
  const slower = Math.min(MOST_SLOWER, 1 + Math.floor(deadMs / (DEAD_STEP_INTERVALS * everyMs)))
  return Math.min(everyMs * slower, Math.max(everyMs, SLOWEST_MS))
}

function isInDoubt(belief: TargetBelief, check: Check): boolean {
  switch (belief.health) {
    case 'unknown':
      return false
    case 'up':
      return belief.notPassedInARow > 0
    case 'degraded':
      return belief.failuresInARow > 0
    case 'down':
      // Down since the first of these failures: fewer than it takes otherwise.
      return belief.failingSinceMs === belief.sinceMs && belief.failuresInARow < check.fall
  }
}

/** A probe ends before the next begins: so never sooner than its time is over. */
const recheckMs = ({ everySeconds, timeoutSeconds }: Check): number => {
  const everyMs = everySeconds * 1_000
  return Math.min(everyMs, Math.max(everyMs * RECHECK_SHARE, SHORTEST_RECHECK_MS, timeoutSeconds * 1_000))
}

/**
 * The earliest time at which the health can change, when results are under way to it; null when there are none, or nothing is to
 * be asked (gdnsd's dynamic TTL counts from a steady state as well, which no answer needs to be shortened for).
 */
export function nextChangeMs(belief: TargetBelief, check: Check, nextProbeMs: number | null): number | null {
  if (nextProbeMs === null) return null
  if (belief.lastOutcome === null) return nextProbeMs
  const { fall, rise } = check
  const after = (further: number, delayMs: number): number => nextProbeMs + Math.max(0, further - 1) * delayMs
  const { reach, quality, flaps } = belief
  const counters = [reach, quality]
  if (counters.every(({ failures, successes }) => failures === 0 && successes === 0)) return null
  const times = counters.map(({ fallen, failures, successes }) =>
    fallen
      ? Math.max(after(rise - successes, check.everySeconds * 1_000), flaps.heldUntilMs ?? 0)
      : after(fall - failures, recheckMs(check)),
  )
  return Math.min(...times)
}
