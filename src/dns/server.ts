import { parseAddress } from '../domain/address.ts'
import type { Schedule } from '../ports/schedule.ts'
import { type Balancers, believeDatagrams, NO_BALANCERS } from './balancers.ts'
import { type ConnectionLimits, DEFAULT_LIMITS } from './connections.ts'
import type { Respond } from './respond.ts'
import type { StreamListener } from './stream-listener.ts'
import { startTcpServer } from './tcp-server.ts'
import { startUdpServer, type UdpServer } from './udp-server.ts'

export interface DnsOptions {
  /** An address of this machine, `0.0.0.0` for all IPv4 ones, `::` for all of both families. */
  readonly host: string
  /** 0: any port that is free for UDP and TCP. */
  readonly port: number
  readonly respond: Respond
  readonly schedule: Schedule
  readonly limits?: ConnectionLimits
  /** Nobody, when left out. */
  readonly balancers?: Balancers
}

export interface DnsServer {
  readonly port: number
  /** Reads no more, lets answers leave, and resolves when all sockets are closed. */
  close(): Promise<void>
}

/** Ports to try before giving up on one that is free for both. */
const PORT_ATTEMPTS = 20

/**
 * Serves UDP and TCP on one port.
 * @throws Error naming host, port and transport when a port cannot be opened; nothing stays open then.
 */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const { host, port, respond, schedule, limits = DEFAULT_LIMITS, balancers = NO_BALANCERS } = options
  if (parseAddress(host.split('%')[0] ?? '') === null)
    throw new Error(`DNS cannot listen on "${host}": it is no IP address`)
  for (let attempt = 1; ; attempt++) {
    const tcp = await startTcpServer({ host, port, respond, limits, schedule, balancers })
    try {
      const udp = await startUdpServer(host, tcp.port, believeDatagrams(respond, balancers), schedule)
      return both(tcp, udp)
    } catch (error) {
      await tcp.close()
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

const both = (tcp: StreamListener, udp: UdpServer): DnsServer => ({
  port: tcp.port,
  close: async () => {
    await Promise.all([tcp.close(), udp.close()])
  },
})
