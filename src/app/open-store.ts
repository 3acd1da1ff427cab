import { readFile } from 'node:fs/promises'
import type { Schedule } from '../ports/schedule.ts'
import { type Store, StoreUnavailable } from '../ports/store.ts'
import { openMemoryStore } from '../state/memory/open-memory-store.ts'
import { openRedisStore } from '../state/redis/open-redis-store.ts'
import type { Config } from './config.ts'

export interface StoreParts {
  readonly config: Config
  readonly nowMs: () => number
  readonly schedule?: Schedule
  readonly onProblem: (message: string) => void
}

/**
 * The store that is configured.
 * @throws StateDirectoryError, or StoreUnavailable when Redis cannot be reached, or a file that leads to it cannot be read
 */
export async function openStore({ config, nowMs, schedule = later, onProblem }: StoreParts): Promise<Store> {
  switch (config.store) {
    case 'memory':
      return openMemoryStore({ directory: config.state, nowMs, onProblem })
    case 'redis': {
      const password = await fileOf('redis.passwordFile', config.redisPasswordFile)
      const firstLine = password?.split(/\r?\n/, 1)[0] ?? ''
      return openRedisStore({
        place: firstLine === '' ? config.redisUrl : { ...config.redisUrl, password: firstLine },
        prefix: config.redisPrefix,
        ca: await fileOf('redis.tlsCa', config.redisTlsCa),
        name: `nearcast-${config.nodeId}`,
        ...{ nowMs, schedule, onProblem },
      })
    }
  }
}

const later: Schedule = (task, delayMs) => {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

async function fileOf(setting: string, path: string | null): Promise<string | null> {
  try {
    return path === null ? null : await readFile(path, 'utf8')
  } catch (error) {
    const { message } = error as Error
    throw new StoreUnavailable(
      `the shared state cannot be opened: ${setting} is ${path}, which cannot be read: ${message}. Nothing was done.`,
      'no',
      error,
    )
  }
}
