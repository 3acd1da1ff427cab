/** Which draws a branch is about: a band [from, below) per axis, in 1/65536. */

import type { Band, Fork } from '../domain/plan.ts'
import type { Candidates } from './candidates.ts'
import { DRAWS } from './view.ts'

/** Axis 0; axis i + 1 is that of step i. */
export const CANARY = 0
export const axisOfStep = (index: number): number => index + 1
export const axisName = (axis: number): Fork['axis'] => (axis === CANARY ? 'canary' : `step${axis - 1}`)

export const bandFrom = (c: Candidates, axis: number): number => c.bands?.[axis * 2] ?? 0
export const bandBelow = (c: Candidates, axis: number): number => c.bands?.[axis * 2 + 1] ?? DRAWS

/** Narrows the candidates' band and returns them. */
export function inBand(c: Candidates, axisCount: number, axis: number, from: number, below: number): Candidates {
  c.bands ??= Int32Array.from({ length: axisCount * 2 }, (_, i) => (i % 2 === 0 ? 0 : DRAWS))
  c.bands[axis * 2] = from
  c.bands[axis * 2 + 1] = below
  return c
}

/** Those edges that part the branch. */
export function insideBand(c: Candidates, axis: number, edges: readonly number[]): readonly number[] {
  const from = bandFrom(c, axis)
  const below = bandBelow(c, axis)
  return edges.filter((edge) => edge > from && edge < below)
}

/** Where the widest part between the edges begins; the lowest of equals. */
export function widestPart(c: Candidates, axis: number, edges: readonly number[]): number {
  let widest = { from: bandFrom(c, axis), width: 0 }
  let from = widest.from
  for (const edge of [...edges, bandBelow(c, axis)]) {
    if (edge - from > widest.width) widest = { from, width: edge - from }
    from = edge
  }
  return widest.from
}

/** The bands that are narrower than their axis. */
export function narrowBands({ bands }: Candidates): readonly Band[] {
  if (bands === null) return []
  return Array.from({ length: bands.length / 2 }, (_, axis) => ({
    axis: axisName(axis),
    from: bands[axis * 2]!,
    below: bands[axis * 2 + 1]!,
  })).filter(({ from, below }) => from > 0 || below < DRAWS)
}
