/** What one run of the chain sees of its client, and the record of what it read. */

import type { Client } from '../domain/client.ts'
import { NOWHERE } from '../domain/place.ts'

export interface View {
  client: Client
  /** Bits of DEPENDS read so far. */
  reads: number
  /** Lower-case names of the headers read so far. */
  readonly headers: Set<string>
  /** Next edge of the time windows read so far. */
  validUntilMs: number
  /** Canary draws [from, below) of the branch that is evaluated. */
  canaryFrom: number
  canaryBelow: number
  /** The edge at which a `percent` would have to part the branch; set with {@link Truth} `UNDECIDED`. */
  undecidedAt: number
}

/** Draws are in 1/65536. */
export const DRAWS = 65_536

/** Stands in until a client is seen. */
export const NOBODY: Client = { frontEnd: 'dns', location: NOWHERE, network: null, request: null }

export const createView = (client: Client): View => ({
  client,
  reads: 0,
  headers: new Set(),
  validUntilMs: Number.POSITIVE_INFINITY,
  canaryFrom: 0,
  canaryBelow: DRAWS,
  undecidedAt: 0,
})

/**
 * Kleene's three values, and a fourth for a `percent` that holds for a part of the branch only. What a front end cannot
 * see is `UNSEEN`, and so is all that hangs on it.
 */
export const FALSE = 0
export const TRUE = 1
export const UNSEEN = 2
export const UNDECIDED = 3
export type Truth = typeof FALSE | typeof TRUE | typeof UNSEEN | typeof UNDECIDED

export const truthOf = (holds: boolean): Truth => (holds ? TRUE : FALSE)

/** A condition, compiled. */
export interface Test {
  /** Superset of the DEPENDS bits that {@link Test.test} reads. */
  readonly reads: number
  /** Next edge of its time windows; Infinity without one. */
  readonly validUntilMs: number
  test(view: View): Truth
}
