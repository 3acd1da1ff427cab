/** Queries without a pause over UDP and TCP, each answer judged by what was in force while it was under way. */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { frame, openTcp } from './dns-client.ts'
import { composeQuery } from './dns-message.ts'

/** What may be answered from some moment on. */
export interface Version {
  /** The answer to a question, its ID zero. Asked for once a question and transport. */
  expected(question: string, transport: 'udp' | 'tcp'): Uint8Array
  /** What may have been in force for a moment before it, too short to be seen; null: nothing. */
  readonly onTheWay: Version | null
}

export interface LoadOptions {
  readonly port: number
  readonly questions: readonly string[]
  /** What is in force now; the same object for as long as it is. */
  readonly current: () => Version
  /** Queries that are under way at once. */
  readonly udpLanes?: number
  readonly tcpLanes?: number
}

export interface LoadReport {
  readonly answered: number
  /** Answers that nothing in force while they were under way, or until 250 ms before, would have given. */
  readonly wrong: readonly string[]
  /** Moments at which queries were sent that nobody answered, ms of the clock of `performance`. */
  readonly lostAtMs: readonly number[]
}

export interface Load {
  /** Resolves when so many answers have come to queries that were sent 250 ms from now, or later: what changed before is in them. */
  settled(answers: number): Promise<void>
  /** Sends no more, waits for what is under way. */
  stop(): Promise<LoadReport>
}

/** A change is in all answers within so long of the node learning it. */
const SETTLED_MS = 250
/** On loopback nothing is lost on the way: what is not there by then was not answered. */
const LOST_MS = 4000
/** A connected socket reports that nobody listens any more before the answers that had reached it already. */
const STILL_QUEUED_MS = 250
const RECEIVE_BUFFER_OCTETS = 4 << 20

interface InForce {
  readonly version: Version
  readonly sinceMs: number
  readonly known: Map<string, string>
}

const hexOf = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** Asks one query. `lost`: no answer came; `gone`: nor will another. */
type Ask = (query: Buffer) => Promise<Buffer | 'lost' | 'gone'>

export async function startLoad(options: LoadOptions): Promise<Load> {
  const { port, questions, current, udpLanes = 12, tcpLanes = 4 } = options
  const history: InForce[] = []
  const wrong: string[] = []
  const lostAtMs: number[] = []
  const waiting = new Set<{ left: number; readonly fromMs: number; readonly resolve: () => void }>()
  let answered = 0
  let state: 'asking' | 'stopping' = 'asking'

  const look = (): void => {
    const version = current()
    if (history.at(-1)?.version === version) return
    for (const each of [version.onTheWay, version]) {
      if (each !== null) history.push({ version: each, sinceMs: performance.now(), known: new Map() })
    }
  }
  /** Whether something that was in force between the two moments gives this answer. */
  const isRight = (question: string, transport: 'udp' | 'tcp', answer: string, fromMs: number): boolean =>
    history.some((inForce, index) => {
      const untilMs = history[index + 1]?.sinceMs ?? Infinity
      if (untilMs < fromMs) return false
      const key = `${transport} ${question}`
      const known = inForce.known.get(key) ?? hexOf(inForce.version.expected(question, transport))
      inForce.known.set(key, known)
      return known === answer
    })

  const lane = async (number: number, transport: 'udp' | 'tcp', ask: Ask): Promise<void> => {
    for (let i = number; state === 'asking'; i++) {
      const question = questions[i % questions.length] as string
      look()
      const sentMs = performance.now()
      const answer = await ask(composeQuery(question, 0).bytes)
      look()
      if (typeof answer === 'string') {
        lostAtMs.push(sentMs)
        if (answer === 'gone') return
        continue
      }
      answer.writeUInt16BE(0)
      const hex = hexOf(answer)
      if (!isRight(question, transport, hex, sentMs - SETTLED_MS)) {
        wrong.push(`${question} over ${transport}: ${hex.slice(0, 300)}`)
      }
      answered++
      for (const it of waiting) if (sentMs >= it.fromMs && --it.left === 0) it.resolve()
    }
  }

  const sockets = await Promise.all(Array.from({ length: 4 }, () => openUdp(port)))
  const clients = await Promise.all(Array.from({ length: tcpLanes }, () => openTcpLane(port)))
  const lanes = [
    ...Array.from({ length: udpLanes }, (_, i) => lane(i, 'udp', (sockets[i % sockets.length] as UdpLane).ask)),
    ...clients.map((client, i) => lane(udpLanes + i, 'tcp', client.ask)),
  ]
  return {
    settled: (answers) =>
      new Promise((resolve) => waiting.add({ left: answers, fromMs: performance.now() + SETTLED_MS, resolve })),
    async stop() {
      state = 'stopping'
      await Promise.all(lanes)
      for (const client of [...sockets, ...clients]) client.close()
      return { answered, wrong, lostAtMs }
    },
  }
}

interface UdpLane {
  readonly ask: Ask
  close(): void
}

async function openUdp(port: number): Promise<UdpLane> {
  const socket: Socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_OCTETS })
  const waiting = new Map<number, (answer: Buffer | 'gone') => void>()
  let id = 0
  socket.on('message', (message) => waiting.get(message.readUInt16BE())?.(message))
  socket.on('error', () => {
    const asked = [...waiting.values()]
    setTimeout(() => {
      for (const done of asked) done('gone')
    }, STILL_QUEUED_MS)
  })
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return {
    ask: (query) =>
      new Promise((resolve) => {
        id = (id + 1) & 0xffff
        const mine = id
        query.writeUInt16BE(mine)
        const done = (answer: Buffer | 'lost' | 'gone'): void => {
          clearTimeout(timer)
          waiting.delete(mine)
          resolve(answer)
        }
        const timer = setTimeout(done, LOST_MS, 'lost' as const)
        waiting.set(mine, done)
        socket.send(query)
      }),
    close: () => socket.close(),
  }
}

async function openTcpLane(port: number): Promise<UdpLane> {
  const { socket } = await openTcp(port)
  let received = Buffer.alloc(0)
  let waiting: (answer: Buffer | 'gone') => void = () => {}
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return
    const answer = received.subarray(2, 2 + received.readUInt16BE())
    received = received.subarray(2 + answer.length)
    waiting(Buffer.from(answer))
  })
  socket.on('close', () => waiting('gone'))
  return {
    ask: (query) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, LOST_MS, 'lost' as const)
        waiting = (answer) => {
          clearTimeout(timer)
          resolve(answer)
        }
        if (socket.destroyed || socket.readableEnded) waiting('gone')
        else socket.write(frame(query))
      }),
    close: () => socket.destroy(),
  }
}
