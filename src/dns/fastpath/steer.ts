import { mix32 } from '../../domain/hash.ts'
import {
  AXIS,
  BRANCH,
  BRANCH_KIND,
  ECS,
  ECS_TREE,
  type FastTable,
  PLAN,
  PLAN_FLAG,
  PUNT,
  SERVICE,
  STEER,
  TREE,
  TREE_DEPTH_BITS,
  TREE_NUMBER,
} from './table.ts'
import type { Desk, Work } from './work.ts'

const UINT32 = 2 ** 32

/** The client's socket address, as the kernel or the portable socket gives it. */
export interface ClientAddress {
  readonly octets: Uint8Array
  at: number
  family: 4 | 6
}

/**
 * Who is steered, then which plan, which list: the template that answers, or PUNT. What steering/decide.ts and
 * dns/asker.ts do, word by word over the table.
 */
export function steer(
  desk: Desk,
  table: FastTable,
  work: Work,
  rx: Uint8Array,
  client: ClientAddress,
  steerAt: number,
): number {
  const { words } = table
  let ordinaryDepth = -1
  let specialDepth = -1
  const ecs = words[steerAt + STEER.ecs]!
  // An IPv4 address inside a NAT64 or 6to4 one is a place, and no proof of who asks.
  if (ecs >= 0 && work.sourceLength > 0 && isTunnelled(client)) return PUNT
  if (work.sourceLength === 0 || !isBelieved(table, work, client, ecs)) {
    takeResolver(work, client)
  } else {
    takeSubnet(work, rx)
    if (work.family === 6 && isEmbedding(work.address)) return PUNT
    const value = descend(table.trees[TREE_NUMBER.ecs]!, work)
    if (value === ECS_TREE.ordinary) {
      ordinaryDepth = work.depth
    } else {
      // Inside a special-purpose network that is known to be one: the resolver's address decides, for all of that network.
      if (value === ECS_TREE.placed || work.sourceLength < work.depth) return PUNT
      specialDepth = work.depth
      takeResolver(work, client)
    }
  }

  const serviceAt = words[steerAt + STEER.service]!
  const tree = table.trees[words[serviceAt + SERVICE.tree]!]!
  const planAt = words[serviceAt + SERVICE.plansAt]! + descend(tree, work) * PLAN.size
  const flags = words[planAt + PLAN.flags]!
  setScope(work, scopeOf(work, tree, flags), ordinaryDepth, specialDepth)
  if (!setTtlCut(desk, table, work, planAt)) return PUNT
  const list = listFor(table, work, serviceAt, planAt, flags, desk.dice)
  const answer = words[words[planAt + PLAN.listsAt]! + list]!
  return words[words[steerAt + STEER.answersAt]! + answer]!
}

/** Whether the zone takes this resolver's word about its clients' networks. */
function isBelieved(table: FastTable, work: Work, client: ClientAddress, ecs: number): boolean {
  if (ecs < 0) return ecs === ECS.always
  takeResolver(work, client)
  return descend(table.trees[ecs]!, work) !== 0
}

const isTunnelled = ({ octets, at, family }: ClientAddress): boolean => {
  const first = family === 4 ? 0 : wordAt(octets, at)
  return first >>> 16 === 0x2002 || first === 0x0064ff9b
}

/** In bits of the address's family as it was looked up. */
function scopeOf(work: Work, tree: Int32Array, flags: number): number {
  // A scope of 0 is for both families.
  let scope = work.depth === 0 && tree[TREE.root4] !== tree[TREE.root6] ? 1 : work.depth
  if ((flags & PLAN_FLAG.byNetwork) !== 0) scope = Math.max(scope, stickyLength(work))
  return scope
}

function setScope(work: Work, scope: number, ordinaryDepth: number, specialDepth: number): void {
  if (ordinaryDepth >= 0) work.scope = scope === 0 ? 0 : Math.max(scope, ordinaryDepth)
  else work.scope = specialDepth >= 0 && scope !== 0 ? specialDepth : 0
}

function setTtlCut(desk: Desk, table: FastTable, work: Work, planAt: number): boolean {
  const index = table.words[planAt + PLAN.validUntil]!
  work.ttlCut = -1
  if (index < 0) return true
  const leftMs = table.times[index]! - desk.nowMs
  // The plan has ended: the next table is on its way.
  if (leftMs <= 0) return false
  const left = Math.max(1, Math.floor(leftMs / 1000))
  if (left < table.words[planAt + PLAN.ttlSeconds]!) work.ttlCut = left
  return true
}

const stickyLength = (work: Work): number => Math.min(work.knownLength, work.family === 4 ? 24 : 56)

/** engine/slots.ts. */
function listFor(
  table: FastTable,
  work: Work,
  serviceAt: number,
  planAt: number,
  flags: number,
  dice: () => number,
): number {
  const { words } = table
  let at = words[planAt + PLAN.root]!
  const isSingle = words[at + BRANCH.kind] === BRANCH_KIND.slots && words[at + BRANCH.slotCount] === 1
  if (isSingle) return table.slots[words[at + BRANCH.slotsAt]!]!
  const spread =
    (flags & PLAN_FLAG.dice) !== 0 ? dice() >>> 0 : networkDraw(work, words[serviceAt + SERVICE.spreadSeed]!)
  while (words[at + BRANCH.kind] === BRANCH_KIND.fork) {
    const isCanary = words[at + BRANCH.axis] === AXIS.canary
    const raw = isCanary ? networkDraw(work, words[serviceAt + SERVICE.canarySeed]!) : spread
    const draw = mix32(raw ^ words[at + BRANCH.axisHash]!) >>> 16
    const count = words[at + BRANCH.count]!
    const edgesAt = at + BRANCH.edgesAt
    let band = 0
    while (band < count - 1 && draw >= words[edgesAt + band]!) band++
    at = words[edgesAt + count + band]!
  }
  const slot = Math.floor((spread / UINT32) * words[at + BRANCH.slotCount]!)
  return table.slots[words[at + BRANCH.slotsAt]! + slot]!
}

/** The hash of the client's network. */
function networkDraw(work: Work, seed: number): number {
  const octets = (stickyLength(work) + 7) >> 3
  let hash = (0x811c9dc5 ^ seed ^ work.family) | 0
  // What is not known of the address is zero already, and 24 and 56 are whole octets.
  for (let i = 0; i < octets; i++) {
    hash = Math.imul(hash ^ ((work.address[i >> 2]! >>> (24 - (i & 3) * 8)) & 0xff), 0x01000193)
  }
  return mix32(hash)
}

/** The value of the leaf around the address; its depth goes to the registers. */
export function descend(tree: Int32Array, work: Work): number {
  const first = work.address[0]!
  const bits = tree[TREE.indexBits]!
  const indexAt = work.family === 4 ? tree[TREE.index4At]! : tree[TREE.index6At]!
  let child = tree[indexAt + (first >>> (32 - bits))]!
  if (child < 0) {
    work.depth = ~child & ((1 << TREE_DEPTH_BITS) - 1)
    return ~child >> TREE_DEPTH_BITS
  }
  const nodesAt = tree[TREE.nodesAt]!
  let depth = bits
  let word = first
  while (child >= 0) {
    if ((depth & 31) === 0) word = work.address[depth >> 5]!
    child = tree[nodesAt + child * 2 + ((word >>> (31 - (depth & 31))) & 1)]!
    depth++
  }
  work.depth = depth
  return ~child
}

/** A resolver is known wholly. IPv4 inside IPv6 is looked up as IPv4 (domain/address.ts, normaliseAddress). */
export function takeResolver(work: Work, client: ClientAddress): void {
  const { address } = work
  const { octets, at } = client
  address[0] = wordAt(octets, at)
  work.family = 4
  work.knownLength = 32
  if (client.family === 4) return
  address[1] = wordAt(octets, at + 4)
  address[2] = wordAt(octets, at + 8)
  address[3] = wordAt(octets, at + 12)
  if (isSixToFour(address)) {
    address[0] = (address[0]! << 16) | (address[1]! >>> 16)
  } else if (isMappedOrNat64(address)) {
    address[0] = address[3]!
  } else {
    work.family = 6
    work.knownLength = 128
  }
}

/** The client subnet, zeros behind its source prefix. */
function takeSubnet(work: Work, rx: Uint8Array): void {
  const { address, subnetAt } = work
  const octets = work.subnetLength - 4
  address.fill(0)
  for (let i = 0; i < octets; i++) address[i >> 2]! |= rx[subnetAt + 4 + i]! << (24 - (i & 3) * 8)
  work.family = rx[subnetAt + 1] === 1 ? 4 : 6
  work.knownLength = work.sourceLength
}

const wordAt = (octets: Uint8Array, at: number): number =>
  (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!

const isSixToFour = (address: Int32Array): boolean => address[0]! >>> 16 === 0x2002
const isMappedOrNat64 = (address: Int32Array): boolean =>
  (address[0] === 0 && address[1] === 0 && address[2] === 0xffff) ||
  (address[0] === 0x0064ff9b && address[1] === 0 && address[2] === 0)
const isEmbedding = (address: Int32Array): boolean => isSixToFour(address) || isMappedOrNat64(address)
