import type { Problem } from '../domain/problem.ts'
import type { Revision } from '../domain/revision.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Store } from '../ports/store.ts'
import { checkSteps } from './check-documents.ts'
import type { ZoneFile } from './config-values.ts'
import { inTurns } from './in-turns.ts'
import { type PolicyDirectory, readPolicyDirectory, watchPolicyDirectory } from './policy-directory.ts'
import { type Admission, admit, lastGood, type ReadRevision } from './revisions.ts'

export interface PolicyFeedParts {
  readonly directory: string
  readonly zones: readonly ZoneFile[]
  readonly store: Store
  /** The database in force when a change is judged: tests inside policies ask it. */
  readonly geo: () => GeoLocator
  readonly nowMs: () => number
}

export interface FirstRevision {
  readonly read: ReadRevision
  /** Why the directory's own state is not in force; null when it is. */
  readonly refused: readonly Problem[] | null
}

/** Thrown at start when neither the directory nor the history holds a good set of policies. */
export class NoPolicies extends Error {
  override readonly name = 'NoPolicies'
  readonly problems: readonly Problem[]
  constructor(directory: string, problems: readonly Problem[]) {
    const errors = problems.filter(({ severity }) => severity === 'error').length
    super(
      `the policies in ${directory} have ${errors} errors, and no earlier good revision is in the state directory. Nothing was started.`,
    )
    this.problems = problems
  }
}

/** What to serve at start: the directory if it is good, else the last good revision. */
export async function firstRevision(parts: PolicyFeedParts): Promise<FirstRevision> {
  const admission = await judge(await readSource(parts), parts, 'read at start')
  if (admission.outcome === 'inForce') return { read: admission.read, refused: null }
  const read = await lastGood(parts.store, parts.geo(), parts.nowMs())
  if (read === null) throw new NoPolicies(parts.directory, admission.problems)
  return { read, refused: admission.problems }
}

/**
 * Judges the directory again after every change in it, and takes over revisions that another process wrote to the
 * store; one change after the other.
 * @param onFailure a change could not be read or written at all; the next one is tried again
 */
export function watchPolicies(
  parts: PolicyFeedParts,
  inForce: Revision,
  onAdmission: (admission: Admission) => Promise<void>,
  onFailure: (error: Error) => void,
): { close(): Promise<void> } {
  let running: Promise<void> = Promise.resolve()
  let number = inForce.number
  let named: readonly string[] = []
  const take = async (admission: Admission): Promise<void> => {
    if (admission.outcome === 'inForce') number = admission.read.revision.number
    await onAdmission(admission)
  }
  const afterwards = (task: () => Promise<void>): void => {
    running = running.then(task).catch(onFailure)
  }
  const watcher = watchPolicyDirectory({
    directory: parts.directory,
    zones: parts.zones,
    named: () => named,
    onChange: () =>
      afterwards(async () => {
        const source = await readSource(parts)
        named = source.named
        await take(await judge(source, parts, 'a file was saved'))
      }),
    onProblem: (message) => onFailure(new Error(message)),
  })
  const stopWatchingStore = parts.store.watch((change) => {
    if (change.kind !== 'revision') return
    afterwards(async () => {
      // Our own commits come by here as well, and are in force already.
      const revision = change.number > number ? await parts.store.revision(change.number) : null
      if (revision !== null) await take(await readAgain(revision, parts))
    })
  })
  return {
    async close() {
      watcher.close()
      stopWatchingStore()
      await running
    },
  }
}

async function readAgain(revision: Revision, parts: PolicyFeedParts): Promise<Admission> {
  const { set, problems } = await inTurns(checkSteps(revision.documents, parts.geo(), parts.nowMs()))
  return set === null ? { outcome: 'refused', problems } : { outcome: 'inForce', read: { revision, set, problems } }
}

const readSource = ({ directory, zones }: PolicyFeedParts): Promise<PolicyDirectory> =>
  readPolicyDirectory(directory, zones)

async function judge(source: PolicyDirectory, parts: PolicyFeedParts, reason: string): Promise<Admission> {
  return admit(source, { store: parts.store, geo: parts.geo(), nowMs: parts.nowMs(), reason })
}
