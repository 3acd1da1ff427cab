import { type IpPrefix, parseAddress } from '../../domain/address.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import { listenError } from '../listen-error.ts'
import type { DnsOptions, DnsServer } from '../server.ts'
import { DEFAULT_TCP_LIMITS, startTcpServer, type TcpServer } from '../tcp-server.ts'
import { type CompiledTable, createTableCompiler, emptyTable } from './compile-table.ts'
import { type Pool, startPool } from './pool.ts'
import { openSockets } from './sockets.ts'
import { loadSyscalls, type Syscalls } from './syscalls.ts'

export interface FastDnsOptions extends DnsOptions {
  /** Worker threads, each with its own socket. */
  readonly workers: number
  /** In force when it starts. */
  readonly snapshot: Snapshot
  /** Networks whose clients get debug answers, as `respond` was given them. */
  readonly debug: readonly IpPrefix[]
  readonly nowMs: () => number
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** A worker that died and is started again, or a snapshot that had no table; a sentence for the log. */
  readonly onProblem: (message: string) => void
}

export interface FastDnsServer extends DnsServer, Pick<Pool, 'acknowledged' | 'collect' | 'threads'> {
  /** From the next batch on answers come from this snapshot. Call it after `respond` has it. */
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
  const { host, port, respond, schedule, limits = DEFAULT_TCP_LIMITS, workers } = options
  const address = parseAddress(host)
  if (address === null) return { kind: 'unavailable', reason: `it cannot bind ${host}: only addresses without a zone` }
  const loaded = await loadSyscalls()
  if (loaded.kind === 'unavailable') return loaded
  for (let attempt = 1; ; attempt++) {
    const tcp = await startTcpServer(host, port, respond, limits, schedule)
    try {
      const sockets = openSockets(loaded.calls, address, tcp.port, workers)
      return { kind: 'started', server: start(options, loaded.calls, sockets, tcp) }
    } catch (error) {
      await tcp.close()
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw listenError('UDP', host, tcp.port, error)
    }
  }
}

function start(options: FastDnsOptions, calls: Syscalls, sockets: readonly number[], tcp: TcpServer): FastDnsServer {
  const compiler = createTableCompiler(options.debug)
  /** The complete path can answer whatever a table could not be made of. */
  const compile = (snapshot: Snapshot): CompiledTable => {
    try {
      return compiler(snapshot, options.nowMs())
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error)
      options.onProblem(`snapshot ${snapshot.number} has no fast DNS table, answers are slower: ${cause}`)
      return emptyTable()
    }
  }
  const pool = startPool({ ...options, calls, sockets, first: compile(options.snapshot) })
  return {
    port: tcp.port,
    publish: (snapshot) => pool.publish(compile(snapshot)),
    acknowledged: pool.acknowledged,
    collect: pool.collect,
    threads: pool.threads,
    async close() {
      await Promise.all([tcp.close(), pool.close()])
    },
  }
}
