import { answer } from './answer.ts'
import { type Batch, queueAnswer, resetReceive, SLOT_OCTETS } from './batch.ts'
import { CONTROL, WITHOUT_SUBNET } from './control.ts'
import type { ClientAddress } from './steer.ts'
import { ERRNO, MMSGHDR, SOCKADDR, SOCKET, type Syscalls } from './syscalls.ts'
import type { FastTable } from './table.ts'
import { createWork } from './work.ts'

/** A table with the counters that belong to it. */
export interface Serving {
  readonly table: FastTable
  readonly counts: Uint32Array
  /** Where the counters by prefix length start. */
  readonly subnetsAt: number
}

export interface LoopOptions {
  readonly calls: Syscalls
  readonly fd: number
  readonly batch: Batch
  readonly control: Int32Array
  readonly dice: () => number
  readonly nowMs: () => number
  /** The newest table. Called when the control words tell of one. */
  takeTable(): Serving
  /** Hands the datagram in a slot to the main thread. */
  handOver(slot: number, length: number): void
}

/** Packets of one worker that the main thread may have at once; above it they are dropped, as a full queue would. */
export const MOST_OUTSTANDING = 512

/** Serves one socket until it is told to stop. Between two batches it looks at the control words, and nowhere else. */
export function serve(options: LoopOptions): void {
  const { calls, fd, batch, control } = options
  const work = createWork()
  const client: ClientAddress = { octets: batch.addresses, at: 0, family: 4 }
  let serving = options.takeTable()
  let generation = Atomics.load(control, CONTROL.taken)
  let used = batch.size
  while (Atomics.load(control, CONTROL.stop) === 0) {
    resetReceive(batch, used)
    const count = calls.recvmmsg(fd, batch.receiveAt, batch.size, SOCKET.MSG_WAITFORONE, 0)
    // A table that was there before these queries is used for them.
    if (Atomics.load(control, CONTROL.wanted) !== generation) {
      serving = options.takeTable()
      generation = Atomics.load(control, CONTROL.taken)
    }
    if (count <= 0) {
      const errno = calls.errno()
      // The receive time-out, or a signal. Whatever else it is, the next call would fail as well.
      if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) continue
      throw new Error(`recvmmsg failed with errno ${errno}`)
    }
    used = count
    const nowMs = serving.table.isDated ? options.nowMs() : 0
    let answers = 0
    for (let slot = 0; slot < count; slot++) {
      answers += answerSlot(options, serving, work, client, slot, answers, nowMs)
    }
    sendAll(calls, fd, batch, answers, control)
  }
}

/** Returns 1 when there is an answer to send. */
function answerSlot(
  { batch, control, dice, handOver }: LoopOptions,
  { table, counts, subnetsAt }: Serving,
  work: ReturnType<typeof createWork>,
  client: ClientAddress,
  slot: number,
  to: number,
  nowMs: number,
): number {
  const { addresses } = batch
  const addressAt = slot * SOCKADDR.room
  // Port 0 cannot be answered.
  if (addresses[addressAt + SOCKADDR.port] === 0 && addresses[addressAt + SOCKADDR.port + 1] === 0) return 0
  const isV4 = addresses[addressAt + SOCKADDR.family] === SOCKET.AF_INET
  client.family = isV4 ? 4 : 6
  client.at = addressAt + (isV4 ? SOCKADDR.ipv4 : SOCKADDR.ipv6)
  const length = batch.receiveHeaders[slot * MMSGHDR.size + MMSGHDR.length]!
  const { received, answers } = batch
  const written = answer(
    table,
    work,
    received,
    slot * SLOT_OCTETS,
    length,
    client,
    answers,
    to * SLOT_OCTETS,
    nowMs,
    dice,
  )
  if (written > 0) {
    counts[work.counter]!++
    counts[subnetsAt + (work.subnetAt === 0 ? WITHOUT_SUBNET : work.sourceLength)]!++
    queueAnswer(batch, slot, to, written)
    return 1
  }
  if (written === 0) return 0
  if (Atomics.load(control, CONTROL.outstanding) >= MOST_OUTSTANDING) Atomics.add(control, CONTROL.dropped, 1)
  else {
    Atomics.add(control, CONTROL.outstanding, 1)
    handOver(slot, length)
  }
  return 0
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
