import type { PolicySet } from '../domain/policy-set.ts'
import type { Metrics } from '../http/admin/metrics.ts'
import type { RefusedRevision } from '../http/admin/status.ts'
import { formatProblem } from '../policy/load.ts'
import { inTurns } from './in-turns.ts'
import { keepEqualDocuments } from './keep-equal-documents.ts'
import type { Logger } from './logger.ts'
import type { FirstRevision } from './policy-feed.ts'
import type { Admission, ReadRevision } from './revisions.ts'
import type { Snapshots } from './snapshots.ts'

export interface AdmissionsParts {
  readonly first: FirstRevision
  readonly snapshots: Snapshots
  readonly metrics: Metrics
  readonly log: Logger
  readonly nowMs: () => number
}

/** What became of the changes of the policies: into force, or shown to the operator. */
export interface Admissions {
  take(admission: Admission): Promise<void>
  /** The newest refusal, until a good revision follows it. */
  refused(): RefusedRevision | null
}

export function createAdmissions({ first, snapshots, metrics, log, nowMs }: AdmissionsParts): Admissions {
  let inForce: ReadRevision = first.read
  let refused: RefusedRevision | null = first.refused === null ? null : { atMs: nowMs(), problems: first.refused }

  const refuse = (admission: Extract<Admission, { outcome: 'refused' }>): void => {
    refused = { atMs: nowMs(), problems: admission.problems }
    metrics.onRefusedRevision()
    const errors = admission.problems.filter(({ severity }) => severity === 'error')
    for (const problem of errors) log.error(formatProblem(problem))
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`
    log.error(`${count}: the change is not taken over, revision ${inForce.revision.number} stays in force`)
  }
  return {
    async take(admission) {
      if (admission.outcome === 'refused') return refuse(admission)
      const { revision, problems } = admission.read
      if (revision.number === inForce.revision.number) {
        if (refused !== null) log.info(`the policies read as revision ${revision.number} again, which is in force`)
        refused = null
        return
      }
      refused = null
      const set = await inTurns(keepEqualDocuments(admission.read.set, inForce.set))
      const change = describeChange(inForce.set, set)
      inForce = { ...admission.read, set }
      await snapshots.update({ revision, set })
      for (const problem of problems) log.warn(formatProblem(problem))
      log.info({ revision: revision.number }, `revision ${revision.number} is in force: ${change}`)
    },
    refused: () => refused,
  }
}

/** `changed service api; without zone old.example`. What is equal is the same object. */
function describeChange(before: PolicySet, after: PolicySet): string {
  const parts = [
    ...namedChanges(
      'service',
      byName(before.policies, ({ service }) => service),
      byName(after.policies, ({ service }) => service),
    ),
    ...namedChanges(
      'zone',
      byName(before.zones, ({ name }) => name),
      byName(after.zones, ({ name }) => name),
    ),
  ]
  return parts.length === 0 ? 'no service or zone reads differently' : parts.join('; ')
}

const byName = <T>(things: readonly T[], nameOf: (thing: T) => string): ReadonlyMap<string, T> =>
  new Map(things.map((thing) => [nameOf(thing), thing]))

function namedChanges<T>(kind: string, before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): string[] {
  const list = (word: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${word} ${kind} ${names.join(', ')}`]
  const names = [...after.keys()]
  return [
    ...list(
      'new',
      names.filter((name) => !before.has(name)),
    ),
    ...list(
      'changed',
      names.filter((name) => before.has(name) && before.get(name) !== after.get(name)),
    ),
    ...list(
      'without',
      [...before.keys()].filter((name) => !after.has(name)),
    ),
  ]
}
