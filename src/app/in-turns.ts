import type { Turns } from '../domain/turns.ts'

/** One turn of the event loop each: sockets are read, and their questions answered, in between. */
export async function inTurns<T>(turns: Turns<T>): Promise<T> {
  for (;;) {
    const turn = turns.next()
    if (turn.done === true) return turn.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}
