import type { Schedule } from '../ports/schedule.ts'
import type { LiveTarget } from './live-target.ts'

/** Who has to be probed once before it is known where to send anybody (gdnsd: "first round before serving"). */
export interface FirstRound {
  expect(target: LiveTarget): void
  /** It was probed, or is not going to be. */
  had(target: LiveTarget): void
  /** Resolves when nobody is expected any more; after `withinMs` at the latest. */
  wait(withinMs: number): Promise<void>
}

export function createFirstRound(schedule: Schedule): FirstRound {
  const expected = new Set<LiveTarget>()
  const waiting = new Set<() => void>()
  const end = (): void => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }
  return {
    expect: (target) => {
      expected.add(target)
    },
    had(target) {
      if (expected.delete(target) && expected.size === 0) end()
    },
    async wait(withinMs) {
      if (expected.size === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const callOff = schedule(resolve, withinMs)
      waiting.add(resolve)
      await promise
      callOff()
    },
  }
}
