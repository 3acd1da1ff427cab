import type { PolicySet } from '../domain/policy-set.ts'
import type { Problem } from '../domain/problem.ts'
import type { Revision } from '../domain/revision.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { RevisionConflict, type Store } from '../ports/store.ts'
import { revisionDigest } from '../state/revision-digest.ts'
import { checkDocuments, checkSteps } from './check-documents.ts'
import { inTurns } from './in-turns.ts'
import type { PolicyDirectory } from './policy-directory.ts'

/** A revision with what it reads as. */
export interface ReadRevision {
  readonly revision: Revision
  readonly set: PolicySet
  /** Warnings; a revision with errors never gets here. */
  readonly problems: readonly Problem[]
}

export type Admission =
  | { readonly outcome: 'inForce'; readonly read: ReadRevision }
  /** Not taken over, and why. Nothing was written. */
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[] }

export interface AdmissionParts {
  readonly store: Store
  readonly geo: GeoLocator
  readonly nowMs: number
  readonly reason: string
}

/**
 * Judges what stands in the policy directory and, when it is good and new, makes it the next revision of the store. A
 * set that equals the newest revision is that revision.
 */
export async function admit(directory: PolicyDirectory, parts: AdmissionParts): Promise<Admission> {
  const { documents } = directory
  const checked = await inTurns(checkSteps(documents, parts.geo, parts.nowMs))
  const problems = [...directory.problems, ...checked.problems]
  const hasErrors = problems.some(({ severity }) => severity === 'error')
  if (checked.set === null || hasErrors) return { outcome: 'refused', problems }
  const digest = revisionDigest(documents)
  for (;;) {
    const head = await parts.store.head()
    if (head?.digest === digest) return { outcome: 'inForce', read: { revision: head, set: checked.set, problems } }
    const meta = { author: 'policy directory', reason: parts.reason, atMs: parts.nowMs }
    try {
      const revision = await parts.store.commit(head?.number ?? 0, documents, meta)
      return { outcome: 'inForce', read: { revision, set: checked.set, problems } }
    } catch (error) {
      // Another process was quicker; the directory is one operator's whole word, so it goes on top of what came.
      if (!(error instanceof RevisionConflict)) throw error
    }
  }
}

/** The newest revision of the store that still reads well, going back at most `depth` revisions; null when there is none. */
export async function lastGood(store: Store, geo: GeoLocator, nowMs: number, depth = 10): Promise<ReadRevision | null> {
  for (const { number } of await store.history(depth)) {
    const revision = await store.revision(number)
    if (revision === null) continue
    const { set, problems } = checkDocuments(revision.documents, geo, nowMs)
    if (set !== null) return { revision, set, problems }
  }
  return null
}
