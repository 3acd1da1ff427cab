import { bitAt, type IpAddress, type IpPrefix, prefixOf } from '../domain/address.ts'
import { NOWHERE } from '../domain/place.ts'
import type { Plan } from '../domain/plan.ts'
import { type PrefixTree, rootOf } from '../domain/prefix-tree.ts'
import { atOnce } from '../domain/turns.ts'
import { createPlanner } from '../engine/plan.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { networkClasses } from '../steering/network-classes.ts'
import { representative } from '../steering/steering-map.ts'
import { answersOf, type ExplainedClient, type GivenAnswer, networkClient, type Question } from './explain.ts'

/** The clients of a network that get one and the same answer. */
export interface NetworkPart {
  /** Of the addresses of the network, 0…1. */
  readonly share: number
  readonly outcome: Plan['outcome']
  readonly answers: readonly GivenAnswer[]
  /** The widest network of this part, whose first address stands for it. */
  readonly example: ExplainedClient
}

/** How a network divides into answers, the largest part first. */
export interface NetworkSplit {
  readonly parts: readonly NetworkPart[]
  /** When there is but one part: the widest network around it in which everybody gets that answer. */
  readonly uniformIn: IpPrefix | null
}

/** Leaves of two trees at the same place, or the nodes above them. */
type Cursor = readonly [place: number, network: number]

/** Which answers the clients of a network get: a sum over what the database and the policy tell apart. Null without a network. */
export function splitNetwork(question: Question, who: ExplainedClient, geo: GeoLocator): NetworkSplit | null {
  const { frontEnd, network, request } = who.client
  if (network === null) return null
  const planner = createPlanner(question.policy, question.facts, question.nowMs)
  const { classes, tree } = atOnce(networkClasses(question.policy, question.facts, geo))
  const plans = new Map<number, Plan>()
  const planAt = ([place, networkClass]: Cursor): Plan => {
    const cell = ~networkClass * geo.locations.length + ~place
    const known = plans.get(cell)
    if (known !== undefined) return known
    const client = representative(
      geo.locations[~place] ?? NOWHERE,
      classes[~networkClass] ?? { prefix: null, asn: null },
    )
    const plan = planner.plan({ ...client, frontEnd, request })
    plans.set(cell, plan)
    return plan
  }
  const below = ([place, networkClass]: Cursor, bit: 0 | 1): Cursor => [
    childOf(geo.tree, place, bit),
    childOf(tree, networkClass, bit),
  ]
  const { address, prefixLength } = network
  const path: Cursor[] = [[rootOf(geo.tree, address.family), rootOf(tree, address.family)]]
  for (let depth = 0; depth < prefixLength; depth++) {
    path.push(below(path[depth] as Cursor, bitAt(address.bytes, depth)))
  }

  const found = new Map<Plan, Found>()
  const bytes = address.bytes.slice()
  const walk = (at: Cursor, depth: number): void => {
    if (isLeaf(at)) {
      addTo(found, planAt(at), { address: { family: address.family, bytes }, depth }, 2 ** (prefixLength - depth))
      return
    }
    for (const bit of [0, 1] as const) {
      setBit(bytes, depth, bit)
      walk(below(at, bit), depth + 1)
    }
    setBit(bytes, depth, 0)
  }
  walk(path[prefixLength] as Cursor, prefixLength)

  const [only, ...others] = found.keys()
  const isOnly = (at: Cursor): boolean =>
    isLeaf(at) ? planAt(at) === only : isOnly(below(at, 0)) && isOnly(below(at, 1))
  let width = prefixLength
  if (others.length === 0) {
    while (width > 0 && isOnly(below(path[width - 1] as Cursor, bitAt(address.bytes, width - 1) === 0 ? 1 : 0))) width--
  }
  return {
    parts: mergeParts(question, who, geo, found),
    uniformIn: others.length === 0 ? prefixOf(address, width) : null,
  }
}

interface Found {
  share: number
  largest: { readonly address: IpAddress; readonly depth: number }
}

function addTo(found: Map<Plan, Found>, plan: Plan, at: Found['largest'], share: number): void {
  const copy = () => ({ address: { family: at.address.family, bytes: at.address.bytes.slice() }, depth: at.depth })
  const known = found.get(plan)
  if (known === undefined) {
    found.set(plan, { share, largest: copy() })
    return
  }
  known.share += share
  if (at.depth < known.largest.depth) known.largest = copy()
}

/** Plans that differ in nothing that a client gets are one part. */
function mergeParts(
  question: Question,
  who: ExplainedClient,
  geo: GeoLocator,
  found: ReadonlyMap<Plan, Found>,
): readonly NetworkPart[] {
  const parts = new Map<string, NetworkPart>()
  const largestFirst = [...found].sort(([, a], [, b]) => b.share - a.share)
  for (const [plan, { share, largest }] of largestFirst) {
    const answers = answersOf(plan, question.policy)
    const key = JSON.stringify([plan.outcome, answers])
    const known = parts.get(key)
    if (known !== undefined) {
      parts.set(key, { ...known, share: known.share + share })
      continue
    }
    const { frontEnd, request } = who.client
    const example = networkClient(who.text, largest.address, largest.depth, geo, frontEnd, request)
    parts.set(key, { share, outcome: plan.outcome, answers, example })
  }
  return [...parts.values()].sort((a, b) => b.share - a.share)
}

const isLeaf = ([place, network]: Cursor): boolean => place < 0 && network < 0

/** A leaf stays what it is all the way down. */
const childOf = (tree: PrefixTree, node: number, bit: 0 | 1): number =>
  node < 0 ? node : (tree.nodes[node * 2 + bit] ?? ~0)

function setBit(bytes: Uint8Array, index: number, bit: 0 | 1): void {
  const mask = 0x80 >> (index & 7)
  const octet = bytes[index >> 3] ?? 0
  bytes[index >> 3] = bit === 1 ? octet | mask : octet & ~mask
}
