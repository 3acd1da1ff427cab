/** Who gets how much: exact sums over the plan's tree, no sampling. */

import type { Fork, Plan, PlanNode } from '../domain/plan.ts'
import { DRAWS } from './view.ts'

/** Share of the clients, 0…1, whose first choice each endpoint is, by endpoint index. Less than 1 in all where some get no answer. */
export function shares(plan: Plan, endpointCount: number): Float64Array {
  const of = new Float64Array(endpointCount)
  listShares(plan.root, plan.lists.length).forEach((share, list) => {
    const first = plan.lists[list]?.[0]
    if (first !== undefined) of[first]! += share
  })
  return of
}

/** Share of the clients, 0…1, that get each of the plan's lists. Sums to 1. */
export function listShares(root: PlanNode, listCount: number): Float64Array {
  const of = new Float64Array(listCount)
  addNode(root, 1, new Map(), of)
  return of
}

type Bands = ReadonlyMap<Fork['axis'], readonly [from: number, below: number]>

/** An axis may be cut again further down: then only the draws that are still possible count. */
function addNode(node: PlanNode, share: number, bands: Bands, of: Float64Array): void {
  if (node.kind === 'slots') {
    for (const list of node.slots) of[list]! += share / node.slots.length
    return
  }
  const [from, below] = bands.get(node.axis) ?? [0, DRAWS]
  let start = from
  node.below.forEach((child, i) => {
    const end = Math.min(below, node.edges[i] ?? DRAWS)
    if (end <= start) return
    const part = (end - start) / (below - from)
    addNode(child, share * part, new Map([...bands, [node.axis, [start, end]]]), of)
    start = end
  })
}
