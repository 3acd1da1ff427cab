/**
 * Flap damping after RFC 2439, section 4: every fall adds to a penalty that decays by half-lives. Past the cut-off an
 * endpoint does not get better until the penalty is down at the reuse threshold. It gets worse as ever: damping costs
 * capacity, never correctness. Half-lives go with the interval of the check, for whoever looks every second wants to be back soon.
 */

export interface Flaps {
  readonly penalty: number
  /** When it was that high. */
  readonly atMs: number
  /** Until then it does not get better; null: it is not damped. May be in the past. */
  readonly heldUntilMs: number | null
}

export const CALM: Flaps = Object.freeze({ penalty: 0, atMs: 0, heldUntilMs: null })

/** To fall is a withdrawal; to become degraded is an attribute change, which routers count half (RFC 2439, 4.4.3). */
const PENALTIES = { fell: 1, degraded: 0.5 } as const
/** Four falls in quick succession; three are nobody's fault. */
const CUT_OFF = 3
const REUSE = 1.5
const HALF_LIFE_INTERVALS = 30
const SHORTEST_HALF_LIFE_MS = 30_000
const LONGEST_HALF_LIFE_MS = 900_000

/** 5 minutes for a check every 10 s. */
export const halfLifeMs = (everySeconds: number): number =>
  Math.min(LONGEST_HALF_LIFE_MS, Math.max(SHORTEST_HALF_LIFE_MS, everySeconds * 1_000 * HALF_LIFE_INTERVALS))

export function flapped(flaps: Flaps, change: keyof typeof PENALTIES, everySeconds: number, atMs: number): Flaps {
  const halfLife = halfLifeMs(everySeconds)
  const elapsedMs = Math.max(0, atMs - flaps.atMs)
  // It needs no ceiling (RFC 2439, 4.2: T-hold): what is damped can only become degraded, and fall once more, so 4.5 is the most.
  const penalty = flaps.penalty * 2 ** (-elapsedMs / halfLife) + PENALTIES[change]
  const damped = penalty > CUT_OFF || isHeld(flaps, atMs)
  return { penalty, atMs, heldUntilMs: damped ? atMs + halfLife * Math.log2(penalty / REUSE) : null }
}

/** Not before the penalty was given: then the clock was set back, and nobody is held for as long as that. */
export const isHeld = ({ heldUntilMs, atMs: sinceMs }: Flaps, atMs: number): boolean =>
  heldUntilMs !== null && atMs >= sinceMs && atMs < heldUntilMs
