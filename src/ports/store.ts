import type { Override } from '../domain/facts.ts'
import type { Revision, SourceDocument } from '../domain/revision.ts'

export interface CommitMeta {
  readonly author: string
  readonly reason: string
  readonly atMs: number
}

/** Thrown by `commit` when `base` is not the head any more. */
export class RevisionConflict extends Error {
  override readonly name = 'RevisionConflict'
  readonly base: number
  readonly head: number
  constructor(base: number, head: number) {
    super(
      `revision ${base} is not the newest any more: revision ${head} is. Nothing was written; read it and try again.`,
    )
    this.base = base
    this.head = head
  }
}

/** The state cannot be reached, or refuses. What is in force stays in force. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  /** Of a write: whether it was done; `unknown` when it was sent and no answer came. */
  readonly written: 'no' | 'unknown'
  constructor(message: string, written: 'no' | 'unknown', cause: unknown) {
    super(message, { cause })
    this.written = written
  }
}

export type StoreChange = { readonly kind: 'revision'; readonly number: number } | { readonly kind: 'overrides' }

/**
 * Shared state. Two adapters, one contract suite (test/suites/store-suite.ts). Nothing here is on the path of an answer.
 * Whatever goes over a network may throw StoreUnavailable, within a bounded time.
 */
export interface Store {
  /** The newest revision, or null before the first. */
  head(): Promise<Revision | null>
  /** Null when it was never there or is no longer kept. */
  revision(number: number): Promise<Revision | null>
  /** Newest first, without the documents' texts. */
  history(limit: number): Promise<readonly Omit<Revision, 'documents'>[]>
  /**
   * Adds a revision on top of `base` (0 for the first). Atomic and durable when it resolves.
   * @throws RevisionConflict when the head is another one; then nothing is written. StoreUnavailable says itself what is.
   */
  commit(base: number, documents: readonly SourceDocument[], meta: CommitMeta): Promise<Revision>
  /** In the order in which they were set; expired ones are left out. */
  overrides(nowMs: number): Promise<readonly Override[]>
  /** Replaces the one with the same target. */
  setOverride(override: Override): Promise<void>
  /** Whether there was one. */
  clearOverride(target: string): Promise<boolean>
  /** Called after every change, whoever made it, in this process or another. Returns the way to stop. */
  watch(listener: (change: StoreChange) => void): () => void
  close(): Promise<void>
}
