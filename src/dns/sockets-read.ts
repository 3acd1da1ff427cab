/**
 * Turns of the event loop after which a socket that was ready when they began has been read: the first may end before
 * sockets are looked at.
 */
const ENOUGH_TURNS = 3

/** Resolves when everything that sockets had received by now has been handed out by them, a few messages each. */
export async function socketsRead(): Promise<void> {
  for (let turn = 0; turn < ENOUGH_TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
