import type { ProbeResult } from '../domain/health.ts'
import type { HealthCheck, ProbeTarget } from '../ports/health-check.ts'
import type { Schedule } from '../ports/schedule.ts'

export interface RetryParts {
  /** Further attempts. */
  readonly retries: number
  /** Of one probe, all attempts together. */
  readonly timeoutMs: number
  readonly schedule: Schedule
}

/** From a failure to the next attempt: a short burst of losses is over by then, and all of them fit into the time of a probe. */
const PAUSE_SHARE = 1 / 16

/**
 * Tries again within the time of one probe before it has failed (Cloudflare `retries`): a packet or a connection that was lost is
 * no failure. Of an attempt that hangs the next one does not wait for the end: it begins when its share of the time has come, and
 * the first that succeeds counts. Whoever answers within that share is asked once.
 */
export function retrying(check: HealthCheck, parts: RetryParts): HealthCheck {
  if (parts.retries === 0) return check
  return { probe: (target, signal) => attemptAll(check, target, signal, parts) }
}

async function attemptAll(
  check: HealthCheck,
  target: ProbeTarget,
  signal: AbortSignal,
  { retries, timeoutMs, schedule }: RetryParts,
): Promise<ProbeResult> {
  const own = new AbortController()
  const { promise, resolve } = Promise.withResolvers<ProbeResult>()
  const attempts: Promise<void>[] = []
  let underWay = 0
  let failed: ProbeResult | null = null
  let callOff = (): void => {}

  const next = (delayMs: number): void => {
    callOff()
    const isOver = attempts.length > retries || own.signal.aborted
    callOff = isOver ? () => {} : schedule(attempt, delayMs)
    if (isOver && underWay === 0 && failed !== null) resolve(failed)
  }
  const attempt = (): void => {
    const number = attempts.length + 1
    underWay++
    attempts.push(
      check.probe(target, own.signal).then((result) => {
        underWay--
        if (result.outcome !== 'fail') return resolve(told(result, number))
        failed = told(result, number)
        next(timeoutMs * PAUSE_SHARE)
      }),
    )
    next(timeoutMs / (retries + 1))
  }
  const end = (): void => {
    own.abort()
    next(0)
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) own.abort()
  attempt()
  const result = await promise
  // What is still under way is of no use any more, and is closed before the probe has ended.
  signal.removeEventListener('abort', end)
  callOff()
  own.abort()
  await Promise.all(attempts)
  callOff()
  return result
}

const told = (result: ProbeResult, attempt: number): ProbeResult =>
  attempt === 1 ? result : { ...result, detail: `${result.detail} (attempt ${attempt})` }
