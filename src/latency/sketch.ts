import { ACCEPTED_MS } from './constants.ts'

/**
 * A histogram over the logarithm of milliseconds: merging is adding, exact and in any order. Base 1.05 is off by at most
 * 2.5% (latency.md E, "Sketches"), a quarter of the hysteresis, and a bin fits an octet.
 */
const LOG_BASE = Math.log(1.05)
export const BINS = Math.ceil(Math.log(ACCEPTED_MS.most / ACCEPTED_MS.least) / LOG_BASE)

/** What lies outside is counted in the outermost bins. */
export const binOf = (ms: number): number =>
  Math.max(0, Math.min(BINS - 1, Math.floor(Math.log(ms / ACCEPTED_MS.least) / LOG_BASE)))

/** The value below which `share` (0…1) of the counts lie, ms, interpolated within its bin. `total` is their sum, above 0. */
export function quantileMs(counts: Uint32Array, total: number, share: number): number {
  const wanted = share * total
  let below = 0
  for (let bin = 0; bin < BINS; bin++) {
    const count = counts[bin]!
    if (count > 0 && below + count >= wanted) {
      return ACCEPTED_MS.least * Math.exp(LOG_BASE * (bin + (wanted - below) / count))
    }
    below += count
  }
  return ACCEPTED_MS.most
}
