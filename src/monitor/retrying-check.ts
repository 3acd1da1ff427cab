import type { ProbeResult } from '../domain/health.ts'
import type { HealthCheck } from '../ports/health-check.ts'

export interface RetryParts {
  /** Further attempts. */
  readonly retries: number
  /** Of one probe, all attempts together. */
  readonly timeoutMs: number
  readonly schedule: (task: () => void, delayMs: number) => () => void
}

/** Between two attempts: a short burst of losses is over by then, and all of them fit into the time of a probe. */
const PAUSE_SHARE = 1 / 16

/**
 * Tries again within the time of one probe before it has failed (Cloudflare `retries`): a connection that was lost is no
 * failure. An attempt that hangs is not followed by another: its lost packets are sent again by TCP itself, and a slow
 * endpoint is not asked three times at once.
 */
export function retrying(check: HealthCheck, { retries, timeoutMs, schedule }: RetryParts): HealthCheck {
  if (retries === 0) return check
  return {
    async probe(target, signal) {
      for (let attempt = 1; ; attempt++) {
        const result = told(await check.probe(target, signal), attempt)
        if (result.outcome !== 'fail' || attempt > retries || signal.aborted) return result
        await pause(timeoutMs * PAUSE_SHARE, signal, schedule)
        if (signal.aborted) return result
      }
    },
  }
}

const told = (result: ProbeResult, attempt: number): ProbeResult =>
  attempt === 1 ? result : { ...result, detail: `${result.detail} (attempt ${attempt})` }

/** Resolves after `delayMs`, or when `signal` aborts. */
function pause(delayMs: number, signal: AbortSignal, schedule: RetryParts['schedule']): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      callOff()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const callOff = schedule(done, delayMs)
    signal.addEventListener('abort', done, { once: true })
  })
}
