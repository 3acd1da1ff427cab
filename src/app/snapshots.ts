import type { LatencyView, Override, Unreachable } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { compileSnapshot, compileSteps, type SnapshotParts } from '../steering/compile.ts'
import type { LiveSnapshot } from '../steering/live.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { type AssembledFacts, assembleFacts, type HealthFacts, nextExpiryMs } from './facts.ts'
import { inTurns } from './in-turns.ts'
import { keepEqualDocuments } from './keep-equal-documents.ts'

/** Runs `task` once, after `delayMs`; returns the way to call it off. */
export type Schedule = (task: () => void, delayMs: number) => () => void

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
  /** Resolves when the change is in force. Changes that come while one is compiled go into the next snapshot together. */
  update(change: Partial<SnapshotInputs>): Promise<void>
  /** Resolves when nothing is compiled any more. */
  close(): Promise<void>
}

// setTimeout counts milliseconds in 31 bits.
const LONGEST_DELAY_MS = 2 ** 31 - 1
/** Shares of load that are limited in their speed move on so often. */
const MOVES_EVERY_MS = 2_000

export interface SnapshotsParts {
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** What front ends make of a snapshot before it is in force. */
  readonly prepare: (snapshot: Snapshot) => Turns<unknown>
  /** What clients say they cannot reach, by service; asked for every snapshot. */
  readonly unreachable?: (policies: readonly Policy[], nowMs: number) => ReadonlyMap<string, readonly Unreachable[]>
}

/** The first snapshot is in force when this returns. */
export function createSnapshots(live: LiveSnapshot, first: SnapshotInputs, parts: SnapshotsParts): Snapshots {
  let inputs = first
  let facts: AssembledFacts | null = null
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
    return { revision, set, facts, freshness: 'fresh', geo, nowMs } as const
  }
  const publish = (snapshot: Snapshot): void => {
    live.publish(snapshot)
    wakeFor(snapshot, snapshot.compiledAtMs)
  }
  /** Time alone changes the answers: at the edges of windows and slow starts, at the end of overrides, while shares move. */
  const wakeFor = ({ validUntilMs }: Snapshot, compiledAtMs: number): void => {
    callOff()
    const pending = inputs.overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > compiledAtMs)
    const movesAtMs = facts?.isMoving === true ? compiledAtMs + MOVES_EVERY_MS : Infinity
    const nextMs = Math.min(validUntilMs, nextExpiryMs(pending) ?? Infinity, movesAtMs)
    const delayMs = Math.max(0, nextMs - parts.nowMs())
    callOff = nextMs === Infinity ? () => {} : parts.schedule(refresh, Math.min(LONGEST_DELAY_MS, delayMs))
  }
  /** Returns the number of the change. */
  const refresh = (): number => {
    const mine = ++wanted
    const task = async (): Promise<void> => {
      // A later change that waits behind this one is compiled with it.
      if (isClosed || mine !== wanted) return
      const { set } = inputs
      const before = live.current()
      const kept = before === null || before.set === set ? set : await inTurns(keepEqualDocuments(set, before.set))
      // Unless another set has come meanwhile.
      if (inputs.set === set) inputs = { ...inputs, set: kept }
      const next = partsNow()
      if (before !== null && saysTheSame(next, before)) {
        wakeFor(before, next.nowMs)
      } else {
        const snapshot = await inTurns(compileSteps(next, before))
        await inTurns(parts.prepare(snapshot))
        publish(snapshot)
      }
      inForce = mine
    }
    // What kept one change from being compiled is told to whoever made it, and keeps no other.
    running = running.then(task, task)
    return mine
  }
  /** Health changes without end: nobody waits for more than the change that they made. */
  const waitFor = async (mine: number): Promise<void> => {
    for (let seen: Promise<void> | null = null; seen !== running && inForce < mine; ) {
      seen = running
      await seen
    }
  }
  /** Also what was asked for while it waited. */
  const settled = async (): Promise<void> => {
    for (let seen: Promise<void> | null = null; seen !== running; ) {
      seen = running
      await seen
    }
  }

  const compiled = compileSnapshot(partsNow(), null)
  atOnce(parts.prepare(compiled))
  publish(compiled)
  return {
    update(change) {
      inputs = { ...inputs, ...change }
      return waitFor(refresh())
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
