/** A clock that is turned by hand: no test waits for time to pass. */
export interface ManualClock {
  readonly nowMs: () => number
  readonly schedule: (task: () => void, delayMs: number) => () => void
  /** Runs what falls due on the way, in order. */
  advance(ms: number): void
  /** Tasks that are waiting. */
  readonly pending: () => number
}

export function manualClock(startMs = 0): ManualClock {
  const tasks = new Set<{ readonly atMs: number; readonly task: () => void }>()
  const clock = { ms: startMs }
  return {
    nowMs: () => clock.ms,
    schedule: (task, delayMs) => {
      const entry = { atMs: clock.ms + delayMs, task }
      tasks.add(entry)
      return () => {
        tasks.delete(entry)
      }
    },
    advance: (ms) => {
      const endMs = clock.ms + ms
      for (;;) {
        const [next] = [...tasks].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
        if (next === undefined) break
        tasks.delete(next)
        clock.ms = Math.max(clock.ms, next.atMs)
        next.task()
      }
      clock.ms = endMs
    },
    pending: () => tasks.size,
  }
}
