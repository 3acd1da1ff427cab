import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisPlace } from '../../src/state/redis/redis-url.ts'
import { freePort, placeOf, type RedisServer, spawnServer, startRedisServer } from './redis-server.ts'
import { until } from './until.ts'

export interface SentinelFleet {
  readonly place: RedisPlace
  readonly primary: RedisServer
  readonly replica: RedisServer
  stop(): Promise<void>
}

/** A primary, its replica, and one Sentinel that fails over when the primary is silent for half a second. */
export async function startSentinelFleet(): Promise<SentinelFleet> {
  const primary = await startRedisServer({ args: ['--repl-diskless-sync-delay', '0'] })
  const replica = await startRedisServer({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] })
  await until(
    async () => String(await primary.ask('INFO', 'replication')),
    (info) => info.includes('state=online'),
  )
  const directory = await mkdtemp(join(tmpdir(), 'nearcast-sentinel-'))
  const port = await freePort()
  const lines = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${directory}`, `sentinel monitor fleet 127.0.0.1 ${primary.port} 1`],
    ...['sentinel down-after-milliseconds fleet 500', 'sentinel failover-timeout fleet 5000'],
  ]
  const path = join(directory, 'sentinel.conf')
  await writeFile(path, `${lines.join('\n')}\n`)
  const sentinel = await spawnServer([path, '--sentinel'])
  return {
    place: placeOf(`redis+sentinel://127.0.0.1:${port}/fleet`),
    primary,
    replica,
    stop: async () => {
      sentinel.kill('SIGKILL')
      await Promise.all([primary.stop(), replica.stop()])
      await rm(directory, { recursive: true })
    },
  }
}
