import { createServer, type Server, type Socket } from 'node:net'
import { type IpAddress, normaliseAddress, parseAddress, prefixOf } from '../domain/address.ts'
import { createFrameReader, type FrameReader } from './frame-reader.ts'
import { listenError } from './listen-error.ts'
import type { Respond } from './respond.ts'
import type { Schedule } from './schedule.ts'

export interface TcpLimits {
  readonly maxConnections: number
  /** Per IPv4 address or IPv6 /56. */
  readonly maxConnectionsPerClient: number
  /** A connection without a whole query, or without room for its answers, for so long is closed. */
  readonly idleSeconds: number
}

/** RFC 7766 §6.2.3 wants idle time-outs of a few seconds; RFC 9210 §4.4 limits overall and per client. */
export const DEFAULT_TCP_LIMITS: TcpLimits = { maxConnections: 1024, maxConnectionsPerClient: 64, idleSeconds: 10 }

export interface TcpServer {
  readonly port: number
  close(): Promise<void>
}

interface Connection {
  readonly socket: Socket
  readonly address: IpAddress
  readonly clientKey: string
  readonly frames: FrameReader
  /** Received while the client was not taking its answers. */
  backlog: Buffer | null
  hasEnded: boolean
  cancelIdle: () => void
}

const MAX_MESSAGE = 65_535
/** A closing server gives its clients so long to take their answers. */
const DRAIN_MS = 1000

/** Answers queries over TCP (RFC 7766): any number on one connection, each as soon as it is read. */
export async function startTcpServer(
  host: string,
  port: number,
  respond: Respond,
  limits: TcpLimits,
  schedule: Schedule,
): Promise<TcpServer> {
  /** The longest silent one first. */
  const connections = new Set<Connection>()
  const out = new Uint8Array(MAX_MESSAGE)
  let state: 'open' | 'closing' = 'open'

  const touch = (connection: Connection): void => {
    connections.delete(connection)
    connections.add(connection)
    connection.cancelIdle()
    connection.cancelIdle = schedule(() => connection.socket.destroy(), limits.idleSeconds * 1000)
  }

  /** Answers every whole query in `chunk`, until the client does not take its answers: then no more is read either, so it can hold no memory. */
  const serve = (connection: Connection, chunk: Buffer): void => {
    const { socket, address, frames } = connection
    let rest: Buffer | null = chunk
    while (rest !== null && rest.length > 0) {
      if (socket.writableNeedDrain) {
        connection.backlog = rest
        socket.pause()
        return
      }
      const read = frames.read(rest)
      rest = read.rest
      if (read.message === 'none') continue
      const length =
        read.message === 'empty' ? 0 : respond(read.message, read.message.length, { address, transport: 'tcp' }, out)
      // Whoever sends an empty frame, or what deserves silence, does not speak DNS.
      if (length === 0) {
        socket.destroySoon()
        return
      }
      touch(connection)
      // RFC 7766 §8: length and message in one write.
      const frame = Buffer.allocUnsafe(2 + length)
      frame.writeUInt16BE(length)
      frame.set(out.subarray(0, length), 2)
      socket.write(frame)
    }
    if (connection.hasEnded) socket.end()
  }

  const resume = (connection: Connection): void => {
    const backlog = connection.backlog
    if (backlog === null) return
    connection.backlog = null
    touch(connection)
    connection.socket.resume()
    serve(connection, backlog)
  }

  const accept = (socket: Socket): void => {
    const address = parseAddress(socket.remoteAddress?.split('%')[0] ?? '')
    if (address === null || state === 'closing') {
      socket.destroy()
      return
    }
    const clientKey = clientKeyOf(address)
    makeRoom(connections, clientKey, limits)
    const frames = createFrameReader()
    const connection: Connection = {
      socket,
      address,
      clientKey,
      frames,
      backlog: null,
      hasEnded: false,
      cancelIdle: () => {},
    }
    touch(connection)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      if (state === 'open') serve(connection, chunk)
    })
    socket.on('drain', () => resume(connection))
    socket.on('end', () => {
      connection.hasEnded = true
      if (connection.backlog === null) socket.end()
    })
    // The connection is gone; 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      connection.cancelIdle()
      connections.delete(connection)
    })
  }

  const server = createServer({ allowHalfOpen: true }, accept)
  const boundPort = await listen(server, host, port)
  return {
    port: boundPort,
    close: async () => {
      state = 'closing'
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const open = [...connections]
      for (const { socket } of open) socket.destroySoon()
      const cancel = schedule(() => {
        for (const { socket } of open) socket.destroy()
      }, DRAIN_MS)
      await closed
      cancel()
    },
  }
}

/** RFC 7766 §6.2.3 and RFC 9210 §4.4: under pressure the longest idle connection goes, first of all one of the same client. */
function makeRoom(connections: ReadonlySet<Connection>, clientKey: string, limits: TcpLimits): void {
  const own = [...connections].filter((connection) => connection.clientKey === clientKey)
  const victim =
    own.length >= limits.maxConnectionsPerClient
      ? own[0]
      : connections.size >= limits.maxConnections
        ? connections.values().next().value
        : undefined
  victim?.socket.destroy()
}

function clientKeyOf(address: IpAddress): string {
  const normalised = normaliseAddress(address)
  return prefixOf(normalised, normalised.family === 4 ? 32 : 56).bytes.join('.')
}

function listen(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', (error) => reject(listenError('TCP', host, port, error)))
  server.listen({ host, port }, () => {
    const bound = server.address()
    resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
  })
  return promise
}
