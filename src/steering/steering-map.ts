import type { IpAddress } from '../domain/address.ts'
import type { Client } from '../domain/client.ts'
import type { Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'
import type { Plan } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { indexPrefixTree, type PrefixMatch, type PrefixTree, zipSteps } from '../domain/prefix-tree.ts'
import type { Turns } from '../domain/turns.ts'
import type { Planner } from '../engine/plan.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { type NetworkClasses, networkClasses } from './network-classes.ts'

/** A plan and the widest network around the address in which every client has that same plan. */
export interface MapEntry {
  readonly plan: Plan
  /** In bits of the address's own family. */
  readonly prefixLength: number
}

/** All plans of one policy as DNS sees its clients: address → location → plan, each with the widest prefix for which it holds. */
export interface SteeringMap {
  /** Distinct plans; leaves of `tree` are indices into it. */
  readonly plans: readonly Plan[]
  readonly tree: PrefixTree
  readonly networks: NetworkClasses
  /** Index into `plans` for every class × location, locations running fastest. */
  readonly planIds: Int32Array
  /** Expects a normalised address. */
  lookUp(address: IpAddress): MapEntry
}

/** A tree of plan ids with its index. */
interface IndexedTree {
  readonly planIds: Int32Array
  readonly networks: NetworkClasses
  readonly tree: PrefixTree
  readonly find: (address: IpAddress) => PrefixMatch
}

/** Trees by what they distinguish, so that policies that steer alike, and a policy before and after a flip, share one. */
export type TreeCache = Map<string, readonly IndexedTree[]>

/** Locations planned from one pause to the next. */
const LOCATIONS_PER_TURN = 512

/**
 * Plans every location of the database, then merges the tree bottom-up into the widest prefixes with one plan, which
 * is the honest ECS scope (RFC 7871 §7.2.1).
 */
export function* compileSteeringMap(
  policy: Policy,
  planner: Planner,
  geo: GeoLocator,
  cache: TreeCache,
): Turns<SteeringMap> {
  const networks = networkClasses(policy, geo)
  const plans: Plan[] = []
  const idOf = new Map<Plan, number>()
  const locationCount = geo.locations.length
  const planIds = new Int32Array(locationCount * networks.classes.length)
  for (const [classId, networkClass] of networks.classes.entries()) {
    for (let locationId = 0; locationId < locationCount; locationId++) {
      const plan = planner.plan(representative(geo.locations[locationId] ?? NOWHERE, networkClass))
      let id = idOf.get(plan)
      if (id === undefined) {
        id = plans.push(plan) - 1
        idOf.set(plan, id)
      }
      planIds[classId * locationCount + locationId] = id
      if (locationId % LOCATIONS_PER_TURN === LOCATIONS_PER_TURN - 1) yield
    }
  }
  const shared = yield* sharedTree(geo, networks, planIds, cache)
  const { tree, find } = shared
  return {
    plans,
    tree,
    networks,
    planIds: shared.planIds,
    lookUp(address) {
      const { value, prefixLength } = find(address)
      return { plan: plans[value] as Plan, prefixLength: scopeOf(tree, prefixLength) }
    },
  }
}

/** The client that stands for all of a location and a network class. */
export function representative(location: Location, networkClass: NetworkClasses['classes'][number]): Client {
  const { prefix, asn } = networkClass
  return {
    frontEnd: 'dns',
    location: asn === null ? location : { ...location, asn },
    network: prefix === null ? null : { address: prefix, prefixLength: prefix.length },
    request: null,
  }
}

/**
 * A scope of 0 says "suitable for everybody", and resolvers share such an answer over both families (RFC 7871 §7.3.1); so it
 * is said only when both families have but one plan.
 */
const scopeOf = (tree: PrefixTree, prefixLength: number): number =>
  prefixLength === 0 && tree.root4 !== tree.root6 ? 1 : prefixLength

function* sharedTree(
  geo: GeoLocator,
  networks: NetworkClasses,
  planIds: Int32Array,
  cache: TreeCache,
): Turns<IndexedTree> {
  let hash = 0x811c9dc5
  for (const id of planIds) hash = Math.imul(hash ^ id, 0x01000193)
  const key = `${geo.digest}:${hash >>> 0}:${planIds.length}`
  const candidates = cache.get(key) ?? []
  const found = candidates.find((it) => sameNetworks(it.networks, networks) && sameIds(it.planIds, planIds))
  if (found !== undefined) return found
  const locationCount = geo.locations.length
  const tree = yield* zipSteps(
    geo.tree,
    networks.tree,
    (locationId, classId) => planIds[classId * locationCount + locationId] as number,
  )
  yield
  const made = { planIds, networks, tree, find: indexPrefixTree(tree) }
  cache.set(key, [...candidates, made])
  return made
}

const sameIds = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((id, i) => id === b[i])

const sameNetworks = (a: NetworkClasses, b: NetworkClasses): boolean =>
  a.tree.root4 === b.tree.root4 && a.tree.root6 === b.tree.root6 && sameIds(a.tree.nodes, b.tree.nodes)
