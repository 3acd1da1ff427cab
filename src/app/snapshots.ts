import type { LatencyView, Override, Unreachable } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Schedule } from '../ports/schedule.ts'
import { compileSnapshot, compileSteps, type SnapshotParts } from '../steering/compile.ts'
import type { LiveSnapshot } from '../steering/live.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { type Interim, withoutGone } from '../steering/without-gone.ts'
import { type AssembledFacts, assembleFacts, type HealthFacts, nextExpiryMs } from './facts.ts'
import { inTurns } from './in-turns.ts'
import { keepEqualDocuments } from './keep-equal-documents.ts'

/** What a snapshot is made of. */
export interface SnapshotInputs {
  readonly revision: Omit<Revision, 'documents'>
  readonly set: PolicySet
  readonly overrides: readonly Override[]
  readonly geo: GeoLocator
  /** What checks and heartbeats say. */
  readonly health?: HealthFacts
  /** Endpoints that drain by their own word. */
  readonly drains?: readonly Override[]
  readonly latency?: LatencyView
}

/** Puts snapshots together from their parts and publishes each, also when time alone changes the answers. */
export interface Snapshots {
  /**
   * Resolves when the change is in force. Changes that come while one is compiled go into the next snapshot together; but endpoints
   * that have gone are out of the plans in force when this returns, where that needs no planning.
   */
  update(change: Partial<SnapshotInputs>): Promise<void>
  /** Resolves when nothing is compiled any more. */
  close(): Promise<void>
}

// setTimeout counts milliseconds in 31 bits.
const LONGEST_DELAY_MS = 2 ** 31 - 1
const LONGEST_PAUSE_MS = 10_000
/** What could not be compiled may be another time. */
const RETRY_AFTER_MS = 10_000
/** Shares of load that are limited in their speed move on so often. */
const MOVES_EVERY_MS = 2_000

export interface SnapshotsParts {
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** What front ends make of a snapshot before it is in force. */
  readonly prepare: (snapshot: Snapshot) => Turns<unknown>
  /** Told what kept a snapshot that nobody waits for from being made. */
  readonly onFailure: (error: Error) => void
  /** What clients say they cannot reach, by service; asked for every snapshot. */
  readonly unreachable?: (policies: readonly Policy[], nowMs: number) => ReadonlyMap<string, readonly Unreachable[]>
}

/** The first snapshot is in force when this returns. */
export function createSnapshots(live: LiveSnapshot, first: SnapshotInputs, parts: SnapshotsParts): Snapshots {
  let inputs = first
  let facts: AssembledFacts | null = null
  /** What `facts` were assembled from. */
  let assembled = first
  /** Published last of those that were compiled: what is made without planning is made from it. */
  let compiled: Snapshot | null = null
  /** In force instead, until what is compiled is there. */
  let interim: Interim | null = null
  let callOff: () => void = () => {}
  let wanted = 1
  let inForce = 1
  let running: Promise<void> = Promise.resolve()
  let isClosed = false

  const partsNow = () => {
    const nowMs = parts.nowMs()
    const { revision, set, geo } = inputs
    const { policies } = set
    const unreachable = parts.unreachable?.(policies, nowMs) ?? new Map<string, readonly Unreachable[]>()
    facts = assembleFacts({ ...inputs, policies, unreachable }, nowMs, facts)
    assembled = inputs
    return { revision, set, facts, freshness: 'fresh', geo, nowMs } as const
  }
  const publish = (snapshot: Snapshot): void => {
    const number = Math.max(snapshot.number, 1 + (live.current()?.number ?? 0))
    live.publish(number === snapshot.number ? snapshot : { ...snapshot, number })
  }
  const publishCompiled = (snapshot: Snapshot): void => {
    compiled = snapshot
    // What has gone while it was compiled does not come back by it.
    interim = null
    interim = interimNow()
    publish(interim?.snapshot ?? snapshot)
  }
  /** There may be thousands of services, and a change every moment: only those are looked at that it is about. */
  const interimNow = (): Interim | null => {
    if (compiled === null) return null
    const { of } = compiled.facts
    const { overrides, drains, health } = inputs
    const isForAll = overrides !== assembled.overrides || drains !== assembled.drains
    const policies = compiled.set.policies.filter(
      ({ service }) => isForAll || health?.get(service) !== assembled.health?.get(service),
    )
    const unreachable = new Map(policies.map(({ service }) => [service, of.get(service)?.unreachable ?? []]))
    const nowMs = parts.nowMs()
    return withoutGone(compiled, assembleFacts({ ...inputs, policies, unreachable }, nowMs, facts), nowMs, interim)
  }
  /** Nobody waits for a plan of the whole world to be sent elsewhere. */
  const publishInterim = (): void => {
    const now = isClosed ? null : interimNow()
    if (now === null || now === interim) return
    interim = now
    publish(now.snapshot)
  }
  /** Time alone changes the answers: at the edges of windows and slow starts, at the end of overrides, while shares move. */
  const wakeFor = ({ validUntilMs }: Snapshot, compiledAtMs: number): void => {
    const nowMs = parts.nowMs()
    const pending = inputs.overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > compiledAtMs)
    const movesAtMs = facts?.isMoving === true ? compiledAtMs + MOVES_EVERY_MS : Infinity
    const nextMs = Math.min(validUntilMs, nextExpiryMs(pending) ?? Infinity, movesAtMs)
    // What time brings may wait as long as the last compilation took: slow starts of hundreds of services have an edge all the time.
    const pauseMs = Math.max(0, Math.min(LONGEST_PAUSE_MS, nowMs - compiledAtMs))
    wakeIn(Math.max(pauseMs, nextMs - nowMs))
  }
  const wakeIn = (delayMs: number): void => {
    callOff()
    const isNever = delayMs === Infinity || isClosed
    callOff = isNever ? () => {} : parts.schedule(wake, Math.min(LONGEST_DELAY_MS, delayMs))
  }
  const wake = (): void => void waitFor(refresh()).catch(parts.onFailure)
  /** Returns the number of the change. */
  const refresh = (): number => {
    const mine = ++wanted
    const task = async (): Promise<void> => {
      // A later change that waits behind this one is compiled with it.
      if (isClosed || mine !== wanted) return
      try {
        await bringIntoForce()
        inForce = mine
      } catch (error) {
        wakeIn(RETRY_AFTER_MS)
        throw error
      }
    }
    // What kept one change from being compiled is told to whoever made it, and keeps no other.
    running = running.then(task, task)
    return mine
  }
  const bringIntoForce = async (): Promise<void> => {
    const { set } = inputs
    const before = compiled
    const kept = before === null || before.set === set ? set : await inTurns(keepEqualDocuments(set, before.set))
    // Unless another set has come meanwhile.
    if (inputs.set === set) inputs = { ...inputs, set: kept }
    const next = partsNow()
    if (before !== null && saysTheSame(next, before)) {
      if (interim !== null) publishCompiled(before)
      wakeFor(before, next.nowMs)
    } else {
      const snapshot = await inTurns(compileSteps(next, before))
      await inTurns(parts.prepare(snapshot))
      publishCompiled(snapshot)
      wakeFor(snapshot, snapshot.compiledAtMs)
    }
  }
  /** Health changes without end: nobody waits for more than the change that they made. */
  const waitFor = async (mine: number): Promise<void> => {
    for (let seen: Promise<void> | null = null; seen !== running && inForce < mine; ) {
      seen = running
      await seen
    }
  }
  /** Also what was asked for while it waited. What failed has been told. */
  const settled = async (): Promise<void> => {
    for (let seen: Promise<void> | null = null; seen !== running; ) {
      seen = running
      await seen.catch(() => {})
    }
  }

  const made = compileSnapshot(partsNow(), null)
  atOnce(parts.prepare(made))
  publishCompiled(made)
  wakeFor(made, made.compiledAtMs)
  return {
    async update(change) {
      inputs = { ...inputs, ...change }
      const mine = refresh()
      publishInterim()
      await waitFor(mine)
    },
    close() {
      isClosed = true
      callOff()
      return settled()
    },
  }
}

/** Then there is nothing to publish: a share moved by less than what is told, or a report was taken back. */
const saysTheSame = (next: SnapshotParts, { revision, set, geo, facts, services, validUntilMs }: Snapshot): boolean =>
  next.revision === revision &&
  next.set === set &&
  next.geo === geo &&
  next.nowMs < validUntilMs &&
  [...services.keys()].every((service) => next.facts.of.get(service) === facts.of.get(service))
