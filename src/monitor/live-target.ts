import type { Check } from '../domain/check.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ProbeResult, ProbeTimings } from '../domain/health.ts'
import type { HealthCheck, ProbeTarget } from '../ports/health-check.ts'
import type { Target } from './belief/target.ts'
import { type BelievedBefore, newBelief, observe } from './belief/target-belief.ts'
import type { PlannedTarget } from './targets.ts'
import { createJob, type Job } from './timetable.ts'

/** One check at one address while it is probed; it changes with every result. */
export interface LiveTarget extends Mutable<Target> {
  readonly key: string
  /** Null: it is not probed; the endpoint pushes, or the check may not be run here. */
  probe: HealthCheck | null
  asked: ProbeTarget
  /** Why the policy's own address must not be probed. */
  readonly guarded: string | null
  /** Begins the next probe; while one is under way, ends its time. */
  readonly job: Job
  /** The probe under way. */
  running: AbortController | null
  dueMs: number
  startedMs: number
  /** No longer wanted: nothing of it is reported any more. */
  isGone: boolean
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface LiveTargetParts {
  readonly service: string
  readonly endpoint: Endpoint
  readonly probe: HealthCheck | null
  readonly before: BelievedBefore | null
  readonly nowMs: number
  /** Called when its time has come. */
  readonly onDue: (target: LiveTarget) => void
}

const NOT_RUN: Partial<Record<Check['kind'], string>> = {
  exec: 'commands are not run on this node (checks.exec)',
}

export function createLiveTarget(planned: PlannedTarget, parts: LiveTargetParts): LiveTarget {
  const { key, check, host, guarded } = planned
  const { service, endpoint, probe, before, nowMs, onDue } = parts
  const target: LiveTarget = {
    key,
    check,
    host,
    belief: newBelief(nowMs, before),
    notProbed: guarded ?? (probe === null ? (NOT_RUN[check.kind] ?? null) : null),
    nextProbeMs: null,
    last: [],
    probe,
    asked: { service, endpoint, host },
    guarded,
    job: createJob(() => onDue(target)),
    running: null,
    dueMs: nowMs,
    startedMs: nowMs,
    isGone: false,
  }
  return target
}

/** As `TargetHealth.last` shows them. */
const MOST_RESULTS = 10

/** Takes one more result in. */
export function takeResult(target: LiveTarget, result: ProbeResult, atMs: number): void {
  target.last = [{ ...result, atMs }, ...target.last.slice(0, MOST_RESULTS - 1)]
  const { outcome } = result
  if (outcome !== 'unasked') target.belief = observe(target.belief, target.check, { outcome, atMs })
}

const NO_TIMINGS: ProbeTimings = { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 }

/** Of what was told, and not probed. */
export const toldResult = (
  outcome: ProbeResult['outcome'],
  detail: string,
  load: ProbeResult['load'] = {},
  timings: ProbeTimings = NO_TIMINGS,
): ProbeResult => ({ outcome, detail, timings, warnings: [], load })
