import type { Turns } from '../domain/turns.ts'

/** How long the event loop is kept from reading sockets at a time. */
const TURN_MS = 5

/** A few milliseconds of work, then a turn of the event loop: sockets are read, and their questions answered, in between. */
export async function inTurns<T>(turns: Turns<T>): Promise<T> {
  for (;;) {
    const untilMs = performance.now() + TURN_MS
    do {
      const turn = turns.next()
      if (turn.done === true) return turn.value
    } while (performance.now() < untilMs)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
