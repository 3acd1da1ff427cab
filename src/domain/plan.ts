import type { Override, RttEstimate, Unreachable } from './facts.ts'
import type { StaticTarget, StepKind, Sticky } from './policy.ts'

/** Why the plan is what it is. */
export type Outcome =
  | 'steered'
  /** All were down; the best of them, health ignored. */
  | 'lastResort'
  /** All were down; the policy's static answer. */
  | 'static'
  /** All were down and the policy says to answer nothing. */
  | 'failClosed'
  /** A hard fence left nothing; never relaxed. */
  | 'fenced'

/** Why an endpoint was dropped or fell behind: one closed union, made in engine/reasons.ts. */
export type Reason =
  | { readonly kind: 'disabled' }
  | { readonly kind: 'down'; readonly health: 'down' }
  | { readonly kind: 'overridden'; readonly override: Override }
  | { readonly kind: 'draining'; readonly override: Override }
  | { readonly kind: 'belowThreshold'; readonly family: 4 | 6; readonly upShare: number; readonly threshold: number }
  | { readonly kind: 'groupTooSmall'; readonly group: string; readonly healthy: number; readonly minimum: number }
  /** `keep` did not name it, `drop` did. */
  | { readonly kind: 'notKept' | 'dropped'; readonly hard: boolean }
  | { readonly kind: 'outsideServes'; readonly hard: boolean }
  | { readonly kind: 'servesEverybody' }
  /** Behind the healthy ones, or dropped, as the `up` step says. */
  | { readonly kind: 'degraded' }
  /** Slow start: it takes back only so many percent of its clients so far. */
  | { readonly kind: 'returning'; readonly percent: number }
  /** Clients of this network report that they cannot reach it. */
  | { readonly kind: 'unreachable'; readonly network: Unreachable['network'] }
  /** A tier in front of it has a survivor. 0 is the first tier. */
  | { readonly kind: 'lowerTier'; readonly tier: number }
  | { readonly kind: 'farther'; readonly distanceKm: number | null; readonly effectiveKm: number | null }
  | { readonly kind: 'slower'; readonly estimate: RttEstimate | null }
  /** For so many percent of the clients the second fastest goes first, so that it is measured, too. */
  | { readonly kind: 'behindExplored'; readonly percent: number }
  | { readonly kind: 'shed'; readonly metric: string; readonly value: number; readonly percent: number }
  | { readonly kind: 'standby' }
  | { readonly kind: 'notTaken'; readonly n: number }

export interface Exclusion {
  readonly endpoint: number
  /** Index of the step that did it; −1: after the last step (a lower tier). */
  readonly step: number
  readonly reason: Reason
}

/** What one step did. Endpoints by index. */
export interface TraceStep {
  readonly step: number
  readonly kind: StepKind
  /** `skipped`: its `when` was false; `unseen`: this front end cannot see what `when` asks for, and `assume` did not say true. */
  readonly effect: 'applied' | 'skipped' | 'unseen'
  readonly because: string | null
  /** Candidates before and after, best first. */
  readonly before: readonly number[]
  readonly after: readonly number[]
  /** Dropped or moved back by this step, each with its reason. */
  readonly touched: readonly {
    readonly endpoint: number
    readonly effect: 'dropped' | 'moved'
    readonly reason: Reason
  }[]
  /** The value the step ordered by: km for `nearest`, ms for `fastest`, weight for `spread`, headroom where `up` deals by it; absent where it has none. */
  readonly values: readonly {
    readonly endpoint: number
    readonly value: number
    /** For `fastest`: what the value is known from. */
    readonly estimate?: RttEstimate
  }[]
  /**
   * `allDown`: the second run, after the chain had left nothing: the hard fences first, then for `lastResort` the rest
   * of the chain without `up` and `shed`.
   */
  readonly pass: 'chain' | 'allDown'
  /** The clients it is about: those whose draws lie in all of these; empty: every client. */
  readonly branch: readonly Band[]
}

/** Draws in [from, below) on one axis, in 1/65536. */
export interface Band {
  readonly axis: Fork['axis']
  readonly from: number
  readonly below: number
}

/** Bits of `Plan.dependsOn`: what was read of the client. */
export const DEPENDS = {
  location: 1 << 0,
  asn: 1 << 1,
  cidr: 1 << 2,
  network: 1 << 3,
  tenant: 1 << 4,
  header: 1 << 5,
  cookie: 1 << 6,
  path: 1 << 7,
  host: 1 << 8,
  frontEnd: 1 << 9,
  time: 1 << 10,
} as const
export type Dependency = keyof typeof DEPENDS

/** Slots filled by Maglev hashing: slot → index into `Plan.lists`. */
export interface SlotTable {
  readonly kind: 'slots'
  readonly slots: Uint16Array
}

/**
 * A split of the clients by an independent uniform draw: `below[i]` is for draws in [edges[i−1], edges[i]). Edges are in
 * 1/65536; the last is 65536. The axis names the draw: all `percent` conditions of a service share `canary`.
 */
export interface Fork {
  readonly kind: 'fork'
  readonly axis: 'canary' | `step${number}`
  readonly edges: readonly number[]
  readonly below: readonly PlanNode[]
}

export type PlanNode = SlotTable | Fork

/** The engine's answer: a distribution over ranked lists of endpoints, with its reasons and its trust. */
export interface Plan {
  readonly outcome: Outcome
  /** Distinct ranked answers; endpoints by index, best first; already cut by `take`. Empty lists when nothing is answered. */
  readonly lists: readonly (readonly number[])[]
  readonly root: PlanNode
  /** What the spread draw comes from; `none` is a random draw. */
  readonly sticky: Sticky
  /** Whether a `percent` was read: then the canary draw matters. */
  readonly canary: boolean
  /** For outcome `static` with a target outside the list. */
  readonly target: StaticTarget | null
  readonly ttlSeconds: number
  /** Next edge of a time window that was read; Infinity when none was. */
  readonly validUntilMs: number
  /** Bits of {@link DEPENDS}. */
  readonly dependsOn: number
  /** Lower-case names of the headers that were read, for `Vary`. */
  readonly headers: readonly string[]
  /** Every endpoint that is in no list, with the step and the fact that put it out. Empty when tracing is off. */
  readonly exclusions: readonly Exclusion[]
  /**
   * What each step did, in the order of the run; empty when tracing is off. Where the clients part (a `percent`, a
   * trickle, a shed share) each branch is followed to its end before the next, so the steps behind a fork occur once per `branch`.
   */
  readonly trace: readonly TraceStep[]
}

/** Two uniform 32-bit draws: `canary` is always a hash of the client's network, `spread` is a hash or a die. */
export interface Slot {
  readonly canary: number
  readonly spread: number
}
