/** A plain DNS client for tests over real sockets of the loopback interface. */

import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'

/** Sends one datagram and resolves with the first that comes back. */
export async function askUdp(port: number, query: Uint8Array, host = '127.0.0.1'): Promise<Buffer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    socket.once('error', reject)
    socket.once('message', (message, remote) => {
      if (remote.port === port && remote.address === host) resolve(message)
      else reject(new Error(`answer from ${remote.address} port ${remote.port}`))
    })
    socket.send(query, port, host)
    return await promise
  } finally {
    socket.close()
  }
}

/** Length in front, as TCP wants it (RFC 1035 §4.2.2). */
export function frame(query: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(query.length)
  return Buffer.concat([length, query])
}

export interface TcpClient {
  readonly socket: Socket
  /** Resolves when so many messages have come in all. */
  messages(count: number): Promise<readonly Buffer[]>
  /** Resolves when the server has ended the connection, with everything that came. */
  readonly closed: Promise<readonly Buffer[]>
}

export const openTcp = (port: number, host = '127.0.0.1'): Promise<TcpClient> =>
  readMessages(connect({ host, port, noDelay: true }), 'connect')

/** @param ready the event that tells that the socket can be used */
export async function readMessages(socket: Socket, ready: 'connect' | 'secureConnect'): Promise<TcpClient> {
  let received = Buffer.alloc(0)
  const complete = (): Buffer[] => {
    const messages: Buffer[] = []
    for (let at = 0; at + 2 <= received.length; ) {
      const end = at + 2 + received.readUInt16BE(at)
      if (end > received.length) break
      messages.push(received.subarray(at + 2, end))
      at = end
    }
    return messages
  }
  const waiting = new Set<() => void>()
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (const check of waiting) check()
  })
  // A reset is one of the ways in which a server ends a connection.
  socket.on('error', () => {})
  const closed = new Promise<readonly Buffer[]>((resolve) => socket.once('close', () => resolve(complete())))
  await new Promise<void>((resolve, reject) => {
    socket.once(ready, resolve)
    socket.once('error', reject)
  })
  return {
    socket,
    closed,
    messages: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (complete().length < count) return
          waiting.delete(check)
          resolve(complete())
        }
        waiting.add(check)
        check()
      }),
  }
}

/** One query on a connection of its own. */
export async function askTcp(port: number, query: Uint8Array, host = '127.0.0.1'): Promise<Buffer> {
  const client = await openTcp(port, host)
  client.socket.write(frame(query))
  const [message] = await client.messages(1)
  client.socket.destroy()
  return message as Buffer
}
