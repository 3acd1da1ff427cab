import { createResponder, type Respond } from '../../src/dns/respond.ts'
import { answer } from '../../src/dns/fastpath/answer.ts'
import { createTableCompiler } from '../../src/dns/fastpath/compile-table.ts'
import type { ClientAddress } from '../../src/dns/fastpath/steer.ts'
import { type CounterKey, openTable } from '../../src/dns/fastpath/table.ts'
import { createWork } from '../../src/dns/fastpath/work.ts'
import type { IpAddress, IpPrefix } from '../../src/domain/address.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'

const GUARD = 0xa5
const ROOM = 1232

export interface FastFixture {
  /** The octets of the answer, `silence`, or `punt`. Throws when anything is written behind them, or to the query. */
  ask(query: Uint8Array, client: IpAddress, nowMs: number, dice: () => number): Uint8Array | 'silence' | 'punt'
  /** The endpoint that the last answer is counted for. */
  lastCounted(): CounterKey
}

/** The packet path over one snapshot, without a socket. */
export function fastFixture(snapshot: Snapshot, nowMs: number, debug: readonly IpPrefix[] = []): FastFixture {
  const { buffers, counters } = createTableCompiler(debug)(snapshot, nowMs)
  const table = openTable(buffers)
  const work = createWork()
  const offset = 32
  return {
    ask(query, client, atMs, dice) {
      const rx = new Uint8Array(query.length + 2 * offset).fill(GUARD)
      rx.set(query, offset)
      const before = Uint8Array.from(rx)
      const tx = new Uint8Array(ROOM + 2 * offset).fill(GUARD)
      const address: ClientAddress = { octets: client.bytes, at: 0, family: client.family }
      const written = answer(table, work, rx, offset, query.length, address, tx, offset, atMs, dice)
      if (Buffer.compare(rx, before) !== 0) throw new Error('the query was written to')
      const used = Math.max(0, written)
      const outside = [...tx.subarray(0, offset), ...tx.subarray(offset + used)]
      if (outside.some((octet) => octet !== GUARD)) throw new Error(`written outside of ${used} octets`)
      if (written < 0) return 'punt'
      return written === 0 ? 'silence' : tx.slice(offset, offset + written)
    },
    lastCounted: () => counters[work.counter] as CounterKey,
  }
}

/** The complete path over the same snapshot. */
export function completeFixture(snapshot: Snapshot, clock: () => number, dice: () => number): Respond {
  return createResponder({
    current: () => snapshot,
    nowMs: clock,
    dice,
    debug: [],
    nodeId: 'node-1',
    findAliasAddresses: () => null,
    onFailure: (error) => {
      throw error
    },
  })
}

/** Deterministic draws (mulberry32). */
export function draws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return (x ^ (x >>> 14)) >>> 0
  }
}
