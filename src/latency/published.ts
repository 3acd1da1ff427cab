import type { UnitVector } from '../domain/place.ts'
import { EVIDENCE_RATIO, HYSTERESIS, type Level, MOVEMENT_MS, movementBucketOf } from './constants.ts'
import type { CellPlace } from './keys.ts'
import { median } from './medians.ts'
import type { Evidence } from './votes.ts'

/** What a cell says of a target for now: it stays until moving it gains enough (E8). */
export interface PublishedTarget extends Evidence {
  /** Where it stood beside the cell's other targets when this bucket began; limits how far it moves in it. */
  readonly anchor: { readonly bucket: number; readonly ms: number }
}

/** Immutable; replaced whole, so that what it says of its targets stays comparable. */
export interface PublishedCell {
  readonly level: Level
  readonly key: string
  /** That of its measurements: what coarser levels say is asked for there. */
  readonly place: CellPlace
  readonly at: UnitVector | null
  /** What all of its targets have in common, ms: the access of its clients. It orders nothing, so it moves freely. */
  readonly commonMs: number
  readonly sinceMs: number
  readonly of: ReadonlyMap<string, PublishedTarget>
}

export interface Publication {
  readonly level: Level
  readonly key: string
  readonly place: CellPlace
  readonly at: UnitVector | null
  readonly evidence: ReadonlyMap<string, Evidence>
  /** What the coarser levels say of a target at the cell's place, ms. */
  readonly coarserMs: (target: string) => number
}

/**
 * The cell as it is to be from now on: the same object while nothing has gained enough, null without evidence. A target moves by at
 * most 30 ms a bucket beside the others ("Poisoning"), beginning with what the coarser levels say of it.
 */
export function republish(before: PublishedCell | null, now: Publication, nowMs: number): PublishedCell | null {
  const { level, evidence, coarserMs } = now
  if (evidence.size === 0) return null
  const coarser = new Map([...evidence.keys()].map((target) => [target, coarserMs(target)]))
  const commonMs = median([...evidence].map(([target, { residualMs }]) => residualMs - coarser.get(target)!))
  if (before !== null && nowMs - before.sinceMs < HYSTERESIS.dwellMs) return before
  const bucket = Math.floor(nowMs / movementBucketOf(level))
  const of = new Map<string, PublishedTarget>()
  for (const [target, found] of evidence) {
    const old = before?.of.get(target)
    const standsMs = before === null || old === undefined ? coarser.get(target)! : old.residualMs - before.commonMs
    const anchor = old?.anchor.bucket === bucket ? old.anchor : { bucket, ms: standsMs }
    const wantedMs = found.residualMs - commonMs
    const movedMs = Math.max(anchor.ms - MOVEMENT_MS, Math.min(anchor.ms + MOVEMENT_MS, wantedMs))
    of.set(target, { ...found, residualMs: movedMs + commonMs, anchor })
  }
  if (before !== null && !gains(before, of, commonMs)) return before
  const { key, place, at } = now
  return { level, key, place, at, commonMs, sinceMs: nowMs, of }
}

function gains(before: PublishedCell, evidence: ReadonlyMap<string, Evidence>, commonMs: number): boolean {
  if (before.of.size !== evidence.size) return true
  for (const [target, found] of evidence) {
    const old = before.of.get(target)
    if (old === undefined) return true
    if (Math.max(found.n / old.n, old.n / found.n) >= EVIDENCE_RATIO) return true
    const deviationMs = Math.sqrt(found.sdMs ** 2 / found.n + old.sdMs ** 2 / old.n)
    const gainMs = Math.max(
      Math.abs(found.residualMs - commonMs - (old.residualMs - before.commonMs)),
      Math.abs(commonMs - before.commonMs),
    )
    if (gainMs > Math.max(HYSTERESIS.gainMs, HYSTERESIS.gainShare * old.rttMs) && gainMs > deviationMs) return true
  }
  return false
}
