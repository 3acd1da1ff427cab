import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Argument, openConnection } from '../../src/state/redis/connection.ts'
import { parseRedisUrl, type RedisPlace } from '../../src/state/redis/redis-url.ts'

export interface RedisServer {
  readonly port: number
  readonly place: RedisPlace
  /** One command over a connection of its own. */
  ask(name: string, ...args: readonly Argument[]): Promise<unknown>
  signal(name: NodeJS.Signals): void
  /** At once, as a crash does. */
  kill(): Promise<void>
  /** On the same port, with the files that are there. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** Settings of redis.conf, as arguments. */
  readonly args?: readonly string[]
  /** Whether it must be asked with TLS, or a password. */
  readonly url?: (port: number) => string
  readonly ca?: string
}

export const placeOf = (url: string): RedisPlace => {
  const place = parseRedisUrl(url)
  if (place === undefined) throw new Error(`${url} is no URL of Redis`)
  return place
}

export const schedule = (task: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

const MOST_TRIES = 5

/** A `redis-server` of its own, in a folder of its own, on a port that was free a moment ago. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'nearcast-redis-'))
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    try {
      return await startOn(port, directory, options)
    } catch (error) {
      if (tries === MOST_TRIES) throw error
    }
  }
}

async function startOn(port: number, directory: string, options: RedisServerOptions): Promise<RedisServer> {
  const place = placeOf(options.url?.(port) ?? `redis://127.0.0.1:${port}`)
  const defaults = ['--port', port, '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--daemonize', 'no']
  // A setting that is given twice has the value that stands last.
  const args = [...defaults.map(String), ...(options.args ?? [])]
  let child = await spawnServer(args)
  const ended = (): Promise<unknown> =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once('exit', resolve))
  const kill = async (): Promise<void> => {
    const end = ended()
    child.kill('SIGKILL')
    await end
  }
  return {
    port,
    place,
    async ask(name, ...rest) {
      const connection = openConnection({
        ...{ place, schedule, ca: options.ca ?? null },
        ...{ name: 'test', answerWithinMs: 5_000 },
      })
      try {
        if (!(await connection.ready(5_000))) throw new Error(connection.obstacle())
        return await connection.command(name, ...rest)
      } finally {
        connection.close()
      }
    },
    signal: (name) => void child.kill(name),
    kill,
    start: async () => {
      child = await spawnServer(args)
    },
    stop: async () => {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Resolves when it takes connections. */
export function spawnServer(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  // A test that fails half-way must not leave it running.
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const said: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line)
      if (/Ready to accept connections|\+monitor master/.test(line)) resolve(child)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said.slice(-5).join('\n')}`)))
  })
}

export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject()))
    })
  })
}
