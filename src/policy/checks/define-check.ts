import type * as z from 'zod'
import type { Check, CheckKind } from '../../domain/check.ts'
import type { Cursor } from '../cursor.ts'

/** What the file of a kind of check tells of it. */
export interface CheckDefinition {
  /** Also the key that tells it from the other kinds. */
  readonly kind: CheckKind
  /** One sentence, for editors. */
  readonly summary: string
  /** A short one as it is written, for hints. */
  readonly example: string
  /** As written, for the JSON Schema. */
  readonly shape: z.ZodObject
  /** Whether it speaks of other checks of its service. */
  readonly of: 'endpoints' | 'checks'
  /** Undefined after reporting what is wrong. */
  readonly read: (cursor: Cursor, name: string) => Check | undefined
}

/** Ties the check that `read` returns to the kind. */
export function defineCheck<K extends CheckKind>(
  definition: CheckDefinition & {
    readonly kind: K
    readonly read: (cursor: Cursor, name: string) => (Check & { readonly kind: K }) | undefined
  },
): CheckDefinition {
  return definition
}
