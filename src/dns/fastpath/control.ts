/** Words that the main thread and one worker share. Each has one writer, but for `outstanding`. */
export const CONTROL = {
  /** Main: 1 ends the loop. */
  stop: 0,
  /** Main: number of the newest table. */
  wanted: 1,
  /** Worker: number of the table in use. */
  taken: 2,
  /** Both: packets handed over and not yet answered. */
  outstanding: 3,
  /** Worker: packets that were dropped because too many were outstanding. */
  dropped: 4,
  /** Worker: answers that the kernel refused to send. */
  unsent: 5,
  size: 8,
} as const

/**
 * Counters that every table has, behind those of its answers: answers by the query's SOURCE PREFIX-LENGTH 0…128, or without a
 * client subnet; by what its cookie was worth (COOKIE); and answers that were limited, by VERDICT.
 */
export const COUNTED = { subnet: 0, withoutSubnet: 129, cookie: 130, limited: 136, size: 139 } as const
