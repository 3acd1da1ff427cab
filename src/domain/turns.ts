/** Work that pauses where something else may go first, and returns its result. */
export type Turns<T> = Generator<void, T, void>

/** All of it at once. */
export function atOnce<T>(turns: Turns<T>): T {
  for (;;) {
    const turn = turns.next()
    if (turn.done === true) return turn.value
  }
}
