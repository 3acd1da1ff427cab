/** One document of the policy set as the operator wrote it. */
export interface SourceDocument {
  /** Path below the policy directory, `/` between folders. */
  readonly path: string
  readonly text: string
}

/** One atomic, numbered version of the whole policy set. */
export interface Revision {
  /** 1, 2, 3, … */
  readonly number: number
  readonly documents: readonly SourceDocument[]
  /** SHA-256 over paths and texts, hex. */
  readonly digest: string
  readonly author: string
  readonly reason: string
  readonly atMs: number
}
