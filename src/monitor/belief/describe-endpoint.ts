import type { Endpoint } from '../../domain/endpoint.ts'
import type { EndpointHealth, TargetHealth } from '../../domain/health.ts'
import type { EndpointBelief } from './endpoint-belief.ts'
import { isHeld } from './flaps.ts'
import { type LoadReport, loadReports } from './load.ts'
import { hostKey, type Target } from './target.ts'

const SHOWN_RESULTS = 10

/** For people: what is believed of an endpoint, and on what grounds. */
export function describeEndpoint(
  service: string,
  { id }: Pick<Endpoint, 'id'>,
  targets: readonly Target[],
  { facts, sinceMs, composites }: EndpointBelief,
  nowMs: number,
): EndpointHealth {
  return {
    service,
    endpoint: id,
    health: facts.health,
    sinceMs,
    targets: [...targets.map((target) => describeTarget(target, nowMs)), ...describeComposites(composites)],
    load: reportsBehind(facts.load, loadReports(targets, nowMs), sinceMs),
  }
}

function describeTarget({ check, host, belief, notProbed, nextProbeMs, last }: Target, nowMs: number): TargetHealth {
  const own = check.kind === 'heartbeat' ? 'heartbeat' : 'probe'
  return {
    check: check.name,
    address: hostKey(host),
    health: notProbed === null ? belief.health : 'unknown',
    notProbed,
    source: belief.lastOutcome === null && belief.health !== 'unknown' ? 'lastRun' : own,
    sinceMs: belief.sinceMs,
    last: last.slice(0, SHOWN_RESULTS),
    successesInARow: belief.successesInARow,
    failuresInARow: belief.failuresInARow,
    nextProbeMs,
    heldUntilMs: isHeld(belief.flaps, nowMs) ? belief.flaps.heldUntilMs : null,
  }
}

const describeComposites = (composites: EndpointBelief['composites']): readonly TargetHealth[] =>
  [...composites].map(([check, { health, sinceMs }]) => ({
    check,
    address: null,
    health,
    notProbed: null,
    source: 'composite',
    sinceMs,
    last: [],
    successesInARow: 0,
    failuresInARow: 0,
    nextProbeMs: null,
    heldUntilMs: null,
  }))

/** While it is down the facts keep what was reported before: nobody reports it now, so it is as old as the fall. */
const reportsBehind = (
  load: EndpointBelief['facts']['load'],
  reports: readonly LoadReport[],
  sinceMs: number,
): readonly LoadReport[] =>
  Object.entries(load).map(([metric, value]) => ({
    metric,
    value,
    atMs: reports.find((report) => report.metric === metric && report.value === value)?.atMs ?? sinceMs,
  }))
