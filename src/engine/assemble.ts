/** From a tree to the plan that leaves the engine. */

import type { Exclusion, Outcome, Plan, PlanNode, TraceStep } from '../domain/plan.ts'
import type { Policy, Sticky } from '../domain/policy.ts'
import type { Chain } from './chain.ts'
import { listShares } from './shares.ts'
import { type Leaf, leavesOf, type Tree } from './tree.ts'
import { shownCount, ttlUntilChange } from './ttl.ts'

/** Answers given while all are down must not outlive the recovery. */
const ALL_DOWN_TTL_SECONDS = 10

/** What tracing adds to a plan. */
export interface Recording {
  readonly exclusions: readonly Exclusion[]
  readonly trace: readonly TraceStep[]
}

/** What the plan was read from, beside its tree. */
export interface Reading {
  readonly dependsOn: number
  readonly headers: readonly string[]
  readonly validUntilMs: number
}

export function assemble(
  tree: Tree,
  reading: Reading,
  policy: Policy,
  chain: Chain,
  nowMs: number,
  record: Recording,
): Plan {
  const leaves = leavesOf(tree)
  const { lists, root } = numberLists(tree)
  const target = targetOf(policy, leaves)
  const listed = new Set(lists.flat())
  return {
    outcome: outcomeOf(tree, leaves, target),
    lists,
    root,
    sticky: stickyOf(tree, chain),
    canary: tree.readsCanary,
    target,
    ttlSeconds: ttlUntilChange(ttlOf(policy, leaves), lists, shownCount(policy), chain.material.facts, nowMs),
    validUntilMs: reading.validUntilMs,
    dependsOn: reading.dependsOn,
    headers: reading.headers,
    exclusions: firstOfEach(record.exclusions, listed),
    trace: record.trace,
  }
}

/** Where the spread draw matters: what it sticks to. Otherwise `none`, as for a policy without `spread`. */
export function stickyOf(tree: Tree, chain: Chain): Sticky {
  return (tree.readsSpread ? chain.spreads.get(tree.spreadStep)?.sticky : undefined) ?? NOT_STICKY
}

const NOT_STICKY: Sticky = { by: 'none' }

/** Lists of all leaves, each once, and the tree with slots that point at them. */
function numberLists(tree: Tree): { readonly lists: readonly (readonly number[])[]; readonly root: PlanNode } {
  const lists: (readonly number[])[] = []
  const numbers = new Map<string, number>()
  const numberOf = (list: readonly number[]) => {
    const key = list.join()
    const number = numbers.get(key) ?? lists.push(list) - 1
    numbers.set(key, number)
    return number
  }
  const nodeOf = (node: Tree): PlanNode => {
    if (node.kind === 'branch') {
      return { kind: 'fork', axis: node.axis, edges: node.edges, below: node.below.map(nodeOf) }
    }
    const inPlan = node.lists.map(numberOf)
    // A leaf that stands alone keeps its numbers, and its table is shared by all plans on it.
    const slots = tree.kind === 'leaf' ? node.slots : node.slots.map((list) => inPlan[list]!)
    return { kind: 'slots', slots }
  }
  const root = nodeOf(tree)
  return { lists, root }
}

/** That of most clients, where branches end differently; the first of equals. */
function outcomeOf(tree: Tree, leaves: readonly Leaf[], target: Plan['target']): Outcome {
  const outcomeIn = (leaf: Leaf): Outcome =>
    leaf.outcome === 'static' && leaf.lists[0]?.length === 0 && target === null ? 'fenced' : leaf.outcome
  const outcomes = [...new Set(leaves.map(outcomeIn))]
  const first = outcomes[0]!
  if (outcomes.length === 1) return first
  const mark = (node: Tree): PlanNode =>
    node.kind === 'leaf'
      ? { kind: 'slots', slots: Uint16Array.of(outcomes.indexOf(outcomeIn(node))) }
      : { kind: 'fork', axis: node.axis, edges: node.edges, below: node.below.map(mark) }
  const of = listShares(mark(tree), outcomes.length)
  return outcomes[of.indexOf(Math.max(...of))]!
}

/** A plan has one target for all that get an empty list, so where a fence closes a branch there is none at all. */
function targetOf(policy: Policy, leaves: readonly Leaf[]): Plan['target'] {
  const { onAllDown } = policy
  if (!('target' in onAllDown) || !leaves.some((leaf) => leaf.outcome === 'static')) return null
  return leaves.some((leaf) => leaf.outcome === 'fenced') ? null : onAllDown.target
}

function ttlOf(policy: Policy, leaves: readonly Leaf[]): number {
  const allDown = leaves.some(({ outcome }) => outcome !== 'steered' && outcome !== 'fenced')
  return allDown ? Math.min(policy.ttlSeconds, ALL_DOWN_TTL_SECONDS) : policy.ttlSeconds
}

/** Those that are in no list of any branch, each with the first reason found, by endpoint. */
function firstOfEach(exclusions: readonly Exclusion[], listed: ReadonlySet<number>): readonly Exclusion[] {
  const first = new Map<number, Exclusion>()
  for (const exclusion of exclusions) {
    if (!listed.has(exclusion.endpoint) && !first.has(exclusion.endpoint)) first.set(exclusion.endpoint, exclusion)
  }
  return [...first.values()].sort((a, b) => a.endpoint - b.endpoint)
}
