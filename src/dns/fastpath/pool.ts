import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Schedule } from '../../ports/schedule.ts'
import type { Respond } from '../respond.ts'
import { CONTROL } from './control.ts'
import type { CompiledTable } from './layout.ts'
import { type Common, type HandedOver, monotonicMs, type TableMessage, type WorkerData } from './messages.ts'
import { createReplier } from './replier.ts'
import type { Syscalls } from './syscalls.ts'
import type { CounterKey } from './table.ts'
import { createTally, type FastCounts, type Tally } from './tally.ts'

export interface PoolOptions {
  readonly calls: Syscalls
  /** One a worker. The pool closes them at its end, never before: a dead worker's queue waits for the next one. */
  readonly sockets: readonly number[]
  readonly first: CompiledTable
  readonly common: Common
  /** What the table of class CH counts. */
  readonly chaosCounters: readonly CounterKey[]
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
  /** Since the last call. Tells the workers the time, should the clock have been set. */
  collect(): FastCounts & { readonly dropped: number; readonly unsent: number }
  /** Ends every worker once it has answered what waits in its socket, then closes the sockets. */
  close(): Promise<void>
  /** For tests of what happens then. */
  readonly threads: readonly { readonly threadId: number; kill(): Promise<unknown> }[]
}

/** A worker that dies again and again is started again later and later; one that has lived for a minute is as good as new. */
const RESTART = { firstMs: 100, mostMs: 10_000, forgottenAfterMs: 60_000 } as const

/** How often the main thread looks into the queue of a socket without a worker. */
const STAND_IN_MS = 10
/** Batches that it answers then at most: it has other work. */
const STAND_IN_BATCHES = 4
/** Longer than this nothing is read any more at the end, even if queries go on coming. */
const LAST_READING_MS = 500
/** Wall time that differs by more from what the workers think was set, or the machine slept. */
const CLOCK_SET_MS = 1_000

interface Seat {
  readonly fd: number
  readonly control: SharedArrayBuffer
  readonly words: Int32Array
  readonly index: number
  worker: Worker
  port: MessagePort
  ended: Promise<void>
  startedMs: number
  /** In a row. */
  deaths: number
  /** What waits while there is no worker. */
  waits: (() => void)[]
}

/** Starts one worker a socket. */
export function startPool(options: PoolOptions): Pool {
  const { calls, sockets, nowMs, onProblem, schedule } = options
  const replier = createReplier(options)
  let number = 0
  let state: 'open' | 'closing' = 'open'
  let current: { readonly table: CompiledTable; readonly tally: Tally; readonly epochMs: number }
  /** Tables that a worker may still count for, oldest first. */
  const tallies: { readonly number: number; readonly tally: Tally }[] = []
  const lost = { dropped: 0, unsent: 0 }

  const adopt = (table: CompiledTable): void => {
    number++
    const tally = createTally(table.counters, options.chaosCounters, sockets.length)
    current = { table, tally, epochMs: nowMs() - monotonicMs() }
    tallies.push({ number, tally: current.tally })
  }
  const send = ({ index, port, words }: Pick<Seat, 'index' | 'port' | 'words'>): void => {
    const { table, tally, epochMs } = current
    const message: TableMessage = {
      number,
      buffers: table.buffers,
      counts: tally.rows[index] as SharedArrayBuffer,
      chaosAt: tally.chaosAt,
      countedAt: tally.countedAt,
      epochMs,
    }
    port.postMessage(message)
    Atomics.store(words, CONTROL.wanted, number)
  }
  const start = (
    fd: number,
    index: number,
    control: SharedArrayBuffer,
  ): Pick<Seat, 'worker' | 'port' | 'ended' | 'startedMs'> => {
    const { port1, port2 } = new MessageChannel()
    const words = new Int32Array(control)
    send({ index, port: port1, words })
    const workerData: WorkerData = { ...options.common, fd, control, tables: port2, seed: options.dice() }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, transferList: [port2] })
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    worker.on('message', (message: HandedOver) => {
      Atomics.sub(words, CONTROL.outstanding, 1)
      replier.answer(fd, message)
    })
    let cause = 'it was stopped'
    worker.on('error', (error) => {
      cause = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      port1.close()
      resolve()
      // What it had posted has been delivered before this.
      Atomics.store(words, CONTROL.outstanding, 0)
      if (state === 'open') replace(seats[index] as Seat, cause)
    })
    return { worker, port: port1, ended, startedMs: monotonicMs() }
  }
  /** Starts a worker again; until then the main thread answers what comes to its socket. */
  const replace = (seat: Seat, cause: string): void => {
    const { fd, index, control } = seat
    seat.deaths = monotonicMs() - seat.startedMs >= RESTART.forgottenAfterMs ? 1 : seat.deaths + 1
    const delayMs = Math.min(RESTART.mostMs, RESTART.firstMs * 2 ** (seat.deaths - 1))
    onProblem(`worker ${index + 1} of the fast DNS path ended and is started again in ${delayMs} ms: ${cause}`)
    const readQueue = (): void => {
      for (let i = 0; i < STAND_IN_BATCHES && replier.readQueue(fd) > 0; i++);
      seat.waits[1] = schedule(readQueue, STAND_IN_MS)
    }
    const restart = (): void => {
      stopWaiting(seat)
      Object.assign(seat, start(fd, index, control))
    }
    seat.waits = [schedule(restart, delayMs), schedule(readQueue, STAND_IN_MS)]
  }
  const stopWaiting = (seat: Seat): void => {
    for (const callOff of seat.waits.splice(0)) callOff()
  }
  /** A worker takes milliseconds to end: what came meanwhile is answered before the socket goes. */
  const closeSocket = (fd: number): void => {
    const untilMs = monotonicMs() + LAST_READING_MS
    while (replier.readQueue(fd) > 0 && monotonicMs() < untilMs);
    calls.close(fd)
  }

  adopt(options.first)
  const seats: Seat[] = sockets.map((fd, index) => {
    const control = new SharedArrayBuffer(CONTROL.size * 4)
    const words = new Int32Array(control)
    return { fd, control, words, index, deaths: 0, waits: [], ...start(fd, index, control) }
  })
  const acknowledged = (): number => Math.min(...seats.map(({ words }) => Atomics.load(words, CONTROL.taken)))

  const publish = (table: CompiledTable): void => {
    adopt(table)
    for (const seat of seats) send(seat)
  }

  return {
    publish,
    acknowledged,
    collect() {
      // Workers go by a clock that nobody sets: they learn the time with a table.
      const offMs = Math.abs(nowMs() - monotonicMs() - current.epochMs)
      if (state === 'open' && offMs > CLOCK_SET_MS) publish(current.table)
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
        cookies: parts.flatMap((part) => part.cookies),
        limited: {
          slip: parts.reduce((total, { limited }) => total + limited.slip, 0),
          drop: parts.reduce((total, { limited }) => total + limited.drop, 0),
        },
        dropped: lost.dropped - before.dropped,
        unsent: lost.unsent - before.unsent,
      }
    },
    async close() {
      state = 'closing'
      for (const seat of seats) {
        stopWaiting(seat)
        Atomics.store(seat.words, CONTROL.stop, 1)
      }
      await Promise.all(seats.map(({ ended }) => ended))
      for (const { fd } of seats) closeSocket(fd)
    },
    threads: seats.map((seat) => ({
      get threadId() {
        return seat.worker.threadId
      },
      kill: () => seat.worker.terminate(),
    })),
  }
}
