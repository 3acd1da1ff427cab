import { type AppliedChecks, appliedChecks, type Check } from '../domain/check.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Policy } from '../domain/policy.ts'
import type { HealthCheck } from '../ports/health-check.ts'
import { believeEndpoint, type EndpointBelief } from './belief/endpoint-belief.ts'
import type { LastRun } from './belief/last-run.ts'
import { createLiveTarget, type LiveTarget } from './live-target.ts'
import type { TargetGuard } from './target-guard.ts'
import { type PlannedTarget, planTargets } from './targets.ts'

/** One endpoint with all that is probed of it. */
export interface Group {
  readonly service: string
  readonly endpoint: Endpoint
  readonly checks: AppliedChecks
  readonly targets: readonly LiveTarget[]
  belief: EndpointBelief
  /** What the newest change of one of its targets was about. */
  word: string
}

/** By service, then by id of the endpoint. */
export type Groups = ReadonlyMap<string, ReadonlyMap<string, Group>>

export const allGroups = (groups: Groups): readonly Group[] =>
  [...groups.values()].flatMap((endpoints) => [...endpoints.values()])

export interface GroupsParts {
  readonly createCheck: (check: Check) => HealthCheck | null
  readonly guard: TargetGuard
  readonly lastRun: LastRun
  readonly nowMs: () => number
  readonly onDue: (target: LiveTarget) => void
}

/** The groups of one policy. Targets whose check and address stay are taken over from those `before`. */
export function groupsOf(
  policy: Policy,
  before: ReadonlyMap<string, Group>,
  parts: GroupsParts,
): ReadonlyMap<string, Group> {
  const { service, checks } = policy
  const probes = new Map(checks.map((check) => [check, parts.createCheck(check)]))
  const targetOf = (planned: PlannedTarget, endpoint: Endpoint, was: Group | undefined): LiveTarget => {
    const old = was?.targets.find(({ key }) => key === planned.key) ?? null
    const probe = probes.get(planned.check) ?? null
    if (old !== null && isSame(old, planned, endpoint)) {
      return Object.assign(old, { check: planned.check, probe, asked: { ...old.asked, endpoint } })
    }
    // A check that was edited is a new one; that the endpoint was down is known all the same.
    const known = old === null ? parts.lastRun.target(service, endpoint.id, planned) : old.belief
    return createLiveTarget(planned, { ...parts, service, endpoint, probe, before: known, nowMs: parts.nowMs() })
  }
  const groupOf = (endpoint: Endpoint): Group => {
    const was = before.get(endpoint.id)
    const targets = planTargets(policy, endpoint, parts.guard).map((planned) => targetOf(planned, endpoint, was))
    const applied = appliedChecks(policy, endpoint)
    const believed = was?.belief ?? parts.lastRun.endpoint(service, endpoint.id)
    const question = { endpoint, checks: applied, targets, nowMs: parts.nowMs(), before: believed }
    return {
      service,
      endpoint,
      checks: applied,
      targets,
      belief: believeEndpoint(question),
      word: 'its policy was changed',
    }
  }
  return new Map(policy.endpoints.map((endpoint) => [endpoint.id, groupOf(endpoint)]))
}

/** Whether what is known of the target is known of what is wanted now. */
const isSame = (old: LiveTarget, planned: PlannedTarget, { url, hostname }: Endpoint): boolean =>
  old.guarded === planned.guarded &&
  old.asked.endpoint.url === url &&
  old.asked.endpoint.hostname === hostname &&
  JSON.stringify(old.check) === JSON.stringify(planned.check)
