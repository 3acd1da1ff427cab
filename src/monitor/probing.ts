import type { ProbeResult } from '../domain/health.ts'
import { nextDelayMs } from './belief/target-belief.ts'
import { createBudget } from './budget.ts'
import { type LookUp, whyNotProbed } from './hostnames.ts'
import { type LiveTarget, toldResult } from './live-target.ts'
import type { TargetGuard } from './target-guard.ts'
import type { Timetable } from './timetable.ts'

/** One probe that came to its end. */
export interface Probed {
  readonly target: LiveTarget
  readonly result: ProbeResult
  readonly atMs: number
  /** How long it had to wait for its turn, ms. */
  readonly lateMs: number
}

export interface ProbingParts {
  readonly timetable: Timetable
  readonly nowMs: () => number
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  readonly perSecond: number
  readonly atOnce: number
  readonly lookUp: LookUp
  readonly guard: TargetGuard
  readonly onProbed: (probed: Probed) => void
  /** It is not probed any more, or is again, because its name leads elsewhere. */
  readonly onPassedOver: (target: LiveTarget) => void
}

/** When to probe, and for how long. */
export interface Probing {
  /** Begins with targets that are new, one after the other. */
  start(targets: readonly LiveTarget[]): void
  /** Its time has come: to be probed, or for the probe under way to end. */
  onDue(target: LiveTarget): void
  /** Aborts the probe under way at once. */
  stop(target: LiveTarget): void
  readonly underWay: () => number
  /** Targets whose time has come and that wait for the budget. */
  readonly waiting: () => number
}

/** Either way; so that checks which began together drift apart. */
const JITTER = 0.1

export function createProbing(parts: ProbingParts): Probing {
  const { timetable, nowMs, dice, perSecond, atOnce, lookUp, guard, onProbed, onPassedOver } = parts
  const budget = createBudget({ perSecond, atOnce, nowMs, timetable })
  const draw = (): number => dice() / 2 ** 32

  const dueAt = (target: LiveTarget, atMs: number): void => {
    const dueMs = Math.round(atMs)
    target.nextProbeMs = dueMs
    timetable.set(target.job, dueMs)
  }
  const begin = (target: LiveTarget): void => {
    const running = new AbortController()
    target.running = running
    target.startedMs = nowMs()
    timetable.set(target.job, target.startedMs + target.check.timeoutSeconds * 1_000)
    void attempt(target, running.signal).then((result) => {
      budget.done()
      if (target.isGone || target.running !== running) return
      target.running = null
      timetable.cancel(target.job)
      end(target, result)
    })
  }
  /** Null: there is nothing to probe at the moment. A kind that breaks its promise fails its probe, not the node. */
  const attempt = async (target: LiveTarget, signal: AbortSignal): Promise<ProbeResult | null> => {
    try {
      const { host } = target
      if (host !== null && 'hostname' in host) {
        const notProbed = await Promise.race([whyNotProbed(host, { lookUp, guard }), aborted(signal)])
        if (notProbed === 'aborted')
          return toldResult('fail', `no word about ${host.hostname} from the resolver in time`)
        target.notProbed = notProbed
        if (notProbed !== null) return null
      }
      return (await target.probe?.probe(target.asked, signal)) ?? null
    } catch (error) {
      return toldResult('fail', (error as Error).message)
    }
  }
  const end = (target: LiveTarget, result: ProbeResult | null): void => {
    const atMs = nowMs()
    const { startedMs, dueMs, check } = target
    const isFirst = result !== null && target.belief.lastOutcome === null
    if (result !== null) onProbed({ target, result, atMs, lateMs: Math.max(0, startedMs - dueMs) })
    const everyMs = check.everySeconds * 1_000
    const delayMs = result === null ? everyMs : nextDelayMs(target.belief, check)
    // Those that began together do not stay together: the second probe comes at any time of the interval.
    const factor = isFirst && delayMs === everyMs ? JITTER + (1 - JITTER) * draw() : 1 + JITTER * (2 * draw() - 1)
    // Counted from now: the clock may have been set while the probe was under way.
    const tookMs = Math.max(0, atMs - startedMs)
    dueAt(target, atMs + Math.max(0, delayMs * factor - tookMs))
    if (result === null) onPassedOver(target)
  }

  return {
    start(targets) {
      const now = nowMs()
      targets.forEach((target, index) => {
        const withinMs = Math.min(target.check.everySeconds * 1_000, (targets.length * 1_000) / perSecond)
        dueAt(target, now + (withinMs * index) / targets.length)
      })
    },
    onDue(target) {
      if (target.running !== null) return target.running.abort()
      target.dueMs = target.job.dueMs
      budget.ask({ isWanted: () => !target.isGone, start: () => begin(target) })
    },
    stop(target) {
      target.isGone = true
      timetable.cancel(target.job)
      target.running?.abort()
    },
    underWay: budget.underWay,
    waiting: budget.waiting,
  }
}

const aborted = (signal: AbortSignal): Promise<'aborted'> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
