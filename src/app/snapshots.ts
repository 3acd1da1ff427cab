import type { Facts, Override } from '../domain/facts.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { compileSnapshot, compileSteps } from '../steering/compile.ts'
import type { LiveSnapshot } from '../steering/live.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { assembleFacts, nextExpiryMs } from './facts.ts'
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

export interface SnapshotsParts {
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** What front ends make of a snapshot before it is in force. */
  readonly prepare: (snapshot: Snapshot) => Turns<unknown>
}

/** The first snapshot is in force when this returns. */
export function createSnapshots(live: LiveSnapshot, first: SnapshotInputs, parts: SnapshotsParts): Snapshots {
  let inputs = first
  let facts: Facts | null = null
  let callOff: () => void = () => {}
  let wanted = 1
  let running: Promise<void> = Promise.resolve()
  let isClosed = false

  const partsNow = () => {
    const nowMs = parts.nowMs()
    facts = assembleFacts(inputs.set.policies, inputs.overrides, nowMs, facts)
    const { revision, set, geo } = inputs
    return { revision, set, facts, freshness: 'fresh', geo, nowMs } as const
  }
  const publish = (snapshot: Snapshot): void => {
    callOff()
    live.publish(snapshot)
    const { compiledAtMs, validUntilMs } = snapshot
    const pending = inputs.overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > compiledAtMs)
    const nextMs = Math.min(validUntilMs, nextExpiryMs(pending) ?? Infinity)
    const delayMs = Math.max(0, nextMs - parts.nowMs())
    callOff = nextMs === Infinity ? () => {} : parts.schedule(refresh, Math.min(LONGEST_DELAY_MS, delayMs))
  }
  const refresh = (): void => {
    const mine = ++wanted
    const task = async (): Promise<void> => {
      // A later change that waits behind this one is compiled with it.
      if (isClosed || mine !== wanted) return
      const { set } = inputs
      const before = live.current()
      const kept = before === null ? set : await inTurns(keepEqualDocuments(set, before.set))
      // Unless another set has come meanwhile.
      if (inputs.set === set) inputs = { ...inputs, set: kept }
      const snapshot = await inTurns(compileSteps(partsNow(), before))
      await inTurns(parts.prepare(snapshot))
      publish(snapshot)
    }
    // What kept one change from being compiled is told to whoever made it, and keeps no other.
    running = running.then(task, task)
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
      refresh()
      return settled()
    },
    close() {
      isClosed = true
      callOff()
      return settled()
    },
  }
}
