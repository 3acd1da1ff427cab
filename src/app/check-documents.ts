import type { PolicySet } from '../domain/policy-set.ts'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { lint } from '../policy/lint/lint.ts'
import { placeProblems } from '../policy/lint/place-problems.ts'
import { loadDocuments } from '../policy/load.ts'
import { runPolicyTests } from '../policy/run-tests.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

export interface CheckedDocuments {
  /** Null when any problem is an error: then nothing may come into force. */
  readonly set: PolicySet | null
  readonly problems: readonly Problem[]
}

/** The whole judgement over a set of documents: shape, references, meaning, and the tests that the documents carry. */
export function checkDocuments(documents: readonly SourceDocument[], geo: GeoLocator, nowMs: number): CheckedDocuments {
  const { set, problems } = loadDocuments(documents)
  if (set === null) return { set, problems }
  const found = [...lint(set), ...runPolicyTests(set, geo, nowMs)]
  const all = [...problems, ...placeProblems(found, documents)]
  return { set: all.some(({ severity }) => severity === 'error') ? null : set, problems: all }
}
