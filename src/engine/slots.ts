/** From a client to its draws, and from its draws to its list. The same on every node and through every front end. */

import { type IpFamily, prefixOf } from '../domain/address.ts'
import type { Client } from '../domain/client.ts'
import { hashBytes, hashText, mix32 } from '../domain/hash.ts'
import type { Fork, Plan, Slot, SlotTable } from '../domain/plan.ts'

const CANARY_SEED = 0x63616e61
const SPREAD_SEED = 0x73707264
const UINT32 = 2 ** 32

/** Bits of a client's address that stickiness may use: a /24 or a /56, or less where less is known. */
export const stickyPrefixLength = (family: IpFamily, known: number): number => Math.min(known, family === 4 ? 24 : 56)

/**
 * The client's draws for this plan. `dice` gives uniform unsigned 32-bit numbers; it is thrown for a spread that sticks
 * to nothing, and for a client without a network where the network would be the key.
 */
export function slotFor(plan: Plan, service: string, client: Client, dice: () => number): Slot {
  return {
    canary: networkDraw(client, hashText(service, CANARY_SEED)) ?? dice() >>> 0,
    spread: spreadDraw(plan, client, hashText(service, SPREAD_SEED)) ?? dice() >>> 0,
  }
}

/** Null: to be thrown. A key that the client does not show gives way to its network. */
function spreadDraw({ sticky }: Plan, client: Client, seed: number): number | null {
  const { request } = client
  const keyed = (key: string | undefined) => (key === undefined ? networkDraw(client, seed) : hashText(key, seed))
  switch (sticky.by) {
    case 'none':
      return null
    case 'network':
      return networkDraw(client, seed)
    case 'tenant':
      return keyed(request?.tenant?.id)
    case 'header':
      return keyed(request?.header(sticky.name))
    case 'path':
      return keyed(request?.path)
  }
}

function networkDraw({ network }: Client, seed: number): number | null {
  if (network === null) return null
  const { address, prefixLength } = network
  const length = stickyPrefixLength(address.family, prefixLength)
  return hashBytes(prefixOf(address, length).bytes, Math.ceil(length / 8), seed ^ address.family)
}

/** The ranked answer for these draws: endpoints by index, best first. Empty when nothing is to be answered. */
export function listFor(plan: Plan, slot: Slot): readonly number[] {
  const { slots } = slotsFor(plan, slot)
  const index = slots[Math.floor((slot.spread / UINT32) * slots.length)]!
  return plan.lists[index] ?? []
}

/** All that clients may get who take the same side as these draws wherever clients part. */
export function slotsFor(plan: Plan, slot: Slot): SlotTable {
  let node = plan.root
  while (node.kind === 'fork') {
    const { edges } = node
    const draw = axisDraw(node.axis, slot)
    let band = 0
    while (band < edges.length - 1 && draw >= edges[band]!) band++
    node = node.below[band]!
  }
  return node
}

/**
 * The draw on an axis, 0…65535. Each axis mixes its own name in, so that a client's branch says nothing of its slot, nor
 * of its branch on another axis.
 */
export function axisDraw(axis: Fork['axis'], slot: Slot): number {
  const draw = axis === 'canary' ? slot.canary : slot.spread
  return mix32(draw ^ hashText(axis)) >>> 16
}
