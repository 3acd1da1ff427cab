const FOR_EVER_MS = 2 ** 31 - 1

/** Waits for `task`. Until the ports are open nothing else may keep the process alive: timers of a node do not. */
export async function stayAwake<T>(task: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, FOR_EVER_MS)
  try {
    return await task
  } finally {
    clearInterval(timer)
  }
}
