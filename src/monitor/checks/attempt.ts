import type { CheckBase } from '../../domain/check.ts'
import type { ProbeResult, ProbeTimings } from '../../domain/health.ts'
import { errorWords } from './words.ts'

/** What one attempt comes to, before its time is looked at. */
export interface Finding {
  readonly outcome: ProbeResult['outcome']
  /** One line. What the other side sent stands in it through `shown` only. */
  readonly detail: string
  readonly warnings?: readonly string[]
  readonly load?: Readonly<Record<string, number>>
}

/** One probe under way. */
export interface Attempt {
  /** Aborts when the probe is over: by its end, by its time, or called off. */
  readonly signal: AbortSignal
  readonly nowMs: () => number
  /** Each phase by itself, filled in as it ends; of several connections, the first. */
  readonly timings: { -readonly [Phase in keyof Omit<ProbeTimings, 'totalMs'>]: ProbeTimings[Phase] }
  /** What is waited for from now on: `the connection to 192.0.2.1:80`. */
  waitsFor(what: string): void
  /** Called when the probe is over, however it ends; at once when it is over already. */
  atEnd(close: () => void): void
}

/**
 * Runs one probe: it ends when `signal` aborts, whatever it waits for, and all that it opened is closed. A success that took
 * longer than `degradedMs` is degraded. Never rejects.
 */
export async function runAttempt(
  run: (attempt: Attempt) => Promise<Finding>,
  check: Pick<CheckBase, 'degradedMs'>,
  signal: AbortSignal,
  nowMs: () => number,
): Promise<ProbeResult> {
  const startedMs = nowMs()
  const elapsedMs = (): number => Math.max(0, nowMs() - startedMs)
  const over = new AbortController()
  const timings: Attempt['timings'] = { connectMs: null, tlsMs: null, firstByteMs: null }
  const closers: (() => void)[] = []
  const late = Promise.withResolvers<Finding>()
  let waitsFor = 'the beginning'
  const attempt: Attempt = {
    signal: over.signal,
    nowMs,
    timings,
    waitsFor: (what) => {
      waitsFor = what
    },
    atEnd: (close) => {
      if (over.signal.aborted) close()
      else closers.push(close)
    },
  }
  const giveUp = (): void =>
    late.resolve({
      outcome: 'fail',
      detail: `time ran out after ${Math.round(elapsedMs())} ms, waiting for ${waitsFor}`,
    })
  signal.addEventListener('abort', giveUp, { once: true })
  const finding = signal.aborted
    ? ({ outcome: 'fail', detail: 'called off before it began' } satisfies Finding)
    : await Promise.race([run(attempt).catch(failureOf), late.promise])
  const totalMs = elapsedMs()
  signal.removeEventListener('abort', giveUp)
  over.abort(OVER)
  for (const close of closers) close()
  return {
    warnings: [],
    load: {},
    ...judgedByTime(finding, totalMs, check.degradedMs),
    timings: { ...timings, totalMs },
  }
}

/** One for all: an error of its own, with its stack, costs more than what it ends. */
export const OVER = new Error('the probe is over')

/** This node itself could not begin to ask. */
export class CouldNotAskError extends Error {}

const failureOf = (error: unknown): Finding =>
  error instanceof CouldNotAskError
    ? { outcome: 'unasked', detail: `this node could not ask: ${errorWords(error)}` }
    : { outcome: 'fail', detail: errorWords(error) }

function judgedByTime(finding: Finding, totalMs: number, degradedMs: number | null): Finding {
  const isSuccess = finding.outcome === 'pass' || finding.outcome === 'degraded'
  if (!isSuccess || degradedMs === null || totalMs <= degradedMs) return finding
  const slow = `took ${Math.round(totalMs)} ms, expected ${degradedMs} ms or less`
  return { ...finding, outcome: 'degraded', detail: `${finding.detail}; ${slow}` }
}
