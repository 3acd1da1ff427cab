import type { Calls } from './calls.ts'
import type { Keys } from './keys.ts'
import type { Scripts } from './scripts.ts'
import type { Told } from './told.ts'

/** What revisions and overrides in Redis work with. */
export interface RedisParts {
  readonly calls: Calls
  readonly keys: Keys
  readonly scripts: Scripts
  readonly told: Told
  readonly nowMs: () => number
  /** For writes and epochs; never twice the same. */
  readonly newId: () => string
  /** About how many changes stay in the stream. */
  readonly mostChanges: number
  /** How long a write may be repeated without being done again. */
  readonly rememberSeconds: number
  readonly onProblem: (message: string) => void
}
