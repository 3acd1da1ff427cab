/** Entry of a worker thread: it serves one socket and runs no event loop while it does. Whoever started it keeps the socket. */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename } from 'node:path'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { mix32 } from '../../domain/hash.ts'
import { openCookieJar } from '../cookies.ts'
import { createBatch, SLOT_OCTETS } from './batch.ts'
import { garbageCollector } from './collect-garbage.ts'
import { CONTROL } from './control.ts'
import { type HandedOver, monotonicMs, type TableMessage, type WorkerData } from './messages.ts'
import { loadSyscalls, MMSGHDR, PKTINFO, SOCKADDR } from './syscalls.ts'
import { openTable } from './table.ts'
import { type Serving, serve } from './udp-loop.ts'

const BATCH_SIZE = 64
/** Of nice(2), before threads that compile: what they do may take longer, an answer may not. */
const NICENESS = -5

async function run({ fd, control, tables, seed, cookies, limiter, chaos }: WorkerData): Promise<void> {
  const loaded = await loadSyscalls()
  if (loaded.kind === 'unavailable') throw new Error(loaded.reason)
  const { calls } = loaded
  goFirst()
  const batch = createBatch(calls, BATCH_SIZE)
  const words = new Int32Array(control)
  let serving: Serving | null = null
  let state = seed | 0
  // The same clock as monotonicMs, which makes an object a call.
  const steadyFromMs = monotonicMs() - performance.now()

  const takeTable = (): Serving => {
    let newest: TableMessage | null = null
    for (let it = receiveMessageOnPort(tables); it !== undefined; it = receiveMessageOnPort(tables)) newest = it.message
    if (newest !== null) {
      const { buffers, counts, ...rest } = newest
      serving = { ...rest, table: openTable(buffers), counts: new Uint32Array(counts) }
      Atomics.store(words, CONTROL.taken, newest.number)
    }
    if (serving === null) throw new Error('a worker starts after its first table is sent')
    return serving
  }

  const openedChaos = openTable(chaos)
  serve({
    calls,
    fd,
    batch,
    control: words,
    takeTable,
    letGo: garbageCollector(),
    steadyMs: () => steadyFromMs + performance.now(),
    desk: {
      table: openedChaos,
      chaos: openedChaos,
      cookies: cookies === null ? null : openCookieJar(cookies),
      limiter,
      // Weyl's sequence through a finaliser with full avalanche: uniform, and no object a draw.
      dice: () => {
        state = (state + 0x9e3779b9) | 0
        return mix32(state)
      },
      nowMs: 0,
      micros: 0,
      second: 0,
    },
    handOver(slot, length) {
      const header = slot * MMSGHDR.size
      const part = (memory: Uint8Array, octets: number, count = octets) =>
        memory.slice(slot * octets, slot * octets + count)
      const message: HandedOver = {
        query: part(batch.received, SLOT_OCTETS, length),
        address: part(batch.addresses, SOCKADDR.room),
        addressLength: batch.receiveHeaders[header + MMSGHDR.nameLength] ?? 0,
        control: part(batch.control, PKTINFO.room),
        controlLength: batch.receiveHeaders[header + MMSGHDR.controlLength] ?? 0,
      }
      parentPort?.postMessage(message)
    },
  })
  tables.close()
}

/** On Linux a thread has a niceness of its own (setpriority(2)). Without the right to it (CAP_SYS_NICE) all stays as it is. */
function goFirst(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICENESS)
  } catch {
    // The right, or /proc, is not there: no reason not to answer.
  }
}

if (parentPort !== null) await run(workerData as WorkerData)
