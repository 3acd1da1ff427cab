import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatch } from '../../../src/dns/fastpath/batch.ts'
import { compileChaos } from '../../../src/dns/fastpath/chaos-table.ts'
import { emptyTable } from '../../../src/dns/fastpath/compile-table.ts'
import { CONTROL } from '../../../src/dns/fastpath/control.ts'
import { ERRNO, type Syscalls } from '../../../src/dns/fastpath/syscalls.ts'
import { openTable } from '../../../src/dns/fastpath/table.ts'
import { serve } from '../../../src/dns/fastpath/udp-loop.ts'
import type { Desk } from '../../../src/dns/fastpath/work.ts'

const EIO = 5

const fail = (): number => {
  throw new Error('nothing calls this')
}

/** Serves a socket to which nothing comes; before each time that it is read a step happens. Returns what the loop did. */
function run(steps: readonly ('publish' | 'nothing' | 'fault')[]): readonly string[] {
  const did: string[] = []
  const control = new Int32Array(CONTROL.size)
  const chaos = openTable(compileChaos({ nodeId: null, version: null }).buffers)
  const desk: Desk = {
    table: chaos,
    chaos,
    cookies: null,
    limiter: null,
    dice: () => 0,
    nowMs: 0,
    micros: 0,
    second: 0,
  }
  let errno = 0
  let reads = 0
  let newest = chaos
  const calls: Syscalls = {
    socket: fail,
    bind: fail,
    setsockopt: fail,
    close: fail,
    sendmmsg: fail,
    trim: fail,
    addressOf: () => 0n,
    errno: () => errno,
    recvmmsg() {
      errno = ERRNO.EAGAIN
      const step = steps[reads++]
      if (step === 'fault') errno = EIO
      if (step === undefined) Atomics.store(control, CONTROL.stop, 1)
      if (step === 'publish') Atomics.add(control, CONTROL.wanted, 1)
      return -1
    },
  }
  serve({
    calls,
    fd: 0,
    batch: createBatch(calls, 1),
    control,
    desk,
    steadyMs: () => 0,
    takeTable() {
      did.push('took a table')
      // Whatever a thread does meanwhile may fail too.
      errno = 0
      newest = openTable(emptyTable().buffers)
      Atomics.store(control, CONTROL.taken, Atomics.load(control, CONTROL.wanted))
      return { table: newest, counts: new Uint32Array(0), chaosAt: 0, countedAt: 0, epochMs: 0 }
    },
    letGo: () => did.push(desk.table === newest ? 'let go' : 'let go while it answers from the former'),
    handOver: fail,
  })
  return did
}

test('a call that fails for no known reason is made again; sixteen in a row end the worker', () => {
  const faults = (count: number) => Array.from({ length: count }, () => 'fault' as const)
  assert.deepEqual(run([...faults(15), 'nothing', ...faults(15)]), ['took a table'])
  assert.throws(() => run(faults(16)), /recvmmsg failed with errno 5/)
})

const RUNS = [
  [[], ['took a table']],
  [['nothing', 'nothing'], ['took a table']],
  [['publish'], ['took a table', 'took a table', 'let go']],
  [
    ['publish', 'nothing', 'nothing'],
    ['took a table', 'took a table', 'let go'],
  ],
  [
    ['publish', 'publish'],
    ['took a table', 'took a table', 'let go', 'took a table', 'let go'],
  ],
] as const

for (const [steps, expected] of RUNS) {
  test(`a table that is taken lets the former go, once: ${steps.join(', ') || 'none'}`, () => {
    assert.deepEqual(run(steps), expected)
  })
}
