import { createServer, type Server, type Socket } from 'node:net'
import { type IpAddress, parseAddress } from '../domain/address.ts'
import type { Schedule } from '../ports/schedule.ts'
import { type Balancers, isAmong, takeHeader } from './balancers.ts'
import { type Connection, type ConnectionLimits, createConnections, DRAIN_MS } from './connections.ts'
import { type ListenTransport, listenError } from './listen-error.ts'
import { socketsRead } from './sockets-read.ts'

export interface StreamListenerOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** In the words of an error. */
  readonly transport: ListenTransport
  readonly limits: ConnectionLimits
  /** A connection that nobody has touched after so long is closed. */
  readonly firstSeconds: number
  readonly balancers: Balancers
  /** Whether a peer carries the queries of many: only the limit of all holds for its connections. */
  readonly isShared?: (peer: IpAddress) => boolean
  readonly schedule: Schedule
  /** Serves a connection whose client is known. */
  readonly serve: (connection: Connection, address: IpAddress) => void
}

export interface StreamListener {
  readonly port: number
  /** Takes no more connections, reads no more, lets answers leave, and resolves when all is closed. */
  close(): Promise<void>
}

/** Accepts connections within limits. @throws Error naming host, port and transport when the port cannot be opened */
export async function startStreamListener(options: StreamListenerOptions): Promise<StreamListener> {
  const { schedule, limits, balancers, firstSeconds, serve, isShared = () => false } = options
  const connections = createConnections(limits, schedule)
  let state: 'open' | 'closing' = 'open'

  const accept = (socket: Socket): void => {
    const address = parseAddress(socket.remoteAddress?.split('%')[0] ?? '')
    if (address === null || state === 'closing') {
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    if (!isAmong(balancers.networks, address)) {
      const counted = isShared(address) ? null : address
      serve(connections.admit(socket, counted, firstSeconds), address)
      return
    }
    const connection = connections.admit(socket, null, firstSeconds)
    takeHeader(socket, address, balancers, (client) => {
      if (!isShared(client)) connection.identify(client)
      serve(connection, client)
    })
  }

  const server = createServer({ allowHalfOpen: true }, accept)
  const port = await listen(server, options)
  return {
    port,
    close: async () => {
      state = 'closing'
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // What was asked before is answered; nobody new comes in.
      await socketsRead()
      const cancel = schedule(connections.drain(), DRAIN_MS)
      await closed
      cancel()
    },
  }
}

function listen(server: Server, { host, port, transport }: StreamListenerOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', (error) => reject(listenError(transport, host, port, error)))
  server.listen({ host, port }, () => {
    // A connection that cannot be accepted (no file descriptor is left) is lost; others follow.
    server.on('error', () => {})
    const bound = server.address()
    resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
  })
  return promise
}
