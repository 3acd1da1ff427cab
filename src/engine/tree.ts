/** The trees of a planner: equal ones are the same object, so that equal plans can be. */

import type { Fork, Outcome } from '../domain/plan.ts'
import type { Dealt } from './deal.ts'

export interface Leaf extends Dealt {
  readonly kind: 'leaf'
  readonly id: number
  readonly outcome: Outcome
  /** Index of the `spread` step on the way; −1: none. */
  readonly spreadStep: number
  /** Which draws matter below. */
  readonly readsCanary: boolean
  readonly readsSpread: boolean
}

export interface Branch {
  readonly kind: 'branch'
  readonly id: number
  readonly axis: Fork['axis']
  /** Ascending; the last is 65536. */
  readonly edges: readonly number[]
  readonly below: readonly Tree[]
  readonly spreadStep: number
  readonly readsCanary: boolean
  readonly readsSpread: boolean
}

export type Tree = Leaf | Branch

export interface Forest {
  /** The leaf known by `key`, or a new one from `deal`. */
  leaf(key: string, outcome: Outcome, spreadStep: number, deal: () => Dealt): Leaf
  /** A fork, without the edges that part nothing: one child is returned as it is. */
  branch(axis: Fork['axis'], edges: readonly number[], below: readonly Tree[]): Tree
}

export function createForest(): Forest {
  const leaves = new Map<string, Leaf>()
  const branches = new Map<string, Branch>()
  const nextId = () => leaves.size + branches.size

  return {
    leaf(key, outcome, spreadStep, deal) {
      const known = leaves.get(key)
      if (known !== undefined) return known
      const dealt = deal()
      const leaf: Leaf = {
        kind: 'leaf',
        id: nextId(),
        outcome,
        spreadStep,
        readsCanary: false,
        readsSpread: dealt.slots.length > 1,
        ...dealt,
      }
      leaves.set(key, leaf)
      return leaf
    },
    branch(axis, allEdges, children) {
      const kept = children.map((_, i) => i).filter((i) => children[i] !== children[i + 1])
      const below = kept.map((i) => children[i]!)
      const edges = kept.map((i) => allEdges[i]!)
      if (below.length === 1) return below[0]!
      const key = `${axis}|${edges.join()}|${below.map((child) => child.id).join()}`
      const known = branches.get(key)
      if (known !== undefined) return known
      const spreads = below.map((child) => child.spreadStep).filter((step) => step >= 0)
      const branch: Branch = {
        kind: 'branch',
        id: nextId(),
        axis,
        edges,
        below,
        spreadStep: spreads.length === 0 ? -1 : Math.min(...spreads),
        readsCanary: axis === 'canary' || below.some((child) => child.readsCanary),
        readsSpread: axis !== 'canary' || below.some((child) => child.readsSpread),
      }
      branches.set(key, branch)
      return branch
    },
  }
}

export function leavesOf(tree: Tree): readonly Leaf[] {
  return tree.kind === 'leaf' ? [tree] : tree.below.flatMap(leavesOf)
}
