import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { IpAddress } from '../../domain/address.ts'
import { UDP_PAYLOAD_SIZE } from '../reply.ts'
import type { Respond } from '../respond.ts'
import type { Schedule } from '../schedule.ts'
import { createBatch, queueAnswer } from './batch.ts'
import type { CompiledTable } from './compile-table.ts'
import { CONTROL } from './control.ts'
import { MMSGHDR, SOCKADDR, SOCKET, type Syscalls } from './syscalls.ts'
import { createTally, type FastCounts, type Tally } from './tally.ts'
import { type HandedOver, monotonicMs, type TableMessage, type WorkerData } from './messages.ts'

export interface PoolOptions {
  readonly calls: Syscalls
  /** One a worker. The pool closes them at its end, never before: a dead worker's queue waits for the next one. */
  readonly sockets: readonly number[]
  readonly first: CompiledTable
  /** The complete path. */
  readonly respond: Respond
  readonly schedule: Schedule
  readonly nowMs: () => number
  readonly dice: () => number
  /** A worker that died; it is started again. */
  readonly onProblem: (message: string) => void
}

export interface Pool {
  /** Workers take the table before they answer their next batch. */
  publish(table: CompiledTable): void
  /** Number of the oldest table that a worker may still answer from; the first is 1. */
  acknowledged(): number
  /** Since the last call. */
  collect(): FastCounts & { readonly dropped: number; readonly unsent: number }
  /** Ends every worker after its batch, then closes the sockets. */
  close(): Promise<void>
  /** For tests of what happens then. */
  readonly threads: readonly { readonly threadId: number; kill(): Promise<unknown> }[]
}

const RESTART_MS = 100

interface Seat {
  readonly fd: number
  readonly control: SharedArrayBuffer
  readonly words: Int32Array
  readonly index: number
  worker: Worker
  port: MessagePort
  ended: Promise<void>
  cancelRestart: () => void
}

/** Starts one worker a socket. */
export function startPool(options: PoolOptions): Pool {
  const { calls, sockets, nowMs, onProblem, schedule } = options
  const reply = createReplier(options)
  let number = 0
  let state: 'open' | 'closing' = 'open'
  let current: { readonly table: CompiledTable; readonly tally: Tally }
  /** Tables that a worker may still count for, oldest first. */
  const tallies: { readonly number: number; readonly tally: Tally }[] = []
  const lost = { dropped: 0, unsent: 0 }

  const adopt = (table: CompiledTable): void => {
    number++
    current = { table, tally: createTally(table.counters, sockets.length) }
    tallies.push({ number, tally: current.tally })
  }
  const send = ({ index, port, words }: Pick<Seat, 'index' | 'port' | 'words'>): void => {
    const { table, tally } = current
    const message: TableMessage = {
      number,
      buffers: table.buffers,
      counts: tally.rows[index] as SharedArrayBuffer,
      subnetsAt: tally.subnetsAt,
      epochMs: nowMs() - monotonicMs(),
    }
    port.postMessage(message)
    Atomics.store(words, CONTROL.wanted, number)
  }
  const start = (fd: number, index: number, control: SharedArrayBuffer): Pick<Seat, 'worker' | 'port' | 'ended'> => {
    const { port1, port2 } = new MessageChannel()
    const words = new Int32Array(control)
    send({ index, port: port1, words })
    const workerData: WorkerData = { fd, control, tables: port2, seed: options.dice() }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, transferList: [port2] })
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    worker.on('message', (message: HandedOver) => {
      Atomics.sub(words, CONTROL.outstanding, 1)
      reply(fd, message)
    })
    let cause = 'it was stopped'
    worker.on('error', (error) => {
      cause = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      port1.close()
      resolve()
      if (state === 'closing') return
      onProblem(`worker ${index + 1} of the fast DNS path ended and is started again: ${cause}`)
      const seat = seats[index] as Seat
      // What it had handed over and was not delivered is lost.
      Atomics.store(words, CONTROL.outstanding, 0)
      seat.cancelRestart = schedule(() => Object.assign(seat, start(fd, index, control)), RESTART_MS)
    })
    return { worker, port: port1, ended }
  }

  adopt(options.first)
  const seats: Seat[] = sockets.map((fd, index) => {
    const control = new SharedArrayBuffer(CONTROL.size * 4)
    const words = new Int32Array(control)
    return { fd, control, words, index, cancelRestart: () => {}, ...start(fd, index, control) }
  })
  const acknowledged = (): number => Math.min(...seats.map(({ words }) => Atomics.load(words, CONTROL.taken)))

  return {
    publish(table) {
      adopt(table)
      for (const seat of seats) send(seat)
    },
    acknowledged,
    collect() {
      const oldest = acknowledged()
      const parts = tallies.map(({ tally }) => tally.take())
      // Nobody counts for those any more, and what they had counted is in `parts`.
      while (tallies.length > 1 && (tallies[0]?.number ?? oldest) < oldest) tallies.shift()
      const sum = (word: number): number => seats.reduce((total, seat) => total + Atomics.load(seat.words, word), 0)
      const before = { ...lost }
      Object.assign(lost, { dropped: sum(CONTROL.dropped), unsent: sum(CONTROL.unsent) })
      return {
        answers: parts.flatMap((part) => part.answers),
        subnets: parts.flatMap((part) => part.subnets),
        dropped: lost.dropped - before.dropped,
        unsent: lost.unsent - before.unsent,
      }
    },
    async close() {
      state = 'closing'
      for (const seat of seats) {
        seat.cancelRestart()
        Atomics.store(seat.words, CONTROL.stop, 1)
      }
      await Promise.all(seats.map(({ ended }) => ended))
      for (const { fd } of seats) calls.close(fd)
    },
    threads: seats.map((seat) => ({
      get threadId() {
        return seat.worker.threadId
      },
      kill: () => seat.worker.terminate(),
    })),
  }
}

/** Answers on the main thread what a worker handed over, through the worker's socket. */
function createReplier({ calls, respond }: PoolOptions): (fd: number, message: HandedOver) => void {
  const batch = createBatch(calls, 1)
  const out = batch.answers.subarray(0, UDP_PAYLOAD_SIZE)
  return (fd, { query, address, addressLength, control, controlLength }) => {
    const length = respond(query, query.length, { address: senderOf(address), transport: 'udp' }, out)
    if (length === 0) return
    batch.addresses.set(address)
    batch.control.set(control)
    batch.receiveHeaders[MMSGHDR.nameLength] = addressLength
    batch.receiveHeaders[MMSGHDR.controlLength] = controlLength
    queueAnswer(batch, 0, 0, length)
    // A full way out loses a datagram; the main thread does not wait for it.
    calls.sendmmsg(fd, batch.sendAt[0] as bigint, 1, SOCKET.MSG_DONTWAIT)
  }
}

const senderOf = (address: Uint8Array): IpAddress =>
  address[SOCKADDR.family] === SOCKET.AF_INET
    ? { family: 4, bytes: address.slice(SOCKADDR.ipv4, SOCKADDR.ipv4 + 4) }
    : { family: 6, bytes: address.slice(SOCKADDR.ipv6, SOCKADDR.ipv6 + 16) }
