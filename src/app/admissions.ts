import type { Metrics } from '../http/admin/metrics.ts'
import type { RefusedRevision } from '../http/admin/status.ts'
import { formatProblem } from '../policy/load.ts'
import type { Logger } from './logger.ts'
import type { FirstRevision } from './policy-feed.ts'
import type { Admission } from './revisions.ts'
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
  let inForce = first.read.revision.number
  let refused: RefusedRevision | null = first.refused === null ? null : { atMs: nowMs(), problems: first.refused }
  return {
    async take(admission) {
      if (admission.outcome === 'refused') {
        refused = { atMs: nowMs(), problems: admission.problems }
        metrics.onRefusedRevision()
        logRefused(log, refused, inForce)
        return
      }
      refused = null
      const { revision, set, problems } = admission.read
      if (revision.number === inForce) return
      inForce = revision.number
      await snapshots.update({ revision, set })
      for (const problem of problems) log.warn(formatProblem(problem))
      log.info({ revision: revision.number }, `revision ${revision.number} is in force`)
    },
    refused: () => refused,
  }
}

function logRefused(log: Logger, { problems }: RefusedRevision, inForce: number): void {
  const errors = problems.filter(({ severity }) => severity === 'error')
  for (const problem of errors) log.error(formatProblem(problem))
  log.error(`${errors.length} errors: the change is not taken over, revision ${inForce} stays in force`)
}
