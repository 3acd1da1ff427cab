import { createServer, type Socket } from 'node:net'
import type { RedisPlace } from '../../src/state/redis/redis-url.ts'
import { placeOf } from './redis-server.ts'

/** What is sent back, in RESP2; `silence` answers nothing, `hangUp` closes the connection. */
export type Reply = string | 'silence' | 'hangUp'

export const OK = '+OK\r\n'
export const NOTHING = '*7\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n'
const NOT_LOADING = bulk('loading:0\r\n')

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
}

export interface FakeRedis {
  readonly place: RedisPlace
  /** Names of the commands that were asked, but for those of a handshake. */
  readonly asked: readonly string[]
  /** Open connections. */
  connections(): number
  stop(): Promise<void>
}

/** A server that is sound as long as one connects, and then answers every command as `reply` says. */
export function startFakeRedis(reply: (name: string, args: readonly string[]) => Reply): Promise<FakeRedis> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const answer = (name: string, args: readonly string[]): Reply => {
    if (name === 'CLIENT' || name === 'SELECT') return OK
    if (name === 'INFO') return NOT_LOADING
    asked.push(name)
    return reply(name, args)
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let rest = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      rest += chunk
      for (let taken = takeCommand(rest); taken !== null; taken = takeCommand(rest)) {
        rest = taken.rest
        const [name = '', ...args] = taken.words
        const said = answer(name.toUpperCase(), args)
        if (said === 'hangUp') socket.destroy()
        else if (said !== 'silence') socket.write(said)
      }
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : 0
      resolve({
        place: placeOf(`redis://127.0.0.1:${port}`),
        asked,
        connections: () => sockets.size,
        stop: () => {
          for (const socket of sockets) socket.destroy()
          return new Promise((done) => server.close(() => done()))
        },
      })
    })
  })
}

/** One array of bulk strings, if it is whole. */
function takeCommand(text: string): { words: string[]; rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (head === null) return null
  let position = head[0].length
  const words: string[] = []
  for (let index = 0; index < Number(head[1]); index++) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(position))
    if (length === null) return null
    position += length[0].length
    const end = position + Number(length[1])
    if (text.length < end + 2) return null
    words.push(text.slice(position, end))
    position = end + 2
  }
  return { words, rest: text.slice(position) }
}
