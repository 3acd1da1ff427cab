import { type IpPrefix, parseAddress } from '../../domain/address.ts'
import type { Turns } from '../../domain/turns.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import { believeDatagrams, NO_BALANCERS } from '../balancers.ts'
import { DEFAULT_LIMITS } from '../connections.ts'
import type { CookieJar } from '../cookies.ts'
import { listenError } from '../listen-error.ts'
import type { RateLimiter } from '../rate-limit.ts'
import type { DnsOptions, DnsServer } from '../server.ts'
import type { StreamListener } from '../stream-listener.ts'
import { startTcpServer } from '../tcp-server.ts'
import type { Zones } from '../zones.ts'
import { compileChaos } from './chaos-table.ts'
import { createTableCompiler, emptyTable } from './compile-table.ts'
import type { CompiledTable } from './layout.ts'
import { type Pool, startPool } from './pool.ts'
import { openSockets } from './sockets.ts'
import { loadSyscalls, type Syscalls } from './syscalls.ts'

export interface FastDnsOptions extends DnsOptions {
  /** Worker threads, each with its own socket. */
  readonly workers: number
  /** In force when it starts. */
  readonly snapshot: Snapshot
  /** Those of `respond`. */
  readonly zones: Zones
  /** Does work with pauses, in which queries are answered. */
  readonly inTurns: <T>(turns: Turns<T>) => Promise<T>
  /** Networks whose clients get debug answers, as `respond` was given them. */
  readonly debug: readonly IpPrefix[]
  /** As `respond` was given them. */
  readonly nodeId: string | null
  readonly version: string | null
  /** That of `respond`. Null: COOKIE options are ignored. */
  readonly cookies: CookieJar | null
  /** That of `respond`: they keep one bound together. Null: every answer is sent. */
  readonly limiter: RateLimiter | null
  readonly nowMs: () => number
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** A worker that died and is started again, or a snapshot that had no table; a sentence for the log. */
  readonly onProblem: (message: string) => void
}

export interface FastDnsServer extends DnsServer, Pick<Pool, 'acknowledged' | 'collect' | 'threads'> {
  /**
   * Answers come from this snapshot from the next batch on after its table is compiled, unless another one is published before:
   * then from that one. Call it after `respond` has it.
   */
  publish(snapshot: Snapshot): void
}

export type FastDnsOutcome =
  | { readonly kind: 'started'; readonly server: FastDnsServer }
  /** The portable server does the same, slower. */
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Ports to try before giving up on one that is free for both. */
const PORT_ATTEMPTS = 20

/**
 * As startDns, with UDP answered by worker threads.
 * @throws Error naming host, port and transport when a port cannot be opened; nothing stays open then.
 */
export async function startFastDns(options: FastDnsOptions): Promise<FastDnsOutcome> {
  const { host, port, respond, schedule, limits = DEFAULT_LIMITS, balancers = NO_BALANCERS, workers } = options
  const address = parseAddress(host)
  if (address === null) return { kind: 'unavailable', reason: `it cannot bind ${host}: only addresses without a zone` }
  const loaded = await loadSyscalls()
  if (loaded.kind === 'unavailable') return loaded
  const compile = tableSource(options)
  const first = await compile(options.snapshot)
  for (let attempt = 1; ; attempt++) {
    const tcp = await startTcpServer({ host, port, respond, limits, schedule, balancers })
    try {
      const sockets = openSockets(loaded.calls, address, tcp.port, workers)
      return { kind: 'started', server: start(options, loaded.calls, sockets, tcp, compile, first) }
    } catch (error) {
      await tcp.close()
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw listenError('UDP', host, tcp.port, error)
    }
  }
}

type Compile = (snapshot: Snapshot) => Promise<CompiledTable>

/** The complete path can answer whatever a table could not be made of. */
function tableSource({ debug, balancers = NO_BALANCERS, zones, nowMs, inTurns, onProblem }: FastDnsOptions): Compile {
  // What a balancer sends starts with a PROXY header: no query, the complete path takes it off.
  const compiler = createTableCompiler([...debug, ...balancers.networks])
  return async (snapshot) => {
    try {
      return await inTurns(compiler(snapshot, zones.of(snapshot), nowMs()))
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error)
      onProblem(`snapshot ${snapshot.number} has no fast DNS table, answers are slower: ${cause}`)
      return emptyTable()
    }
  }
}

/** One snapshot is compiled at a time; of those that come meanwhile the newest. */
function newestOnly(compile: Compile, publish: (table: CompiledTable) => void) {
  let waiting: Snapshot | null = null
  let running: Promise<void> | null = null
  let state: 'open' | 'closed' = 'open'
  const run = async (): Promise<void> => {
    for (let snapshot = waiting; snapshot !== null; snapshot = waiting) {
      waiting = null
      const table = await compile(snapshot)
      if (state === 'open') publish(table)
    }
    running = null
  }
  return {
    publish(snapshot: Snapshot): void {
      waiting = snapshot
      running ??= run()
    },
    async close(): Promise<void> {
      state = 'closed'
      waiting = null
      await running
    },
  }
}

const TRIM_AFTER_MS = 5_000

/** What steering maps and tables were compiled with is large and freed in pieces that malloc keeps: it is given back when it is quiet. */
function trimmedLater({ schedule }: FastDnsOptions, calls: Syscalls) {
  let callOff: (() => void) | null = null
  return {
    notice(): void {
      callOff ??= schedule(() => {
        callOff = null
        calls.trim(0)
      }, TRIM_AFTER_MS)
    },
    cancel: (): void => callOff?.(),
  }
}

function start(
  options: FastDnsOptions,
  calls: Syscalls,
  sockets: readonly number[],
  tcp: StreamListener,
  compile: Compile,
  first: CompiledTable,
): FastDnsServer {
  const respond = believeDatagrams(options.respond, options.balancers ?? NO_BALANCERS)
  const chaos = compileChaos(options)
  const common = { cookies: options.cookies?.shared ?? null, limiter: options.limiter, chaos: chaos.buffers }
  const pool = startPool({ ...options, respond, calls, sockets, first, common, chaosCounters: chaos.counters })
  const memory = trimmedLater(options, calls)
  const tables = newestOnly(compile, (table) => {
    pool.publish(table)
    memory.notice()
  })
  memory.notice()
  return {
    port: tcp.port,
    publish: tables.publish,
    acknowledged: pool.acknowledged,
    collect: pool.collect,
    threads: pool.threads,
    async close() {
      memory.cancel()
      await Promise.all([tables.close(), tcp.close(), pool.close()])
    },
  }
}
