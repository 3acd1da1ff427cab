import type { HealthEvent } from '../domain/health.ts'

const MOST_EVENTS = 1_000

export interface EventLog {
  /** Numbers the event and keeps it; the oldest one goes when there are too many. */
  add(event: Omit<HealthEvent, 'number'>): HealthEvent
  /** Those numbered higher than `after`, oldest first; a gap before the first shows that some are no longer kept. */
  since(after: number): readonly HealthEvent[]
  /** Newest first. */
  newest(most: number): readonly HealthEvent[]
}

/** The last changes of health, 1,000 of them. */
export function createEventLog(most: number = MOST_EVENTS): EventLog {
  const ring: HealthEvent[] = []
  const state = { lastNumber: 0 }
  const newest = (count: number): HealthEvent[] => {
    const kept = Math.min(Math.max(0, count), ring.length)
    return Array.from({ length: kept }, (_, back) => ring[(state.lastNumber - 1 - back) % most]!)
  }
  return {
    add: (event) => {
      const numbered: HealthEvent = Object.freeze({ number: state.lastNumber + 1, ...event })
      ring[state.lastNumber % most] = numbered
      state.lastNumber++
      return numbered
    },
    since: (after) => newest(state.lastNumber - after).reverse(),
    newest,
  }
}
