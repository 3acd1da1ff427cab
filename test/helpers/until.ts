/** Asks again until the answer is as wanted; fails with the last one after `limitMs`. Returns how long it took. */
export async function until<T>(
  ask: () => T | Promise<T>,
  isWanted: (answer: T) => boolean,
  limitMs = 5_000,
): Promise<number> {
  const startMs = performance.now()
  for (;;) {
    const answer = await ask()
    const tookMs = performance.now() - startMs
    if (isWanted(answer)) return tookMs
    if (tookMs > limitMs) throw new Error(`not within ${limitMs} ms; the last answer was ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
