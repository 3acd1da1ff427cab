import type { SourcePosition } from './policy.ts'

/** One finding about a document, in words for the person who can mend it. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  /** Stable id of the rule, kebab-case: `unknown-key`, `unused-endpoint`. */
  readonly rule: string
  readonly at: SourcePosition
  /** Where in the document: `steer[2].nearest.within`. */
  readonly path: string
  /** What is wrong, naming the thing and the value found. */
  readonly message: string
  /** What was expected, or what to do; null when the message says it all. */
  readonly hint: string | null
}
