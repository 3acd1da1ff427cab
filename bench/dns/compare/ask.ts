import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { frame, openTcp } from '../../../test/helpers/dns-client.ts'

/** Asks one server from one socket, any number of questions at once. */
export interface UdpAsker {
  /** With an ID of its own; null after two seconds of silence. */
  ask(query: Buffer): Promise<Buffer | null>
  close(): void
}

const WITHIN_MS = 2000

export async function createUdpAsker(port: number): Promise<UdpAsker> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  const waiting = new Map<number, (answer: Buffer) => void>()
  let id = 0
  socket.on('message', (message) => waiting.get(message.readUInt16BE())?.(message))
  socket.on('error', () => {})
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return {
    ask: (query) =>
      new Promise((resolve) => {
        id = (id + 1) & 0xffff
        const mine = id
        const octets = Buffer.from(query)
        octets.writeUInt16BE(mine)
        const done = (answer: Buffer | null): void => {
          clearTimeout(timer)
          waiting.delete(mine)
          resolve(answer)
        }
        const timer = setTimeout(done, WITHIN_MS, null)
        waiting.set(mine, done)
        socket.send(octets)
      }),
    close: () => socket.close(),
  }
}

/** One query on a connection of its own; null when it is closed without an answer, or after two seconds of silence. */
export async function askOverTcp(port: number, query: Buffer): Promise<Buffer | null> {
  const { socket, messages, closed } = await openTcp(port)
  const timer = setTimeout(() => socket.destroy(), WITHIN_MS)
  socket.write(frame(query))
  const [answer] = await Promise.race([messages(1), closed])
  clearTimeout(timer)
  socket.destroy()
  return answer ?? null
}
