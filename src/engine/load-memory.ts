/**
 * How loads become what steers, over time: the one part of the engine with a memory, which its caller keeps. Shed shares
 * move at the rate that their step allows, headroom is damped, and both are published in coarse steps, so that a plan
 * changes when it matters.
 */

import type { EndpointFacts } from '../domain/facts.ts'
import type { Policy, Step } from '../domain/policy.ts'
import { capacitiesOf, DAMPING_MS, type Damped, dampedHeadroom, dealtHeadroom, loadOf, spareOf } from './headroom.ts'
import { SIXTEENTHS, shedShareOf } from './shed-share.ts'

/** What it is made from, in the order of `Policy.endpoints`. */
export type LoadedFacts = Pick<EndpointFacts, 'health' | 'load' | 'override' | 'returnedAtMs'>

/** What goes into the facts of an endpoint. */
export type LoadWords = Pick<EndpointFacts, 'shedShare' | 'headroom'>

export interface LoadMemory {
  /** In the order of the endpoints. The same object for an endpoint while nothing that is published of it moved. */
  readonly words: readonly LoadWords[]
  /** Something moves on without another report: remember again within seconds. */
  readonly isMoving: boolean
  readonly atMs: number
  /** Exact values by endpoint and metric; steps and endpoints may come and go between two calls. */
  readonly exact: ReadonlyMap<string, number>
}

/** Published headroom moves by this part of the capacity, or stays. */
const COARSE = 1 / 64

/**
 * The loads of one policy at a time, after what was remembered before (null: nothing; then loads count at once). Pure.
 * To be called when loads change, and every few seconds while `isMoving`.
 */
export function rememberLoads(
  policy: Policy,
  facts: readonly LoadedFacts[],
  before: LoadMemory | null,
  nowMs: number,
): LoadMemory {
  const elapsedMs = before === null ? 0 : Math.max(0, nowMs - before.atMs)
  // What was at rest begins to move now: the rest is no time that it may make up for.
  const movedMs = before?.isMoving === true ? elapsedMs : 0
  const past: Past = { exact: before?.exact ?? new Map(), words: before?.words ?? [], elapsedMs, movedMs, nowMs }
  const sheds = policy.steps.filter((step) => step.kind === 'shed')
  const shed = sheds.map((step) => shedOf(policy, step, facts, past))
  const headroom = headroomMetrics(policy).map((metric) => headroomFor(policy, metric, facts, past))
  const words = policy.endpoints.map((_, i): LoadWords => {
    const made: LoadWords = {
      shedShare: Object.fromEntries(shed.flatMap(({ step, published }) => pair(step, published[i]))),
      headroom: Object.fromEntries(headroom.flatMap(({ metric, published }) => pair(metric, published[i]))),
    }
    const old = past.words[i]
    return old !== undefined && JSON.stringify(old) === JSON.stringify(made) ? old : made
  })
  return {
    words: before !== null && isSame(before.words, words) ? before.words : words,
    isMoving: [...shed, ...headroom].some(({ isMoving }) => isMoving),
    atMs: nowMs,
    exact: new Map([...shed, ...headroom].flatMap(({ exact }) => exact)),
  }
}

/** Whether the policy has a step that needs {@link rememberLoads}. */
export const readsLoads = (policy: Policy): boolean =>
  policy.steps.some(({ kind }) => kind === 'shed') || headroomMetrics(policy).length > 0

interface Past extends Pick<LoadMemory, 'exact' | 'words'> {
  readonly elapsedMs: number
  /** Of it, as long as something moved. */
  readonly movedMs: number
  readonly nowMs: number
}

const pair = <K, V>(key: K, value: V | null | undefined): readonly (readonly [K, V])[] =>
  value === null || value === undefined ? [] : [[key, value]]

const isSame = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i])

/** Down, or taken out by an operator: what it reported last says what it will carry again, and nothing moves meanwhile. */
function isGone({ health, override }: LoadedFacts): boolean {
  if (override?.state === 'up') return false
  return health === 'down' || override?.state === 'down' || override?.state === 'drain'
}

type Shed = Step & { readonly kind: 'shed' }

/** The share moves towards what the load says by at most the step's rate; the first load seen counts at once. */
function shedOf(policy: Policy, step: Shed, facts: readonly LoadedFacts[], past: Past) {
  const reach = step.percentPerMinute >= 100 ? 1 : (step.percentPerMinute / 100) * (past.movedMs / 60_000)
  const shares = policy.endpoints.map(({ id }, i) => {
    const at = facts[i]!
    const key = `shed/${step.metric}/${step.low}/${step.high}/${id}`
    const share = past.exact.get(key)
    const load = loadOf(at, step.metric)
    if (load === null && share === undefined) return { key, exact: null, published: null, isMoving: false }
    // Whoever is gone sheds nothing, and comes back by its slow start.
    const wanted = isGone(at) ? 0 : load === null ? share! : shedShareOf(load, step.low, step.high)
    const exact = share === undefined || isGone(at) ? wanted : Math.min(share + reach, Math.max(share - reach, wanted))
    const old = past.words[i]?.shedShare[step.index]
    // Three quarters of a sixteenth, so that a load that trembles on an edge stays on one side.
    const isStill = old !== undefined && Math.abs(exact - old) < 0.75 / SIXTEENTHS
    return {
      key,
      exact,
      published: isStill ? old : Math.round(exact * SIXTEENTHS) / SIXTEENTHS,
      isMoving: exact !== wanted,
    }
  })
  return {
    step: step.index,
    published: shares.map(({ published }) => published),
    exact: shares.flatMap(({ key, exact }) => pair(key, exact)),
    isMoving: shares.some(({ isMoving }) => isMoving),
  }
}

function headroomMetrics(policy: Policy): readonly string[] {
  const metrics = policy.steps.flatMap((step) => {
    if (step.kind === 'spread' && step.by === 'headroom') return [step.metric]
    return step.kind === 'up' && step.failover.to === 'headroom' ? [step.failover.metric] : []
  })
  return [...new Set(metrics)]
}

function headroomFor(policy: Policy, metric: string, facts: readonly LoadedFacts[], past: Past) {
  const capacities = capacitiesOf(policy.endpoints) ?? []
  const keyOf = (i: number) => `headroom/${metric}/${policy.endpoints[i]!.id}`
  const exact = policy.endpoints.map((_, i) => past.exact.get(keyOf(i)) ?? null)
  const members = capacities.flatMap((capacity, i) => {
    const load = isGone(facts[i]!) || isReturning(policy, facts[i]!, past.nowMs) ? null : loadOf(facts[i]!, metric)
    return load === null ? [] : [{ i, capacity, load, headroom: exact[i] ?? null }]
  })
  // Who reports for the first time has no weight yet that could be told apart from its load: all begin anew.
  const known = members.flatMap(({ headroom, ...rest }): readonly Damped[] =>
    headroom === null ? [] : [{ ...rest, headroom }],
  )
  const isNew = known.length < members.length
  const after = isNew ? spareOf(members) : dampedHeadroom(known, past.elapsedMs)
  const goal = isNew ? after : dampedHeadroom(known, Number.POSITIVE_INFINITY)
  members.forEach(({ i }, k) => {
    exact[i] = after[k]!
  })
  const dealt = capacities.map((capacity, i) => (exact[i] == null ? null : dealtHeadroom(exact[i], capacity)))
  const old = capacities.map((_, i) => past.words[i]?.headroom[metric] ?? null)
  const isStill = dealt.every((value, i) => {
    const before = old[i] ?? null
    return value === null || before === null ? value === before : Math.abs(value - before) <= COARSE * capacities[i]!
  })
  return {
    metric,
    published: isStill ? old : dealt,
    exact: exact.flatMap((value, i) => pair(keyOf(i), value)),
    isMoving: members.some(({ capacity }, k) => Math.abs(goal[k]! - after[k]!) > COARSE * capacity),
  }
}

/** Until its clients are back, and their load is reported, a load near nothing is no headroom. */
function isReturning(policy: Policy, { returnedAtMs, override }: LoadedFacts, nowMs: number): boolean {
  if (returnedAtMs === null || override?.state === 'up') return false
  const slowest = policy.steps.reduce(
    (most, step) => (step.kind === 'up' ? Math.max(most, step.slowStartSeconds) : most),
    0,
  )
  const lastsMs = slowest * 1000 + DAMPING_MS
  // Not for longer, should the clock be set back.
  return Math.abs(nowMs - returnedAtMs) < lastsMs
}
