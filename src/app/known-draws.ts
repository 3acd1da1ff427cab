import { bitsOf } from '../domain/address.ts'
import type { Client } from '../domain/client.ts'
import type { Plan, PlanNode, Slot } from '../domain/plan.ts'
import { axisDraw, listFor, slotFor, stickyPrefixLength } from '../engine/slots.ts'

/** A client's draws, as far as they follow from what is known of it. */
export interface KnownDraws {
  readonly canary: number | null
  readonly spread: number | null
}

/** `slot`: that of a decision, in which both are known. */
export function drawsOf(plan: Plan, service: string, client: Client, slot: Slot | null): KnownDraws {
  if (slot !== null) return slot
  const drawn = slotFor(plan, service, client, () => 0)
  return {
    canary: knowsNetwork(client) ? drawn.canary : null,
    spread: knowsSpread(plan, client) ? drawn.spread : null,
  }
}

/** The clients of a network that is wider than what is drawn by have different draws. */
function knowsNetwork({ network }: Client): boolean {
  if (network === null) return false
  const { family } = network.address
  return network.prefixLength >= stickyPrefixLength(family, bitsOf(family))
}

function knowsSpread({ sticky }: Plan, client: Client): boolean {
  const { request } = client
  switch (sticky.by) {
    case 'none':
      return false
    case 'network':
      return knowsNetwork(client)
    case 'tenant':
      return request?.tenant?.id !== undefined || knowsNetwork(client)
    case 'header':
      return request?.header(sticky.name) !== undefined || knowsNetwork(client)
    case 'path':
      return request !== null || knowsNetwork(client)
  }
}

/** An unknown draw counts as 0: only for axes that are known. */
export const slotOf = ({ canary, spread }: KnownDraws): Slot => ({ canary: canary ?? 0, spread: spread ?? 0 })

/** What is left of a plan's tree when the known draws are followed. */
export function narrowed(plan: Plan, draws: KnownDraws, node: PlanNode = plan.root): PlanNode {
  const slot = slotOf(draws)
  if (node.kind === 'slots') {
    if (draws.spread === null) return node
    const list = plan.lists.indexOf(listFor({ ...plan, root: node }, slot))
    return { kind: 'slots', slots: Uint16Array.of(list) }
  }
  const below = node.below.map((child) => narrowed(plan, draws, child))
  if ((node.axis === 'canary' ? draws.canary : draws.spread) === null) return { ...node, below }
  const draw = axisDraw(node.axis, slot)
  return below[node.edges.findIndex((edge) => draw < edge)] as PlanNode
}
