import { createJob, type Timetable } from './timetable.ts'

/** Somebody who waits for a turn. Asked again when it comes: whoever is gone by then takes none. */
export interface Turn {
  readonly isWanted: () => boolean
  readonly start: () => void
}

/** How many probes may start in a second, and be under way at once. Who comes too early waits in line; nobody is left out. */
export interface Budget {
  ask(turn: Turn): void
  /** One that had started is over. */
  done(): void
  readonly underWay: () => number
  readonly waiting: () => number
}

export interface BudgetParts {
  readonly perSecond: number
  readonly atOnce: number
  readonly nowMs: () => number
  readonly timetable: Timetable
}

/** Unused turns are kept for so long: a late timer does not cost any. */
const KEPT_MS = 100

export function createBudget({ perSecond, atOnce, nowMs, timetable }: BudgetParts): Budget {
  const most = Math.max(1, (perSecond * KEPT_MS) / 1_000)
  let turns = most
  let countedMs = nowMs()
  let underWay = 0
  let line: Turn[] = []
  /** Those in front of it have had their turn. */
  let next = 0

  const count = (): void => {
    const now = nowMs()
    turns = Math.min(most, turns + (Math.max(0, now - countedMs) * perSecond) / 1_000)
    countedMs = now
  }
  const giveOut = (): void => {
    count()
    while (next < line.length && underWay < atOnce && turns >= 1) {
      const turn = line[next++] as Turn
      if (!turn.isWanted()) continue
      turns--
      underWay++
      turn.start()
    }
    if (next > line.length / 2) {
      line = line.slice(next)
      next = 0
    }
    if (next < line.length && underWay < atOnce) timetable.set(later, nowMs() + ((1 - turns) * 1_000) / perSecond)
  }
  const later = createJob(giveOut)

  return {
    ask(turn) {
      line.push(turn)
      giveOut()
    },
    done() {
      underWay--
      if (next < line.length) giveOut()
    },
    underWay: () => underWay,
    waiting: () => line.length - next,
  }
}
