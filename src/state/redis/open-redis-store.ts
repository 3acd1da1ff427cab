import { randomUUID } from 'node:crypto'
import type { Schedule } from '../../ports/schedule.ts'
import type { Store, StoreChange } from '../../ports/store.ts'
import { createCalls } from './calls.ts'
import { type Connection, type ConnectionOptions, NotSent, openConnection } from './connection.ts'
import { unreadable } from './failures.ts'
import { followChanges } from './follow-changes.ts'
import { keysOf } from './keys.ts'
import { askMark, type Mark, parseMark } from './mark.ts'
import { createOverrides } from './overrides.ts'
import { formatRedisUrl, type RedisPlace } from './redis-url.ts'
import { createRevisions } from './revisions.ts'
import { loadScripts } from './scripts.ts'
import { createTold } from './told.ts'

const KEEP_REVISIONS = 1_000
/** What a slow server may take: two seconds a command must do. */
const ANSWER_WITHIN_MS = 5_000
const OPEN_WITHIN_MS = 10_000
/** Long enough for a restart or a failover that is nearly over; short enough for somebody who waits at a terminal. */
const READY_WITHIN_MS = 3_000
const COMPARE_EVERY_MS = 5_000
/** About: Redis trims by whole nodes of the stream (XADD, MAXLEN ~). */
const MOST_CHANGES = 1_000
/** Longer than any repetition of a write takes. */
const REMEMBER_SECONDS = 600

export interface RedisStoreOptions {
  readonly place: RedisPlace
  /** Of all keys; the nodes of one fleet have the same, and no other fleet. */
  readonly prefix: string
  /** Certificate authorities, PEM; null: those that Node knows. */
  readonly ca?: string | null
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Shown in CLIENT LIST, such as `nearcast fra-1`. */
  readonly name?: string
  /** How many revisions stay; older ones are deleted. At least 2. */
  readonly keepRevisions?: number
  readonly answerWithinMs?: number
  /** How long a call waits for a connection that broke. */
  readonly readyWithinMs?: number
  /** How long opening may take. */
  readonly openWithinMs?: number
  /** How often the state is compared when no change is heard of. */
  readonly compareEveryMs?: number
  readonly onProblem?: (message: string) => void
}

/**
 * The store of a fleet: Redis 7 or Valkey, a single server, one that Sentinels watch, or a Cluster. docs/redis.md has its keys.
 * @throws StoreUnavailable when Redis cannot be reached, or refuses
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { place, schedule, onProblem = () => {}, keepRevisions = KEEP_REVISIONS } = options
  const { answerWithinMs = ANSWER_WITHIN_MS, readyWithinMs = READY_WITHIN_MS } = options
  const { compareEveryMs = COMPARE_EVERY_MS } = options
  if (keepRevisions < 2) throw new RangeError(`keepRevisions is ${keepRevisions}, expected 2 or more`)
  const where = formatRedisUrl(place)
  const keys = keysOf(options.prefix)
  const connecting: ConnectionOptions = {
    ...{ place, answerWithinMs, schedule },
    ca: options.ca ?? null,
    name: options.name?.replace(/[^!-~]/g, '-') ?? 'nearcast',
  }
  const connection = openConnection(connecting)
  let writer: Connection | null = null
  const openWriter = (): Connection => {
    writer ??= openConnection(connecting)
    return writer
  }
  const calls = createCalls({
    ...{ connection, where, schedule, readyWithinMs, onProblem },
    // Who has Sentinels expects failovers. A Cluster has no way to say WAIT to the one node that has the keys.
    replicated: place.mode === 'sentinel' ? { connection: openWriter, withinMs: answerWithinMs / 5 } : null,
  })

  const listeners = new Set<(change: StoreChange) => void>()
  const tell = (change: StoreChange): void => {
    for (const listener of [...listeners]) {
      try {
        listener(change)
      } catch (error) {
        // What was written stands: a listener's fault is not the writer's.
        onProblem(`a listener to changes of the state failed: ${(error as Error).message}`)
      }
    }
  }
  async function firstMark(): Promise<Mark> {
    try {
      if (!(await connection.ready(options.openWithinMs ?? OPEN_WITHIN_MS))) throw new NotSent(connection.obstacle())
      return parseMark(await connection.command(...askMark(keys)))
    } catch (error) {
      connection.close()
      throw unreadable('the shared state cannot be opened', where, error, 'Nothing was done')
    }
  }
  const told = createTold(await firstMark(), tell, onProblem)
  const parts = {
    ...{ calls, keys, told, onProblem },
    scripts: loadScripts(),
    nowMs: options.nowMs,
    newId: randomUUID,
    mostChanges: MOST_CHANGES,
    rememberSeconds: REMEMBER_SECONDS,
  }

  let stopFollowing: (() => void) | null = null
  const startFollowing = (): (() => void) =>
    followChanges({
      ...{ keys, told, compareEveryMs, schedule, onProblem },
      // It answers only after that time when there is nothing to tell.
      connection: openConnection({ ...connecting, answerWithinMs: answerWithinMs + compareEveryMs }),
    })
  const stop = (): void => {
    stopFollowing?.()
    stopFollowing = null
  }

  return {
    ...createRevisions(parts, keepRevisions),
    ...createOverrides(parts),
    watch(listener) {
      // A listener of its own for each call, so that the same function may watch twice and stop once.
      const own = (change: StoreChange): void => listener(change)
      listeners.add(own)
      stopFollowing ??= startFollowing()
      return () => {
        listeners.delete(own)
        if (listeners.size === 0) stop()
      }
    },
    async close() {
      listeners.clear()
      stop()
      writer?.close()
      connection.close()
    },
  }
}
