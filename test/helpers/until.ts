/** Asks again until the answer is as wanted; fails with the last one after `limitMs`.. */
export async function until<T>(
  ask: () => T | Promise<T>,
  isWanted: (answer: T) => boolean,
  limitMs = 20_000,
): Promise<void> {
  const startMs = performance.now()
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return
    if (performance.now() - startMs > limitMs)
      throw new Error(`not within ${limitMs} ms; the last answer was ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
