/** Commands and scripts on the shared connection: each within a bounded time, and writes once, however often they are sent. */
import type { Schedule } from '../../ports/schedule.ts'
import { type Argument, type Connection, NotSent } from './connection.ts'
import { failureOf, unreadable, unwritten } from './failures.ts'
import { runScript, type Script } from './scripts.ts'

const MOST_TRIES = 3
const BETWEEN_TRIES_MS = 200
/** Callers that may wait for a connection at once; more are refused, so that they cannot pile up. */
const MOST_WAITING = 1_000

export interface Calls {
  /**
   * A command that changes nothing; tried again when no answer came.
   * @param what cannot be done without it, as a sentence begins
   * @throws StoreUnavailable
   */
  read(what: string, name: string, ...args: readonly Argument[]): Promise<unknown>
  /**
   * A script that remembers its write id: sent again when no answer came, it does nothing a second time and answers alike.
   * @throws StoreUnavailable, which says whether it was written
   */
  write(what: string, script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
}

export interface CallsParts {
  readonly connection: Connection
  /** Where writes go, that wait until a replica has them too: WAIT blocks. Null: they go as reads do, and do not wait. */
  readonly replicated: { readonly connection: () => Connection; readonly withinMs: number } | null
  readonly onProblem: (message: string) => void
  /** The server, as messages call it. */
  readonly where: string
  readonly schedule: Schedule
  /** How long a call waits for a connection. */
  readonly readyWithinMs: number
}

export function createCalls(parts: CallsParts): Calls {
  const { where, schedule, readyWithinMs } = parts
  const waiting = { count: 0 }
  const pause = (): Promise<void> => new Promise((resolve) => schedule(resolve, BETWEEN_TRIES_MS))

  async function whenReady(connection: Connection): Promise<void> {
    if (waiting.count >= MOST_WAITING) throw new NotSent(`${MOST_WAITING} others wait for a connection already`)
    waiting.count += 1
    const isReady = await connection.ready(readyWithinMs)
    waiting.count -= 1
    if (!isReady) throw new NotSent(connection.obstacle())
  }

  return {
    async read(what, name, ...args) {
      const { connection } = parts
      for (let tries = 1; ; tries++) {
        try {
          await whenReady(connection)
          return await connection.command(name, ...args)
        } catch (error) {
          if (failureOf(error).passes !== 'soon' || tries === MOST_TRIES) throw unreadable(what, where, error)
        }
        await pause()
      }
    },
    async write(what, script, keys, args) {
      // Once no answer came, later refusals say nothing about the first try.
      let done: 'no' | 'unknown' = 'no'
      const { replicated } = parts
      const connection = replicated?.connection() ?? parts.connection
      for (let tries = 1; ; tries++) {
        try {
          await whenReady(connection)
          const reply = await runScript(connection, script, keys, args)
          // Every script says first whether it has written.
          if (replicated !== null && (reply as [number])[0] === 1) {
            done = 'unknown'
            // Should the primary be lost before a replica has it, the next try writes it to the new one.
            if (Number(await connection.command('WAIT', 1, replicated.withinMs)) === 0)
              parts.onProblem('no replica of Redis has the last change yet: a failover now would lose it')
          }
          return reply
        } catch (error) {
          const failure = failureOf(error)
          if (failure.done === 'unknown') done = 'unknown'
          const isWorthIt = done === 'unknown' || failure.passes === 'soon'
          if (!isWorthIt || tries === MOST_TRIES) throw unwritten(what, where, error, done)
        }
        await pause()
      }
    },
  }
}
