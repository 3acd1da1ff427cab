import { microsOf, secondOf, VERDICT } from '../rate-limit.ts'
import { answer } from './answer.ts'
import { type Batch, queueAnswer, resetReceive, SLOT_OCTETS } from './batch.ts'
import { CONTROL, COUNTED } from './control.ts'
import type { ClientAddress } from './steer.ts'
import { ERRNO, MMSGHDR, SOCKADDR, SOCKET, type Syscalls } from './syscalls.ts'
import { type FastTable, PUNT } from './table.ts'
import { createWork, type Desk, type Work } from './work.ts'

/** A table with the counters that belong to it. */
export interface Serving {
  readonly table: FastTable
  readonly counts: Uint32Array
  /** Where those of the table of class CH start. */
  readonly chaosAt: number
  /** Where those start that every table has. */
  readonly countedAt: number
  /** Milliseconds since the epoch at the zero of the steady clock. */
  readonly epochMs: number
}

export interface LoopOptions {
  readonly calls: Syscalls
  readonly fd: number
  readonly batch: Batch
  readonly control: Int32Array
  readonly desk: Desk
  /** The clock that all threads share. */
  readonly steadyMs: () => number
  /** The newest table. Called when the control words tell of one. */
  takeTable(): Serving
  /** Nothing refers to the former table any more: its memory can go. */
  letGo(): void
  /** Hands the datagram in a slot to the main thread. */
  handOver(slot: number, length: number): void
}

/** Packets of one worker that the main thread may have at once; above it they are dropped, as a full queue would. */
export const MOST_OUTSTANDING = 512

/** For how long a worker that is told to stop goes on while its queue does not get empty. */
const LAST_READING_MS = 250

/** Calls in a row that may fail for no reason that is known. */
const MOST_FAULTS = 16

/**
 * Serves one socket until it is told to stop, and then what waits in its queue. Between two batches it looks at the
 * control words, and nowhere else.
 */
export function serve(options: LoopOptions): void {
  const { calls, fd, batch, control, desk } = options
  const work = createWork()
  const client: ClientAddress = { octets: batch.addresses, at: 0, family: 4 }
  let serving = options.takeTable()
  let generation = Atomics.load(control, CONTROL.taken)
  let used = batch.size
  let former: 'gone' | 'kept' = 'gone'
  let stopsAtMs = 0
  let faults = 0
  desk.table = serving.table
  for (;;) {
    // Not before the first answers from the new one.
    if (former === 'kept') options.letGo()
    former = 'gone'
    const isStopping = Atomics.load(control, CONTROL.stop) !== 0
    if (isStopping && stopsAtMs === 0) stopsAtMs = options.steadyMs() + LAST_READING_MS
    if (isStopping && options.steadyMs() > stopsAtMs) return
    resetReceive(batch, used)
    const how = isStopping ? SOCKET.MSG_DONTWAIT : SOCKET.MSG_WAITFORONE
    const count = calls.recvmmsg(fd, batch.receiveAt, batch.size, how, 0)
    // At once: taking a table may make calls of its own.
    const errno = count <= 0 ? calls.errno() : 0
    // A table that was there before these queries is used for them.
    if (Atomics.load(control, CONTROL.wanted) !== generation) {
      serving = options.takeTable()
      generation = Atomics.load(control, CONTROL.taken)
      desk.table = serving.table
      former = 'kept'
    }
    if (count <= 0) {
      if (isStopping && errno === ERRNO.EAGAIN) return
      // The receive time-out, or a signal. What the engine does between the call and the question may change errno: only what
      // fails again and again is a fault of the socket.
      if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) faults = 0
      else if (++faults === MOST_FAULTS) throw new Error(`recvmmsg failed with errno ${errno}`)
      continue
    }
    faults = 0
    used = count
    const steadyMs = options.steadyMs()
    desk.micros = microsOf(steadyMs)
    desk.second = secondOf(steadyMs)
    desk.nowMs = serving.epochMs + steadyMs
    let answers = 0
    for (let slot = 0; slot < count; slot++) {
      answers += answerSlot(options, serving, work, client, slot, answers)
    }
    sendAll(calls, fd, batch, answers, control)
  }
}

/** Returns 1 when there is an answer to send. */
function answerSlot(
  { batch, control, desk, handOver }: LoopOptions,
  serving: Serving,
  work: Work,
  client: ClientAddress,
  slot: number,
  to: number,
): number {
  const { addresses, received, answers } = batch
  const addressAt = slot * SOCKADDR.room
  // Port 0 cannot be answered.
  if (addresses[addressAt + SOCKADDR.port] === 0 && addresses[addressAt + SOCKADDR.port + 1] === 0) return 0
  const isV4 = addresses[addressAt + SOCKADDR.family] === SOCKET.AF_INET
  client.family = isV4 ? 4 : 6
  client.at = addressAt + (isV4 ? SOCKADDR.ipv4 : SOCKADDR.ipv6)
  const length = batch.receiveHeaders[slot * MMSGHDR.size + MMSGHDR.length]!
  const written = answer(desk, work, received, slot * SLOT_OCTETS, length, client, answers, to * SLOT_OCTETS)
  if (written === PUNT) {
    if (Atomics.load(control, CONTROL.outstanding) >= MOST_OUTSTANDING) Atomics.add(control, CONTROL.dropped, 1)
    else {
      Atomics.add(control, CONTROL.outstanding, 1)
      handOver(slot, length)
    }
    return 0
  }
  count(serving, work, written)
  if (written === 0) return 0
  queueAnswer(batch, slot, to, written)
  return 1
}

function count({ counts, chaosAt, countedAt }: Serving, work: Work, written: number): void {
  if (work.verdict !== VERDICT.pass) {
    counts[countedAt + COUNTED.limited + work.verdict]!++
  } else if (written > 0) {
    counts[(work.isElsewhere === 0 ? 0 : chaosAt) + work.counter]!++
    counts[countedAt + (work.subnetAt === 0 ? COUNTED.withoutSubnet : work.sourceLength)]!++
    counts[countedAt + COUNTED.cookie + work.cookie]!++
  }
}

/** As gdnsd does: a short count is gone on from, and an error costs the one datagram at which it happened. */
function sendAll(calls: Syscalls, fd: number, batch: Batch, count: number, control: Int32Array): void {
  for (let sent = 0; sent < count; ) {
    const done = calls.sendmmsg(fd, batch.sendAt[sent]!, count - sent, 0)
    if (done > 0) {
      sent += done
    } else if (calls.errno() !== ERRNO.EINTR) {
      Atomics.add(control, CONTROL.unsent, 1)
      sent++
    }
  }
}
