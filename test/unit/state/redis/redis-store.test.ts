import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { skipWithout } from '../../../../scripts/install-debian.ts'
import { openRedisStore } from '../../../../src/state/redis/open-redis-store.ts'
import type { RedisPlace } from '../../../../src/state/redis/redis-url.ts'
import { FIRST_PAIR } from '../../../helpers/certificates.ts'
import { startSentinelFleet } from '../../../helpers/redis-sentinel.ts'
import { freePort, placeOf, type RedisServer, schedule, startRedisServer } from '../../../helpers/redis-server.ts'
import { storeSuite } from '../../../suites/store-suite.ts'

const NOW_MS = Date.UTC(2026, 0, 2)

interface Fleet {
  readonly place: RedisPlace
  readonly ca?: string
  stop(): Promise<void>
}

const single = async (): Promise<Fleet> => startRedisServer()

/** The rights that docs/redis.md gives, on the prefixes of this file. */
const RIGHTS = /^ACL SETUSER nearcast on >PASSWORD (.*)$/m
  .exec(readFileSync(new URL('../../../../docs/redis.md', import.meta.url), 'utf8'))?.[1]
  ?.replace('{nearcast}', '{suite-*}')
  .split(' ')

async function behindTls(): Promise<Fleet> {
  const directory = await mkdtemp(join(tmpdir(), 'nearcast-tls-'))
  const files = { '--tls-cert-file': FIRST_PAIR.cert, '--tls-key-file': FIRST_PAIR.key }
  const args = ['--tls-auth-clients', 'no', '--user', 'default', 'off', '--user', 'near', 'on', '>p@ss/w:rd']
  const written = await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const path = join(directory, name)
      await writeFile(path, text)
      return [name, path]
    }),
  )
  const port = await freePort()
  const server = await startRedisServer({
    args: ['--port', '0', '--tls-port', `${port}`, ...written.flat(), ...args, ...(RIGHTS ?? [])],
  })
  return {
    place: placeOf(`rediss://near:p%40ss%2Fw%3Ard@127.0.0.1:${port}`),
    ca: FIRST_PAIR.cert,
    stop: async () => {
      await server.stop()
      await rm(directory, { recursive: true })
    },
  }
}

/** One node that has all slots. */
async function cluster(): Promise<Fleet> {
  const users = ['--user', 'near', 'on', '>secret', ...(RIGHTS ?? []), '+cluster|slots', '+cluster|info']
  const server: RedisServer = await startRedisServer({
    args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', ...users],
  })
  await server.ask('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
  for (;;) {
    const info = await server.ask('CLUSTER', 'INFO')
    if (String(info).includes('cluster_state:ok')) break
  }
  return { place: placeOf(`redis+cluster://near:secret@127.0.0.1:${server.port}`), stop: server.stop }
}

const TOPOLOGIES: readonly [name: string, start: () => Promise<Fleet>][] = [
  ['redis', single],
  ['redis with TLS and an ACL user', behindTls],
  ['redis cluster', cluster],
  ['redis behind a Sentinel', startSentinelFleet],
]

for (const [name, start] of TOPOLOGIES) {
  describe(name, { skip: skipWithout('redis-server') }, () => {
    let fleet: Fleet
    let worlds = 0
    before(async () => {
      fleet = await start()
    })
    after(() => fleet.stop())

    storeSuite(name, async () => {
      const prefix = `suite-${worlds++}`
      return {
        open: (options) =>
          openRedisStore({
            ...{ place: fleet.place, ca: fleet.ca ?? null, prefix, schedule, ...options },
            nowMs: () => NOW_MS,
          }),
        shared: true,
        cleanUp: async () => {},
      }
    })
  })
}
