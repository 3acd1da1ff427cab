import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const BACKEND = fileURLToPath(new URL('backend.ts', import.meta.url))

export interface Backend {
  readonly id: string
  readonly address: string
  start(loss?: number): Promise<void>
  /** Kills it outright; the time of its death, ms since the epoch. */
  kill(): Promise<number>
}

/** @param port the same for all: they differ by their addresses */
export function createBackend(id: string, address: string, port: number): Backend {
  let child: ChildProcess | null = null
  return {
    id,
    address,
    async start(loss = 0) {
      child = fork(BACKEND, [address, String(port), String(loss)])
      await once(child, 'message')
    },
    async kill() {
      const dying = child
      child = null
      if (dying === null) return Date.now()
      const gone = once(dying, 'exit')
      dying.kill('SIGKILL')
      const diedAtMs = nowMs()
      await gone
      return diedAtMs
    },
  }
}

/** Milliseconds since the epoch, with fractions. */
export const nowMs = (): number => performance.timeOrigin + performance.now()
