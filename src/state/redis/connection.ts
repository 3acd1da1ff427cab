/** The one home of ioredis: a connection that never waits for long, never queues, and comes back by itself. */

import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Schedule } from '../../ports/schedule.ts'
import type { RedisPlace } from './redis-url.ts'

export type Argument = string | number

export interface ConnectionOptions {
  readonly place: RedisPlace
  /** What a private certificate authority signed, PEM; null: those that Node knows. */
  readonly ca: string | null
  /** Shown in CLIENT LIST. */
  readonly name: string
  /** An answer that takes longer is none: the command fails, and the connection is made anew. */
  readonly answerWithinMs: number
  readonly schedule: Schedule
}

export interface Connection {
  /**
   * Sends one command.
   * @throws Error: what the server answered; or `NotSent` when there is no connection; anything else leaves open whether the
   * server got it.
   */
  command(name: string, ...args: readonly Argument[]): Promise<unknown>
  /** Whether it is connected, or is so within that time; false as soon as it is closed. */
  ready(withinMs: number): Promise<boolean>
  /** Why it is not connected. */
  obstacle(): string
  close(): void
}

/** There is no connection: the server cannot have got the command. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

const MOST_RETRY_DELAY_MS = 2_000
const FIRST_RETRY_DELAY_MS = 50
const retryDelayMs = (times: number): number =>
  Math.min(FIRST_RETRY_DELAY_MS * 2 ** Math.min(times, 10), MOST_RETRY_DELAY_MS)

/** Opens it in the background: ask `ready`. */
export function openConnection(options: ConnectionOptions): Connection {
  const { place, schedule } = options
  const client = place.mode === 'cluster' ? openCluster(options) : openSingle(options)
  let lastError: Error | null = null
  let isClosed = false
  let callOffConnect = (): void => {}
  /** Those who wait for it, and are told when it is ready, or closed. */
  const waiting = new Set<() => void>()
  const tellWaiting = (): void => {
    for (const tell of waiting) tell()
  }
  const connect = (): void => {
    // It tries again by itself; most errors come as events, too.
    client.connect().catch((error: Error) => {
      lastError ??= error
    })
  }
  // Without a listener ioredis writes to the console.
  client.on('error', (error: Error) => {
    lastError = error
  })
  client.on('ready', () => {
    lastError = null
    tellWaiting()
  })
  // Here it has given up, as it does when it could not even begin (a file of certificates that is none).
  client.on('end', () => {
    if (!isClosed) callOffConnect = schedule(connect, MOST_RETRY_DELAY_MS)
  })
  connect()

  const isReady = (): boolean => client.status === 'ready'
  const obstacle = (): string => {
    if (lastError !== null) return reasonOf(lastError)
    // Connected, but the ready check has not passed: that waits while the data are read from disk.
    return client.status === 'connect' ? 'LOADING it answers, but is not ready' : 'there is no connection'
  }

  return {
    async command(name, ...args) {
      // A command that had to wait here would be one of many, and late.
      if (!isReady()) throw new NotSent(obstacle())
      return client.call(name, ...args)
    },
    ready: (withinMs) => {
      if (isReady() || isClosed) return Promise.resolve(isReady())
      return new Promise((resolve) => {
        const settle = (): void => {
          callOff()
          waiting.delete(settle)
          resolve(isReady())
        }
        const callOff = schedule(settle, withinMs)
        waiting.add(settle)
      })
    },
    obstacle,
    close() {
      isClosed = true
      callOffConnect()
      client.disconnect()
      tellWaiting()
    },
  }
}

/** Some errors of the system have no message. Of a Cluster's: what the last of its nodes said, if it said anything. */
function reasonOf(error: Error & { lastNodeError?: Error; code?: string }): string {
  const { lastNodeError: node } = error
  if (node !== undefined && !node.message.startsWith('Connection is closed')) return reasonOf(node)
  return error.message || error.code || String(error)
}

function openSingle(options: ConnectionOptions): Redis {
  const { place } = options
  const [first] = place.hosts
  const common = {
    ...commonOptions(options),
    db: place.database,
    enableOfflineQueue: false,
    lazyConnect: true,
    retryStrategy: retryDelayMs,
  }
  if (place.mode === 'single') return new Redis({ ...common, host: first?.host ?? '', port: first?.port ?? 0 })
  return new Redis({
    ...common,
    sentinels: place.hosts.map(({ host, port }) => ({ host, port })),
    name: place.primary ?? '',
    enableTLSForSentinelMode: place.tls === 'on',
    ...(place.tls === 'on' ? { sentinelTLS: tlsOptions(options) } : {}),
    sentinelCommandTimeout: options.answerWithinMs,
    sentinelRetryStrategy: retryDelayMs,
    // A primary that is cut off from its Sentinels, but not from us, is not the primary any more.
    failoverDetector: true,
  })
}

function openCluster(options: ConnectionOptions): Cluster {
  return new Cluster(
    options.place.hosts.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: commonOptions(options),
      enableOfflineQueue: false,
      lazyConnect: true,
      clusterRetryStrategy: retryDelayMs,
      slotsRefreshTimeout: options.answerWithinMs,
      // Certificates are for names, and a Cluster tells addresses.
      ...(options.place.tls === 'on' ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    },
  )
}

function commonOptions(options: ConnectionOptions) {
  const { place, answerWithinMs } = options
  return {
    ...(place.user === null ? {} : { username: place.user }),
    ...(place.password === null ? {} : { password: place.password }),
    ...(place.tls === 'on' ? { tls: tlsOptions(options) } : {}),
    // RESP2 has the same shapes in Redis 7 and Valkey.
    protocol: 2 as const,
    connectionName: options.name,
    // A command that Redis 7.0 does not know, and a right less to give.
    disableClientInfo: true,
    connectTimeout: answerWithinMs,
    commandTimeout: answerWithinMs,
    // A server that has stopped keeps its sockets open: without this, commands would pile up in them.
    socketTimeout: answerWithinMs,
    // What was under way when a connection broke fails at once; whoever sent it knows whether it may be sent again.
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 1_000,
    autoResendUnfulfilledCommands: false,
    // After a failover the old primary is a replica: look for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions
}

const tlsOptions = ({ ca }: ConnectionOptions): { ca?: string } => (ca === null ? {} : { ca })
