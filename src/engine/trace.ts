/** The record of one run, for people. The steps know nothing of it: it compares the candidates before and after. */

import type { Exclusion, Reason, TraceStep } from '../domain/plan.ts'
import { narrowBands } from './bands.ts'
import { type Candidates, levelAt, SAME, TIER } from './candidates.ts'
import type { ChainStep } from './chain.ts'
import { lowerTier, notTaken, standby } from './reasons.ts'
import { BEHIND, PRESENT, stateOf } from './vacancies.ts'
import type { View } from './view.ts'

export type Pass = TraceStep['pass']

export interface Recorder {
  readonly steps: TraceStep[]
  /** Of every branch, in the order of the run: why each endpoint is in none of its lists. */
  readonly exclusions: Exclusion[]
}

export const createRecorder = (): Recorder => ({ steps: [], exclusions: [] })

/** Positions as they stood before a step. */
export type Picture = readonly { readonly endpoint: number; readonly tier: number; readonly group: number }[]

export function pictureOf(c: Candidates): Picture {
  const visible: Picture[number][] = []
  const behind: number[] = []
  let tier = -1
  let group = -1
  // The greatest parting since the last one that is seen.
  let level = SAME
  for (let p = 0; p < c.count; p++) {
    const endpoint = c.order[p]!
    level = Math.max(level, levelAt(c, p))
    const state = stateOf(c, endpoint)
    if (state === BEHIND) behind.push(endpoint)
    if (state !== PRESENT) continue
    if (level === TIER) tier++
    if (level !== SAME) group++
    level = SAME
    visible.push({ endpoint, tier, group })
  }
  // In the first tier, behind all of it: they answer where its places are vacant.
  const reserve = c.vacant?.reserve ?? []
  return [
    ...visible,
    ...reserve.map((endpoint, i) => ({ endpoint, tier: 0, group: group + 1 + i })),
    ...behind.map((endpoint, i) => ({ endpoint, tier: tier + 1, group: group + 1 + reserve.length + i })),
  ]
}

export function recordStep(
  recorder: Recorder,
  { step, runner }: ChainStep,
  effect: TraceStep['effect'],
  before: Picture,
  c: Candidates,
  view: View,
  pass: Pass,
): void {
  const after = pictureOf(c)
  const touched = effect === 'applied' ? touchedBy(runner, before, after) : []
  for (const { endpoint, effect: how, reason } of touched) {
    if (c.gone !== null && (how === 'dropped' || OUTLAST.has(reason.kind)))
      c.gone[endpoint] = { endpoint, step: step.index, reason }
  }
  const values = effect === 'applied' ? before.flatMap(({ endpoint }) => orderedBy(runner, endpoint, view)) : []
  recorder.steps.push({
    step: step.index,
    kind: step.kind,
    effect,
    because: step.because,
    before: before.map(({ endpoint }) => endpoint),
    after: after.map(({ endpoint }) => endpoint),
    touched,
    values,
    pass,
    branch: narrowBands(c),
  })
}

function orderedBy(runner: ChainStep['runner'], endpoint: number, view: View): TraceStep['values'] {
  const value = runner.value(endpoint, view)
  if (value === null) return []
  const estimate = runner.estimate?.(endpoint, view) ?? null
  return [estimate === null ? { endpoint, value } : { endpoint, value, estimate }]
}

/** Why it is in a lower tier says more than that it is. */
const OUTLAST: ReadonlySet<Reason['kind']> = new Set(['shed', 'degraded', 'returning', 'unreachable'])

/** Moved back: it lost its place among equals (those of its `scope`) to one that stands before it now. */
function touchedBy(runner: ChainStep['runner'], before: Picture, after: Picture): TraceStep['touched'] {
  const unitBefore = (at: Picture[number]) => (runner.scope === 'all' ? 0 : at[runner.scope])
  const unitAfter = (at: Picture[number]) => (runner.scope === 'group' ? at.group : at.tier)
  const now = new Map(after.map((at) => [at.endpoint, at]))
  const old = new Map(before.map((at) => [at.endpoint, at]))
  const frontOf = new Map<number, number>()
  for (const at of after) {
    const unit = unitBefore(old.get(at.endpoint) ?? at)
    if (!frontOf.has(unit)) frontOf.set(unit, unitAfter(at))
  }
  return before.flatMap((at) => {
    const place = now.get(at.endpoint)
    if (place !== undefined && unitAfter(place) === frontOf.get(unitBefore(at))) return []
    const reason = runner.reason(at.endpoint, place?.tier ?? 0)
    if (reason === null) return []
    return [{ endpoint: at.endpoint, effect: place === undefined ? ('dropped' as const) : ('moved' as const), reason }]
  })
}

/** Adds the exclusions of a finished branch. */
export function recordEnd(
  recorder: Recorder,
  c: Candidates,
  lists: readonly (readonly number[])[],
  weights: Float64Array | null,
): void {
  const listed = new Set(lists.flat())
  const left = new Map(pictureOf(c).map((at) => [at.endpoint, at]))
  c.gone?.forEach((gone, endpoint) => {
    if (listed.has(endpoint)) return
    const place = left.get(endpoint)
    const outlasts = gone !== null && (OUTLAST.has(gone.reason.kind) || gone.reason.kind === 'disabled')
    if (place === undefined || (place.tier > 0 && outlasts)) {
      if (gone !== null) recorder.exclusions.push(gone)
    } else if (place.tier > 0) {
      recorder.exclusions.push({ endpoint, step: -1, reason: lowerTier(place.tier) })
    } else if (weights?.[endpoint] === 0) {
      recorder.exclusions.push({ endpoint, step: c.spreadStep, reason: standby() })
    } else {
      recorder.exclusions.push({ endpoint, step: c.cutStep, reason: notTaken(c.cut) })
    }
  })
}

/** The same for a branch that ends outside the list, or in nothing. */
export function recordGone(recorder: Recorder, c: Candidates, list: readonly number[]): void {
  for (const gone of c.gone ?? []) if (gone !== null && !list.includes(gone.endpoint)) recorder.exclusions.push(gone)
}
