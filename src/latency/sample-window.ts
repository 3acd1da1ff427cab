import { BUCKET_SAMPLES, BUCKETS } from './constants.ts'
import { BINS, binOf, quantileMs } from './sketch.ts'

/**
 * The samples of one source about one target, newest eight buckets. A bucket takes few samples, so it holds their bins
 * themselves: an octet each, a third of the histogram it stands for.
 */
export interface SampleWindow {
  /** Number of the newest bucket: time divided by its length. */
  newest: number
  /** For every bucket its count, then its bins. */
  readonly octets: Uint8Array
}

const SLOT_OCTETS = 1 + BUCKET_SAMPLES

export const emptyWindow = (bucket: number): SampleWindow => ({
  newest: bucket,
  octets: new Uint8Array(BUCKETS * SLOT_OCTETS),
})

const slotOf = (bucket: number): number => (bucket % BUCKETS) * SLOT_OCTETS

/** False when the bucket is full, or older than the window. */
export function addBin(window: SampleWindow, bucket: number, bin: number): boolean {
  if (bucket <= window.newest - BUCKETS) return false
  for (let opened = Math.max(window.newest + 1, bucket - BUCKETS + 1); opened <= bucket; opened++) {
    window.octets[slotOf(opened)] = 0
  }
  window.newest = Math.max(window.newest, bucket)
  const slot = slotOf(bucket)
  const count = window.octets[slot]!
  if (count === BUCKET_SAMPLES) return false
  window.octets[slot + 1 + count] = bin
  window.octets[slot] = count + 1
  return true
}

export const addSample = (window: SampleWindow, bucket: number, ms: number): boolean =>
  addBin(window, bucket, binOf(ms))

/** Bins of one bucket; empty when it is not in the window. */
export function binsOf(window: SampleWindow, bucket: number): Uint8Array {
  if (bucket > window.newest || bucket <= window.newest - BUCKETS) return new Uint8Array()
  const slot = slotOf(bucket)
  return window.octets.subarray(slot + 1, slot + 1 + window.octets[slot]!)
}

export interface WindowSummary {
  readonly samples: number
  /** Samples, each by its age: whole when it is of this bucket, an eighth in the oldest. */
  readonly n: number
  readonly p25Ms: number
  readonly iqrMs: number
}

/** Null when nothing is left of it at `bucket`. */
export function summarise(window: SampleWindow, bucket: number): WindowSummary | null {
  const counts = new Uint32Array(BINS)
  let samples = 0
  let total = 0
  for (let age = Math.max(0, bucket - window.newest); age < BUCKETS; age++) {
    const bins = binsOf(window, bucket - age)
    for (const bin of bins) counts[bin]! += BUCKETS - age
    samples += bins.length
    total += bins.length * (BUCKETS - age)
  }
  if (samples === 0) return null
  // p25, never p75: rank by the quarter that the access network did not spoil (latency.md D, own samples).
  const p25Ms = quantileMs(counts, total, 0.25)
  return { samples, n: total / BUCKETS, p25Ms, iqrMs: quantileMs(counts, total, 0.75) - p25Ms }
}
