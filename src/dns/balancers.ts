import type { Socket } from 'node:net'
import { formatAddress, type IpAddress, type IpPrefix, prefixCovers, unmapped } from '../domain/address.ts'
import { FIXED_LENGTH, readProxyHeader } from './proxy-header.ts'
import type { Respond } from './respond.ts'

/** Peers that speak for clients: from them, and from nobody else, a PROXY header is believed and required. */
export interface Balancers {
  readonly networks: readonly IpPrefix[]
  /** A connection or datagram of theirs was dropped; why, as a sentence without its full stop. */
  readonly onRefused: (message: string) => void
}

export const NO_BALANCERS: Balancers = { networks: [], onRefused: () => {} }

export function isAmong(networks: readonly IpPrefix[], address: IpAddress): boolean {
  const own = unmapped(address)
  return networks.some((network) => prefixCovers(network, own))
}

/** Over UDP the header stands in front of each query; the answer goes to the balancer without one. */
export function believeDatagrams(respond: Respond, balancers: Balancers): Respond {
  if (balancers.networks.length === 0) return respond
  return (datagram, length, peer, out) => {
    if (!isAmong(balancers.networks, peer.address)) return respond(datagram, length, peer, out)
    const header = readProxyHeader(datagram, length)
    if (header.kind !== 'header') {
      const why = header.kind === 'malformed' ? header.why : `it has ${length} octets, expected ${header.needed}`
      balancers.onRefused(refusal('datagram', peer.address, why))
      return 0
    }
    const query = datagram.subarray(header.length, length)
    return respond(query, query.length, { ...peer, address: header.client ?? peer.address }, out)
  }
}

/**
 * Takes the header off a new connection, and leaves whatever follows unread. Only one of the two is called, once; a connection
 * without a header that can be believed is destroyed first. How long it may take is the caller's matter.
 */
export function takeHeader(
  socket: Socket,
  peer: IpAddress,
  balancers: Balancers,
  onClient: (client: IpAddress) => void,
): void {
  let octets = Buffer.alloc(0)
  let needed = FIXED_LENGTH
  const refuse = (why: string): void => {
    balancers.onRefused(refusal('connection', peer, why))
    socket.destroy()
  }
  const settle = (): void => {
    socket.off('readable', pull)
    socket.off('end', onEnd)
  }
  const pull = (): void => {
    for (;;) {
      // Null until there are so many: what is not asked for stays in the socket, for TLS or DNS.
      const part: Buffer | null = socket.read(needed - octets.length)
      if (part === null) return
      octets = Buffer.concat([octets, part])
      const header = readProxyHeader(octets, octets.length)
      if (header.kind === 'partial' && octets.length === needed) {
        needed = header.needed
        continue
      }
      if (header.kind === 'partial') return
      settle()
      if (header.kind === 'header') onClient(header.client ?? peer)
      else refuse(header.why)
      return
    }
  }
  const onEnd = (): void => {
    settle()
    // Balancers look whether a port is open, and say nothing.
    if (octets.length === 0) socket.destroy()
    else refuse(`it ended after ${octets.length} octets, expected ${needed}`)
  }
  socket.on('readable', pull)
  socket.on('end', onEnd)
}

const refusal = (what: 'datagram' | 'connection', peer: IpAddress, why: string): string =>
  `a ${what} of the balancer ${formatAddress(unmapped(peer))} was dropped: it must start with a PROXY header of version 2, but ${why}`
