import { COOKIE, type CookieState, cookieStateOf } from '../cookies.ts'
import { VERDICT } from '../rate-limit.ts'
import { COUNTED } from './control.ts'
import type { CounterKey } from './table.ts'

/** What was answered since the last look. */
export interface FastCounts {
  readonly answers: readonly { readonly key: CounterKey; readonly count: number }[]
  /** By SOURCE PREFIX-LENGTH of the client subnet; null without one. */
  readonly subnets: readonly { readonly prefixLength: number | null; readonly count: number }[]
  /** By what the query's cookie was worth. */
  readonly cookies: readonly { readonly cookie: CookieState; readonly count: number }[]
  /** Answers that were not sent, or of which no more than a slip was: not among the others. */
  readonly limited: { readonly slip: number; readonly drop: number }
}

/** The counters of one table: a row for each worker, which alone writes it. */
export interface Tally {
  readonly rows: readonly SharedArrayBuffer[]
  readonly chaosAt: number
  readonly countedAt: number
  /** What was counted since the last call. */
  take(): FastCounts
}

/** @param chaos what the table of class CH counts, which is there with every table */
export function createTally(table: readonly CounterKey[], chaos: readonly CounterKey[], workers: number): Tally {
  const keys = [...table, ...chaos]
  const size = keys.length + COUNTED.size
  const rows = Array.from({ length: workers }, () => new SharedArrayBuffer(size * 4))
  const views = rows.map((row) => new Uint32Array(row))
  const seen = rows.map(() => new Uint32Array(size))
  return {
    rows,
    chaosAt: table.length,
    countedAt: keys.length,
    take() {
      const sums = new Float64Array(size)
      for (const [worker, view] of views.entries()) {
        const before = seen[worker] as Uint32Array
        for (let i = 0; i < size; i++) {
          const now = view[i] as number
          // The counters wrap at 2³².
          sums[i] = (sums[i] as number) + ((now - (before[i] as number)) >>> 0)
          before[i] = now
        }
      }
      const counted = (from: number, length: number) =>
        [...sums.subarray(from, from + length)].flatMap((count, index) => (count === 0 ? [] : [{ index, count }]))
      const at = keys.length
      const limited = (verdict: number): number => sums[at + COUNTED.limited + verdict] as number
      return {
        answers: counted(0, keys.length).map(({ index, count }) => ({ key: keys[index] as CounterKey, count })),
        subnets: counted(at + COUNTED.subnet, COUNTED.withoutSubnet + 1).map(({ index, count }) => ({
          prefixLength: index === COUNTED.withoutSubnet ? null : index,
          count,
        })),
        cookies: counted(at + COUNTED.cookie, COOKIE.renew + 1).map(({ index, count }) => ({
          cookie: cookieStateOf(index),
          count,
        })),
        limited: { slip: limited(VERDICT.slip), drop: limited(VERDICT.drop) },
      }
    },
  }
}
