import type { Check } from '../../domain/check.ts'
import type { Target } from './target.ts'

/** A reading counts for so long (gRPC A58, weightExpirationPeriod), and for three intervals of a slow check. */
const EXPIRES_MS = 180_000
const EXPIRES_INTERVALS = 3

/** What a heartbeat says holds as long as the heartbeat does. */
const expiresMs = (check: Check): number =>
  Math.max(
    EXPIRES_MS,
    1_000 * (check.kind === 'heartbeat' ? check.expireSeconds : check.everySeconds * EXPIRES_INTERVALS),
  )

export interface LoadReport {
  readonly metric: string
  readonly value: number
  readonly atMs: number
}

/**
 * The newest reading of each target and metric; of several targets the highest, for the fullest address is the one that
 * must not be filled further. By metric, in order of name.
 */
export function loadReports(targets: readonly Target[], nowMs: number): readonly LoadReport[] {
  const highest = new Map<string, LoadReport>()
  for (const { belief, check, last } of targets) {
    if (belief.health === 'down') continue
    const oldestMs = nowMs - expiresMs(check)
    const seen = new Set<string>()
    for (const { load, atMs } of last) {
      if (atMs < oldestMs) break
      for (const [metric, value] of Object.entries(load)) {
        if (seen.has(metric) || !Number.isFinite(value)) continue
        seen.add(metric)
        if (value > (highest.get(metric)?.value ?? -Infinity)) highest.set(metric, { metric, value, atMs })
      }
    }
  }
  return [...highest.values()].sort((a, b) => (a.metric < b.metric ? -1 : 1))
}

export const currentLoad = (targets: readonly Target[], nowMs: number): Readonly<Record<string, number>> =>
  Object.fromEntries(loadReports(targets, nowMs).map(({ metric, value }) => [metric, value]))
