import { assembleFacts, type FactSources } from '../../src/app/facts.ts'
import type { Override } from '../../src/domain/facts.ts'
import { formatProblem, loadDocuments } from '../../src/policy/load.ts'
import type { GeoLocator } from '../../src/ports/geo-locator.ts'
import { compileSnapshot } from '../../src/steering/compile.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { fakeGeo } from './geo.ts'

/** 2026-01-01, a Thursday. */
export const TEST_NOW_MS = Date.UTC(2026, 0, 1)

export interface SnapshotOptions {
  /** Path → text. */
  readonly documents: Readonly<Record<string, string>>
  readonly geo?: GeoLocator
  readonly overrides?: readonly Override[]
  /** Where the other facts come from. */
  readonly sources?: Omit<FactSources, 'policies' | 'overrides'>
  readonly nowMs?: number
  readonly previous?: Snapshot
  /** In place of what the documents read as: with what it shares with that of another snapshot. */
  readonly set?: Snapshot['set']
}

/** A snapshot as the node makes it, from documents as operators write them. Throws with all problems when they are bad. */
export function makeSnapshot(options: SnapshotOptions): Snapshot {
  const documents = Object.entries(options.documents).map(([path, text]) => ({ path, text }))
  const loaded = loadDocuments(documents)
  const set = options.set ?? loaded.set
  if (set === null) throw new Error(`bad test documents:\n${loaded.problems.map(formatProblem).join('\n')}`)
  const nowMs = options.nowMs ?? TEST_NOW_MS
  const facts = assembleFacts(
    { policies: set.policies, overrides: options.overrides ?? [], ...options.sources },
    nowMs,
    options.previous?.facts ?? null,
  )
  const revision = { number: 1, digest: '0'.repeat(64), author: 'test', reason: '', atMs: nowMs }
  const parts = { revision, set, facts, freshness: 'fresh', geo: options.geo ?? fakeGeo([]), nowMs } as const
  return compileSnapshot(parts, options.previous ?? null)
}

/** An override of `target` without an end. */
export const override = (target: string, state: Override['state']): Override => ({
  target,
  state,
  owner: 'test',
  reason: 'test',
  setAtMs: TEST_NOW_MS,
  expiresAtMs: null,
})
