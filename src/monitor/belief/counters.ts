/** Rise and fall: gdnsd's counters (field.md section 5; plugins/mon.c, `gdnsd_mon_state_updater`). */

export interface Counters {
  readonly fallen: boolean
  /** While it stands: failures that no run of successes has made good yet. 0 while it is fallen. */
  readonly failures: number
  /** Successes in a row that count: towards its return, or towards making failures good. */
  readonly successes: number
}

export interface Thresholds {
  readonly fall: number
  readonly rise: number
}

export const STANDING: Counters = Object.freeze({ fallen: false, failures: 0, successes: 0 })
export const FALLEN: Counters = Object.freeze({ fallen: true, failures: 0, successes: 0 })

/**
 * The counters after one more result. Failures are made good by `rise` successes in a row only: gdnsd's `ok_thresh`, for which
 * it takes as many as for a return. So what fails every other time falls, which it never would if any success made all
 * failures good (PowerGSLB; with `rise: 1` that is what happens here). `held`: a return has to wait, however many successes.
 */
export function count(
  counters: Counters,
  result: 'success' | 'failure',
  { fall, rise }: Thresholds,
  returns: 'free' | 'held',
): Counters {
  const { fallen, failures, successes } = counters
  if (result === 'failure') {
    if (fallen) return FALLEN
    return failures + 1 >= fall ? FALLEN : { fallen, failures: failures + 1, successes: 0 }
  }
  if (!fallen && failures === 0) return STANDING
  // More than `rise` are not told apart: a held return comes with the first success after its time.
  const inARow = Math.min(rise, successes + 1)
  const enough = inARow >= rise && (!fallen || returns === 'free')
  return enough ? STANDING : { fallen, failures, successes: inARow }
}
