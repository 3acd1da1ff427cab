import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { parseAddress } from '../domain/address.ts'
import type { Schedule } from '../ports/schedule.ts'
import { listenError } from './listen-error.ts'
import { UDP_PAYLOAD_SIZE } from './opt-record.ts'
import type { Respond } from './respond.ts'
import { socketsRead } from './sockets-read.ts'

export interface UdpServer {
  close(): Promise<void>
}

/** Answers waiting in the kernel's way out; above it they are dropped, as the network would. */
const MAX_UNSENT = 4096
const RECEIVE_BUFFER_OCTETS = 1 << 20
/** How often a wildcard host is looked at for addresses that came or went. */
const RESCAN_MS = 30_000
/** How often a closing server looks whether more has come, at most; each time it reads some datagrams of every socket. */
const MOST_LOOKS = 300

/**
 * Answers datagrams. A datagram must be answered from the address it was sent to, which a socket bound to all addresses
 * cannot do here: so a wildcard host gets one socket for each address of the machine (as BIND does), looked up again
 * from time to time.
 */
export async function startUdpServer(
  host: string,
  port: number,
  respond: Respond,
  schedule: Schedule,
): Promise<UdpServer> {
  const sockets = new Map<string, Socket>()
  const out = new Uint8Array(UDP_PAYLOAD_SIZE)
  let received = 0
  let unsent = 0
  let state: 'open' | 'draining' | 'closing' = 'open'
  let whenSent = (): void => {}
  let cancelRescan = (): void => {}

  const onMessage = (socket: Socket, message: Buffer, remote: RemoteInfo): void => {
    received++
    const address = parseAddress(remote.address.split('%')[0] ?? '')
    if (state === 'closing' || address === null || remote.port === 0 || unsent >= MAX_UNSENT) return
    const length = respond(message, message.length, { address, transport: 'udp' }, out)
    if (length === 0) return
    unsent++
    // Copied: a datagram that cannot leave at once is sent later. A client that cannot be reached is its own trouble.
    socket.send(Buffer.from(out.subarray(0, length)), remote.port, remote.address, () => {
      unsent--
      if (unsent === 0) whenSent()
    })
  }

  const open = async (address: string): Promise<void> => {
    const socket = await bind(address, port)
    socket.on('message', (message, remote) => onMessage(socket, message, remote))
    // A datagram that could not be received is lost, as datagrams may be; the socket goes on.
    socket.on('error', () => {})
    sockets.set(address, socket)
  }

  const rescan = async (): Promise<void> => {
    const wanted = new Set(localAddresses(host))
    for (const [address, socket] of sockets) {
      if (wanted.has(address)) continue
      sockets.delete(address)
      socket.close()
    }
    for (const address of wanted) {
      // One that cannot be bound now (taken, or not ready yet) is tried again next time.
      if (!sockets.has(address)) await open(address).catch(() => {})
      if (state !== 'open') closeAll(sockets)
    }
    if (state === 'open') cancelRescan = schedule(() => void rescan(), RESCAN_MS)
  }

  const wildcard = isWildcardHost(host)
  for (const address of wildcard ? localAddresses(host) : [host]) {
    try {
      await open(address)
    } catch (error) {
      // An address that is not ready yet does not keep a wildcard from starting.
      if (wildcard && (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') continue
      closeAll(sockets)
      throw listenError('UDP', address, port, error)
    }
  }
  if (wildcard) cancelRescan = schedule(() => void rescan(), RESCAN_MS)

  return {
    close: async () => {
      state = 'draining'
      cancelRescan()
      // What waits in the sockets' queues was asked before.
      for (let looks = 0, before = -1; looks < MOST_LOOKS && received !== before; looks++) {
        before = received
        await socketsRead()
      }
      state = 'closing'
      if (unsent > 0) await new Promise<void>((resolve) => (whenSent = resolve))
      closeAll(sockets)
    },
  }
}

function closeAll(sockets: Map<string, Socket>): void {
  for (const socket of sockets.values()) socket.close()
  sockets.clear()
}

function bind(address: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const type = address.includes(':') ? 'udp6' : 'udp4'
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_OCTETS })
  const onError = (error: Error): void => {
    socket.close()
    reject(error)
  }
  socket.once('error', onError)
  socket.bind({ address, port }, () => {
    socket.off('error', onError)
    resolve(socket)
  })
  return promise
}

const isWildcardHost = (host: string): boolean => parseAddress(host)?.bytes.every((octet) => octet === 0) ?? false

/** `0.0.0.0` stands for all IPv4 addresses, `::` for those of both families. Link-local ones have no place in the DNS. */
function localAddresses(wildcard: string): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, scopeid }) => (family === 'IPv4' ? true : wildcard.includes(':') && scopeid === 0))
    .map(({ address }) => address)
}
