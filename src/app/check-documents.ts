import type { PolicySet } from '../domain/policy-set.ts'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import { lintSteps } from '../policy/lint/lint.ts'
import { placeProblems } from '../policy/lint/place-problems.ts'
import { loadSteps } from '../policy/load.ts'
import { runPolicyTests } from '../policy/run-tests.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

export interface CheckedDocuments {
  /** Null when any problem is an error: then nothing may come into force. */
  readonly set: PolicySet | null
  readonly problems: readonly Problem[]
  /** `shape`: an error in it kept the rules and the tests of the documents from being run. */
  readonly judged: 'shape' | 'all'
}

/** The whole judgement over a set of documents: shape, references, meaning, and the tests that the documents carry. */
export const checkDocuments = (
  documents: readonly SourceDocument[],
  geo: GeoLocator,
  nowMs: number,
): CheckedDocuments => atOnce(checkSteps(documents, geo, nowMs))

/** The same with pauses. */
export function* checkSteps(
  documents: readonly SourceDocument[],
  geo: GeoLocator,
  nowMs: number,
): Turns<CheckedDocuments> {
  const { set, problems } = yield* loadSteps(documents)
  if (set === null) return { set, problems, judged: 'shape' }
  if (set.policies.length === 0 && set.zones.length === 0)
    return { set: null, problems: [NOTHING_TO_SERVE], judged: 'shape' }
  yield
  const found = [...(yield* lintSteps(set))]
  for (const policy of set.policies) {
    yield
    found.push(...runPolicyTests({ ...set, policies: [policy] }, geo, nowMs))
  }
  const all = [...problems, ...placeProblems(found, documents)]
  return { set: all.some(({ severity }) => severity === 'error') ? null : set, problems: all, judged: 'all' }
}

/** An empty folder is a mount that failed or a checkout half done far more often than somebody's wish. */
const NOTHING_TO_SERVE: Problem = {
  severity: 'error',
  rule: 'nothing-to-serve',
  at: { file: 'policies', line: 1, column: 1 },
  path: '',
  message: 'no document names a service or a zone',
  hint: 'to serve nothing, stop the node',
}
