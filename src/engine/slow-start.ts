/** Slow start: an endpoint that comes back takes its clients back little by little. */

import type { Reason } from '../domain/plan.ts'
import type { Candidates } from './candidates.ts'
import { returning } from './reasons.ts'
import type { Material } from './steps/step.ts'
import { DRAWS } from './view.ts'

export interface SlowStart {
  /** Whether anybody is coming back. */
  readonly isRunning: boolean
  /** When the next part of the clients goes back; Infinity when none is to come. */
  readonly nextEdgeMs: number
  /** Where the clients part into those that are back and those that are not. */
  edges(candidates: Candidates): readonly number[]
  /** Whether the clients of this draw are back at the endpoint. Who is back stays: parts are added at the upper end. */
  isBack(endpoint: number, draw: number): boolean
  /** Null when it is not coming back. */
  reason(endpoint: number): Reason | null
}

/** As for `shed`: however many endpoints come back, the clients part into at most 17 bands. */
const MOST_PARTS = 16
/** Parts are no closer: each is a new plan for every location, and clients keep their answers for longer. */
const CLOSEST_MS = 2000

/** When the slow start begins: rounded up, so that services whose endpoints come back together are planned together. */
export const slowStartFrom = (returnedAtMs: number): number => Math.ceil(returnedAtMs / CLOSEST_MS) * CLOSEST_MS

/** Whether it is under way. Who is back since a time to come is so because the clock was set back: it must not last for hours. */
export const isSlowlyStarting = (returnedAtMs: number, seconds: number, nowMs: number): boolean =>
  Math.abs(nowMs - slowStartFrom(returnedAtMs)) < seconds * 1000

/**
 * The first part goes back at once, the last when the time is over. All endpoints answer to one draw. An operator's `up`
 * waits for nobody.
 */
export function compileSlowStart(seconds: number, { facts, nowMs }: Material): SlowStart {
  const lengthMs = seconds * 1000
  const parts = Math.min(MOST_PARTS, Math.floor(lengthMs / CLOSEST_MS))
  let nextEdgeMs = Number.POSITIVE_INFINITY
  const back = facts.map(({ returnedAtMs, override }) => {
    if (returnedAtMs === null || override?.state === 'up' || parts < 2) return parts
    if (!isSlowlyStarting(returnedAtMs, seconds, nowMs)) return parts
    const fromMs = slowStartFrom(returnedAtMs)
    const done = Math.floor((Math.max(0, nowMs - fromMs) / lengthMs) * (parts - 1))
    nextEdgeMs = Math.min(nextEdgeMs, Math.ceil(fromMs + ((done + 1) / (parts - 1)) * lengthMs))
    return done + 1
  })
  const backBelow = back.map((part) => (part >= parts ? DRAWS : Math.round((part * DRAWS) / parts)))
  return {
    isRunning: backBelow.some((below) => below < DRAWS),
    nextEdgeMs,
    edges(candidates) {
      const edges = new Set<number>()
      for (let p = 0; p < candidates.count; p++) edges.add(backBelow[candidates.order[p]!]!)
      return [...edges].filter((edge) => edge < DRAWS).sort((a, b) => a - b)
    },
    isBack: (endpoint, draw) => draw < backBelow[endpoint]!,
    reason: (endpoint) => (backBelow[endpoint] === DRAWS ? null : returning((100 * back[endpoint]!) / parts)),
  }
}
