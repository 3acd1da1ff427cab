export interface HeartbeatLimits {
  /** Whether one more is read; spends it if so. */
  admit(service: string, endpoint: string, nowMs: number): boolean
}

/** A load every half second is more than any step looks at; the burst is for several processes behind one address. */
const A_SECOND = 2
const AT_ONCE = 10

/**
 * How often each endpoint is listened to: a bucket that refills. As many buckets as endpoints whose tokens were shown,
 * and full ones are forgotten.
 */
export function createHeartbeatLimits(): HeartbeatLimits {
  const buckets = new Map<string, { left: number; atMs: number }>()
  let sweptAtMs = -Infinity
  const leftOf = (bucket: { left: number; atMs: number }, nowMs: number): number =>
    Math.min(AT_ONCE, bucket.left + (Math.abs(nowMs - bucket.atMs) / 1000) * A_SECOND)
  const sweep = (nowMs: number): void => {
    sweptAtMs = nowMs
    for (const [key, bucket] of buckets) if (leftOf(bucket, nowMs) >= AT_ONCE) buckets.delete(key)
  }
  return {
    admit(service, endpoint, nowMs) {
      if (Math.abs(nowMs - sweptAtMs) > SWEEP_EVERY_MS) sweep(nowMs)
      const key = `${service}/${endpoint}`
      const bucket = buckets.get(key) ?? { left: AT_ONCE, atMs: nowMs }
      const left = leftOf(bucket, nowMs)
      if (left < 1) return false
      buckets.set(key, { left: left - 1, atMs: nowMs })
      return true
    },
  }
}

const SWEEP_EVERY_MS = 60_000
