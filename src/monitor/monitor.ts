import type { Check } from '../domain/check.ts'
import type { Health, MonitoredFacts } from '../domain/facts.ts'
import type { EndpointHealth, HealthEvent, ProbeResult } from '../domain/health.ts'
import type { Policy } from '../domain/policy.ts'
import type { HealthCheck } from '../ports/health-check.ts'
import type { HeartbeatSink } from '../ports/heartbeat-sink.ts'
import type { Schedule } from '../ports/schedule.ts'
import { describeEndpoint } from './belief/describe-endpoint.ts'
import { believeEndpoint } from './belief/endpoint-belief.ts'
import { composeLastRun, type LastRun } from './belief/last-run.ts'
import { hostKey } from './belief/target.ts'
import { createEventLog } from './event-log.ts'
import { createFirstRound } from './first-round.ts'
import { allGroups, type Group, type Groups, groupsOf } from './groups.ts'
import { heartbeatResult, silenceResult } from './heartbeats.ts'
import type { LookUp } from './hostnames.ts'
import { type LiveTarget, takeResult } from './live-target.ts'
import { createProbing, type Probed } from './probing.ts'
import type { TargetGuard } from './target-guard.ts'
import { createTimetable } from './timetable.ts'

/**
 * What is believed of all endpoints, by service, then by id of the endpoint: the next revision of a policy may order them
 * otherwise. What did not change is the same object as before.
 */
export type Monitored = ReadonlyMap<string, ReadonlyMap<string, MonitoredFacts>>

export interface MonitorParts {
  /** Null where nothing is probed. */
  readonly createCheck: (check: Check) => HealthCheck | null
  readonly lookUp: LookUp
  readonly guard: TargetGuard
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Probes that may start in a second, and be under way at once. */
  readonly perSecond: number
  readonly atOnce: number
  readonly lastRun: LastRun
  readonly onChange: (monitored: Monitored) => void
  readonly onEvent: (event: HealthEvent) => void
  readonly onProbed: (probed: Probed) => void
}

/** Probes the endpoints of all policies by their checks, and says what is believed of them. */
export interface Monitor extends HeartbeatSink {
  /** Targets whose check and address stay keep their belief; those that are gone are aborted at once, and never heard of again. */
  setPolicies(policies: readonly Policy[]): void
  readonly monitored: () => Monitored
  /** Resolves when every target has been probed once, or was believed from the last run; after `withinMs` at the latest. */
  firstRound(withinMs: number): Promise<void>
  readonly health: () => readonly EndpointHealth[]
  /** Those numbered higher, oldest first. */
  readonly events: (after: number) => readonly HealthEvent[]
  /** For the next run of this node. */
  readonly remember: () => object
  readonly load: () => { readonly targets: number; readonly underWay: number; readonly waiting: number }
  close(): void
}

/** Changes that come closer together than this are told together. */
const TOLD_EVERY_MS = 50

export function createMonitor(parts: MonitorParts): Monitor {
  const { nowMs, schedule } = parts
  const timetable = createTimetable({ nowMs, schedule })
  const events = createEventLog()
  const firstRound = createFirstRound(schedule)
  let policies: ReadonlyMap<string, Policy> = new Map()
  let groups: Groups = new Map()
  let groupOf: ReadonlyMap<LiveTarget, Group> = new Map()
  let monitored: Monitored = new Map()
  const dirty = new Set<Group>()
  let toldAtMs = -Infinity
  let callOff: (() => void) | null = null

  const touch = (target: LiveTarget): void => {
    firstRound.had(target)
    const group = groupOf.get(target)
    if (group === undefined) return
    dirty.add(group)
    tellSoon()
  }
  const probing = createProbing({
    ...parts,
    timetable,
    onProbed(probed) {
      take(probed.target, probed.result, probed.atMs)
      parts.onProbed(probed)
    },
    onPassedOver: touch,
  })
  const take = (target: LiveTarget, result: ProbeResult, atMs: number): void => {
    const from = target.belief.health
    takeResult(target, result, atMs)
    touch(target)
    const to = target.belief.health
    const group = groupOf.get(target)
    if (group === undefined || from === to) return
    const [check, address] = [target.check.name, hostKey(target.host)]
    group.word = `${check}${address === null ? '' : ` at ${address}`}: ${result.detail}`
    note(group, { atMs, check, address, from, to, detail: result.detail })
  }
  const note = (group: Group, event: Omit<HealthEvent, 'number' | 'service' | 'endpoint'>): void => {
    // That a new one is up is what everybody expects: a thousand of them would drive all news out of the log.
    if (event.from === 'unknown' && event.to === 'up') return
    parts.onEvent(events.add({ service: group.service, endpoint: group.endpoint.id, ...event }))
  }

  const tellSoon = (): void => {
    // At most: the clock may have been set back.
    const delayMs = Math.min(TOLD_EVERY_MS, Math.max(0, toldAtMs + TOLD_EVERY_MS - nowMs()))
    callOff ??= schedule(tell, delayMs)
  }
  const tell = (): void => {
    callOff?.()
    callOff = null
    toldAtMs = nowMs()
    const changed = [...dirty].filter((group) => believe(group, toldAtMs))
    dirty.clear()
    if (changed.length > 0) publish(new Set(changed.map(({ service }) => service)))
  }
  /** Whether anything changed. */
  const believe = (group: Group, atMs: number): boolean => {
    const before = group.belief
    group.belief = believeEndpoint({ ...group, nowMs: atMs, before })
    noteHealth(group, before.facts.health, group.belief.facts.health, atMs)
    return before.facts !== group.belief.facts
  }
  const noteHealth = (group: Group, from: Health, to: Health, atMs: number): void => {
    if (from !== to) note(group, { atMs, check: null, address: null, from, to, detail: group.word })
  }
  /** What an edit alone makes of an endpoint: with a check goes what it found. */
  const noteEdits = (before: Groups): void => {
    for (const group of allGroups(groups)) {
      const was = before.get(group.service)?.get(group.endpoint.id)
      if (was !== undefined && was !== group) {
        noteHealth(group, was.belief.facts.health, group.belief.facts.health, nowMs())
      }
    }
  }
  const publish = (changed: ReadonlySet<string>): void => {
    const services = new Map<string, ReadonlyMap<string, MonitoredFacts>>()
    for (const [service, endpoints] of groups) {
      const before = changed.has(service) ? undefined : monitored.get(service)
      services.set(service, before ?? new Map([...endpoints].map(([id, { belief }]) => [id, belief.facts])))
    }
    monitored = services
    parts.onChange(monitored)
  }

  const onDue = (target: LiveTarget): void => {
    if (target.check.kind === 'heartbeat') missHeartbeat(target, target.check.expireSeconds)
    else probing.onDue(target)
  }
  const missHeartbeat = (target: LiveTarget, expireSeconds: number): void => {
    take(target, silenceResult(expireSeconds), nowMs())
    waitForHeartbeat(target, expireSeconds)
  }
  const waitForHeartbeat = (target: LiveTarget, expireSeconds: number): void => {
    target.nextProbeMs = nowMs() + expireSeconds * 1_000
    timetable.set(target.job, target.nextProbeMs)
  }
  const begin = (targets: readonly LiveTarget[]): void => {
    for (const target of targets) {
      if (target.check.kind === 'heartbeat') waitForHeartbeat(target, target.check.expireSeconds)
    }
    const probed = targets.filter(({ probe, guarded }) => probe !== null && guarded === null)
    for (const target of probed) if (target.belief.health === 'unknown') firstRound.expect(target)
    probing.start(probed)
  }
  const end = (target: LiveTarget): void => {
    probing.stop(target)
    firstRound.had(target)
  }

  return {
    setPolicies(wanted) {
      const before = groups
      const keeps = (policy: Policy): boolean => policies.get(policy.service) === policy
      const changed = new Set(wanted.filter((policy) => !keeps(policy)).map(({ service }) => service))
      if (changed.size === 0 && wanted.length === before.size) return
      // What was found before the edit is not lost with the groups that go.
      for (const group of dirty) if (changed.has(group.service)) believe(group, nowMs())
      const made = (policy: Policy): ReadonlyMap<string, Group> => {
        const old = before.get(policy.service) ?? new Map<string, Group>()
        return changed.has(policy.service) ? groupsOf(policy, old, { ...parts, onDue }) : old
      }
      groups = new Map(wanted.map((policy) => [policy.service, made(policy)]))
      policies = new Map(wanted.map((policy) => [policy.service, policy]))
      const oldTargets = groupOf
      groupOf = new Map(allGroups(groups).flatMap((group) => group.targets.map((target) => [target, group] as const)))
      for (const target of oldTargets.keys()) if (!groupOf.has(target)) end(target)
      for (const group of dirty) if (groups.get(group.service)?.get(group.endpoint.id) !== group) dirty.delete(group)
      noteEdits(before)
      begin([...groupOf.keys()].filter((target) => !oldTargets.has(target)))
      publish(changed)
    },
    monitored: () => monitored,
    async firstRound(withinMs) {
      await firstRound.wait(withinMs)
      tell()
    },
    take(heartbeat) {
      const group = groups.get(heartbeat.service)?.get(heartbeat.endpoint)
      const isNamed = ({ check }: LiveTarget): boolean => heartbeat.checks.includes(check.name)
      for (const target of group?.targets.filter(isNamed) ?? []) {
        if (target.check.kind !== 'heartbeat') continue
        take(target, heartbeatResult(heartbeat), nowMs())
        waitForHeartbeat(target, target.check.expireSeconds)
      }
    },
    health: () =>
      allGroups(groups).map(({ service, endpoint, targets, belief }) =>
        describeEndpoint(service, endpoint, targets, belief, nowMs()),
      ),
    events: events.since,
    remember: () =>
      composeLastRun(
        allGroups(groups).map((group) => ({ ...group, endpoint: group.endpoint.id })),
        nowMs(),
      ),
    load: () => ({ targets: groupOf.size, underWay: probing.underWay(), waiting: probing.waiting() }),
    close() {
      callOff?.()
      callOff = () => {}
      for (const target of groupOf.keys()) probing.stop(target)
      timetable.close()
    },
  }
}
