/** The share of one moment. How it moves in time, and headroom with it: `rememberLoads` in load-memory.ts, for app/facts.ts. */

/** Shares are rounded to sixteenths, so that however many endpoints shed, the clients part into at most 17 bands. */
export const SIXTEENTHS = 16

/** NS1 `shed_load`: nothing up to the low watermark, everything from the high one on, 0…1. Who reports no load sheds nothing. */
export function shedShareOf(load: number | null, low: number, high: number): number {
  if (load === null || !(load > low)) return 0
  return load >= high ? 1 : (load - low) / (high - low)
}
