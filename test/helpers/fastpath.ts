import type { CookieJar } from '../../src/dns/cookies.ts'
import { answer } from '../../src/dns/fastpath/answer.ts'
import { compileChaos } from '../../src/dns/fastpath/chaos-table.ts'
import { createTableCompiler } from '../../src/dns/fastpath/compile-table.ts'
import type { ClientAddress } from '../../src/dns/fastpath/steer.ts'
import { type CounterKey, openTable } from '../../src/dns/fastpath/table.ts'
import { createWork, type Desk } from '../../src/dns/fastpath/work.ts'
import { microsOf, type RateLimiter, secondOf } from '../../src/dns/rate-limit.ts'
import { createResponder, type Respond } from '../../src/dns/respond.ts'
import { compileZones } from '../../src/dns/zones.ts'
import type { IpAddress, IpPrefix } from '../../src/domain/address.ts'
import { atOnce } from '../../src/domain/turns.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'

const GUARD = 0xa5
const ROOM = 1232

export interface FastFixture {
  /** The octets of the answer, `silence`, or `punt`. Throws when anything is written behind them, or to the query. */
  ask(query: Uint8Array, client: IpAddress, nowMs: number, dice: () => number): Uint8Array | 'silence' | 'punt'
  /** The endpoint that the last answer is counted for. */
  lastCounted(): CounterKey
  /** One of VERDICT. */
  lastVerdict(): number
  /** One of COOKIE. */
  lastCookie(): number
}

/** What both paths share. */
export interface FastParts {
  readonly cookies?: CookieJar | null
  readonly limiter?: RateLimiter | null
}

/** The packet path over one snapshot, without a socket. */
export function fastFixture(
  snapshot: Snapshot,
  nowMs: number,
  debug: readonly IpPrefix[] = [],
  { cookies = null, limiter = null }: FastParts = {},
): FastFixture {
  const zones = compileZones(snapshot.set, snapshot.revision.number)
  const { buffers, counters } = atOnce(createTableCompiler(debug)(snapshot, zones, nowMs))
  const table = openTable(buffers)
  const chaos = compileChaos({ nodeId: 'node-1', version: 'nearcast' })
  let dice = (): number => 0
  const desk: Desk = {
    table,
    chaos: openTable(chaos.buffers),
    cookies,
    limiter,
    dice: () => dice(),
    nowMs: 0,
    micros: 0,
    second: 0,
  }
  const work = createWork()
  const offset = 32
  const room = 2048
  const rx = new Uint8Array(room + 2 * offset).fill(GUARD)
  const before = new Uint8Array(rx.length).fill(GUARD)
  const tx = new Uint8Array(ROOM + 2 * offset).fill(GUARD)
  const guards = Buffer.alloc(tx.length, GUARD)
  return {
    ask(query, client, atMs, draw) {
      dice = draw
      desk.nowMs = atMs
      desk.micros = microsOf(atMs)
      desk.second = secondOf(atMs)
      rx.set(query, offset)
      before.set(query, offset)
      const address: ClientAddress = { octets: client.bytes, at: 0, family: client.family }
      const written = answer(desk, work, rx, offset, query.length, address, tx, offset)
      if (Buffer.compare(rx, before) !== 0) throw new Error('the query was written to')
      rx.fill(GUARD, offset, offset + query.length)
      before.fill(GUARD, offset, offset + query.length)
      const used = Math.max(0, written)
      const answered = tx.slice(offset, offset + used)
      tx.fill(GUARD, offset, offset + used)
      if (guards.compare(tx) !== 0) throw new Error(`written outside of ${used} octets`)
      if (written < 0) return 'punt'
      return written === 0 ? 'silence' : answered
    },
    lastCounted: () => (work.isElsewhere === 0 ? counters : chaos.counters)[work.counter] as CounterKey,
    lastVerdict: () => work.verdict,
    lastCookie: () => work.cookie,
  }
}

/** The complete path over the same snapshot. */
export function completeFixture(
  snapshot: Snapshot,
  clock: () => number,
  dice: () => number,
  cookies: CookieJar | null = null,
): Respond {
  return createResponder({
    current: () => snapshot,
    nowMs: clock,
    dice,
    debug: [],
    nodeId: 'node-1',
    version: 'nearcast',
    findAliasAddresses: () => null,
    cookies,
    onFailure: (error) => {
      throw error
    },
  })
}
