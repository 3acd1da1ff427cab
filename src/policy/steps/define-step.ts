import type * as z from 'zod'
import type { StepAction, StepKind } from '../../domain/policy.ts'
import type { Cursor } from '../cursor.ts'
import type { ServiceScope } from '../service-scope.ts'

/** What a step's file tells of it. */
export interface StepDefinition {
  readonly kind: StepKind
  /** One sentence, for editors. */
  readonly summary: string
  /** Its parameters as written, for the JSON Schema. */
  readonly shape: z.ZodType
  /** Whether its bare name is enough: `- up`. Its parameters are then an empty mapping. */
  readonly bare: 'allowed' | 'refused'
  /** Whether `hard: true` may stand beside it. */
  readonly fence: 'allowed' | 'refused'
  /** Parameters → action; undefined after reporting what is wrong. */
  readonly read: (params: Cursor, scope: ServiceScope, hard: boolean) => StepAction | undefined
}

/** Ties the action that `read` returns to the kind. */
export function defineStep<K extends StepKind>(
  definition: StepDefinition & {
    readonly kind: K
    readonly read: (
      params: Cursor,
      scope: ServiceScope,
      hard: boolean,
    ) => (StepAction & { readonly kind: K }) | undefined
  },
): StepDefinition {
  return definition
}
