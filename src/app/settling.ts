import type { Schedule } from '../ports/schedule.ts'

/** Notices without end do not put a call off for longer than so many quiet times. */
const MOST_QUIET_TIMES = 5

/** Calls `done` once a whole quiet time has passed without a notice, or the fifth with one. */
export function settling(schedule: Schedule, settleMs: number, done: () => void): { notice(): void; cancel(): void } {
  let pending: { readonly cancel: () => void; noticed: boolean } | null = null

  const wait = (quietTimes: number): void => {
    const cancel = schedule(() => {
      if (pending?.noticed && quietTimes < MOST_QUIET_TIMES) return wait(quietTimes + 1)
      pending = null
      done()
    }, settleMs)
    pending = { cancel, noticed: false }
  }
  return {
    notice: (): void => {
      if (pending === null) wait(1)
      else pending.noticed = true
    },
    cancel: (): void => pending?.cancel(),
  }
}
