import { SUBNET_COUNTERS, WITHOUT_SUBNET } from './control.ts'
import type { CounterKey } from './table.ts'

/** What was answered since the last look. */
export interface FastCounts {
  readonly answers: readonly { readonly key: CounterKey; readonly count: number }[]
  /** By SOURCE PREFIX-LENGTH of the client subnet; null without one. */
  readonly subnets: readonly { readonly prefixLength: number | null; readonly count: number }[]
}

/** The counters of one table: a row for each worker, which alone writes it. */
export interface Tally {
  readonly rows: readonly SharedArrayBuffer[]
  readonly subnetsAt: number
  /** What was counted since the last call. */
  take(): FastCounts
}

export function createTally(keys: readonly CounterKey[], workers: number): Tally {
  const size = keys.length + SUBNET_COUNTERS
  const rows = Array.from({ length: workers }, () => new SharedArrayBuffer(size * 4))
  const views = rows.map((row) => new Uint32Array(row))
  const seen = rows.map(() => new Uint32Array(size))
  return {
    rows,
    subnetsAt: keys.length,
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
      const counted = (from: number, to: number) =>
        [...sums.subarray(from, to)].flatMap((count, index) => (count === 0 ? [] : [{ index, count }]))
      return {
        answers: counted(0, keys.length).map(({ index, count }) => ({ key: keys[index] as CounterKey, count })),
        subnets: counted(keys.length, size).map(({ index, count }) => ({
          prefixLength: index === WITHOUT_SUBNET ? null : index,
          count,
        })),
      }
    },
  }
}
