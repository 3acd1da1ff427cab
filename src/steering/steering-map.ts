import type { IpAddress } from '../domain/address.ts'
import type { Client } from '../domain/client.ts'
import type { Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'
import { DEPENDS, type Plan } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { EMPTY_TREE, indexPrefixTree, type PrefixMatch, type PrefixTree, zipSteps } from '../domain/prefix-tree.ts'
import type { Turns } from '../domain/turns.ts'
import type { Planner } from '../engine/plan.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { classNumbers, type NetworkClass, type NetworkClasses } from './network-classes.ts'

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
  /** By class: what decision ids call it. */
  readonly classNumbers: readonly number[]
  /** The plan of a network class at a location that occur together. */
  planAt(classId: number, locationId: number): Plan
  /** Expects a normalised address. */
  lookUp(address: IpAddress): MapEntry
  /** The same with other plans, one in the place of each of its own. */
  withPlans(plans: readonly Plan[]): SteeringMap
}

/** A tree of plan ids with its index. */
interface IndexedTree {
  /** Of class 0 at every location, then of the pairs of another class and a location, in their order. */
  readonly planIds: Int32Array
  readonly networks: NetworkClasses
  readonly tree: PrefixTree
  readonly find: (address: IpAddress) => PrefixMatch
}

/** Trees by what they distinguish, so that policies that steer alike, and a policy before and after a flip, share one. */
export type TreeCache = Map<string, readonly IndexedTree[]>

/** Endpoints ordered from one pause to the next: about a millisecond. */
const ENDPOINTS_PER_TURN = 2_560

/** What tells the clients of a map apart. */
const READS_WHERE = DEPENDS.location | DEPENDS.asn | DEPENDS.cidr

/**
 * Plans every location of the database, and every other network class at the locations where it occurs; then merges the
 * tree bottom-up into the widest prefixes with one plan, which is the honest ECS scope (RFC 7871 §7.2.1). Who asks for
 * nothing of the kind has one plan for all, made once.
 */
export function* compileSteeringMap(
  policy: Policy,
  networks: NetworkClasses,
  planner: Planner,
  geo: GeoLocator,
  cache: TreeCache,
): Turns<SteeringMap> {
  const { classes, pairs } = networks
  const plans: Plan[] = []
  const idOf = new Map<Plan, number>()
  const locationCount = geo.locations.length
  const planIds = new Int32Array(locationCount + pairs.size)
  const perTurn = Math.ceil(ENDPOINTS_PER_TURN / Math.max(1, policy.endpoints.length))
  const isOneForAll = (planner.reads & READS_WHERE) === 0
  let planned = 0
  const planNext = (classId: number, locationId: number): void => {
    const networkClass = classes[classId] as NetworkClass
    const one = isOneForAll ? plans[0] : undefined
    const plan = one ?? planner.plan(representative(geo.locations[locationId] ?? NOWHERE, networkClass))
    const id = idOf.get(plan) ?? plans.push(plan) - 1
    idOf.set(plan, id)
    planIds[planned++] = id
  }
  for (let locationId = 0; locationId < locationCount; locationId++) {
    planNext(0, locationId)
    if (planned % perTurn === 0) yield
  }
  for (const cell of pairs.keys()) {
    planNext(Math.floor(cell / locationCount), cell % locationCount)
    if (planned % perTurn === 0) yield
  }
  const tree = yield* sharedTree(geo, networks, planIds, cache)
  return mapOf(plans, { networks, numbers: classNumbers(policy, networks), shared: tree, locationCount })
}

/** What maps share whose plans are others, place by place. */
interface Frame {
  readonly networks: NetworkClasses
  readonly numbers: readonly number[]
  readonly shared: IndexedTree
  readonly locationCount: number
}

function mapOf(plans: readonly Plan[], frame: Frame): SteeringMap {
  const { networks, locationCount } = frame
  const { planIds, tree, find } = frame.shared
  return {
    plans,
    tree,
    networks,
    classNumbers: frame.numbers,
    planAt: (classId, locationId) =>
      plans[planIds[cellOf(networks, locationCount, classId, locationId)] as number] as Plan,
    lookUp(address) {
      const { value, prefixLength } = find(address)
      return { plan: plans[value] as Plan, prefixLength: scopeOf(tree, prefixLength) }
    },
    withPlans: (others) => mapOf(others, frame),
  }
}

/** Where the plan id of a class at a location stands. */
const cellOf = ({ pairs }: NetworkClasses, locationCount: number, classId: number, locationId: number): number =>
  classId === 0 ? locationId : locationCount + (pairs.get(classId * locationCount + locationId) as number)

/** The client that stands for all of a location and a network class. */
export function representative(location: Location, networkClass: NetworkClass): Client {
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
  const tree = yield* mergedTree(geo, networks, planIds, finerTree(geo, networks, planIds, cache))
  yield
  const made = { planIds, networks, tree, find: indexPrefixTree(tree) }
  cache.set(key, [...candidates, made])
  return made
}

interface FinerTree {
  readonly tree: PrefixTree
  /** Each of its plan ids by what it is now. */
  readonly ids: Int32Array
}

/** Trees looked at, the newest first: comparing takes a fraction of a millisecond. */
const MOST_COMPARED = 16

/**
 * A tree that tells apart all that the plan ids do: that of before, when an endpoint has gone, mostly is one. Null where there is
 * none.
 */
function finerTree(geo: GeoLocator, networks: NetworkClasses, planIds: Int32Array, cache: TreeCache): FinerTree | null {
  const known = [...cache].filter(([key]) => key.startsWith(`${geo.digest}:`)).flatMap(([, trees]) => trees)
  for (const { planIds: finer, networks: those, tree } of known.slice(-MOST_COMPARED).reverse()) {
    const ids = finer.length === planIds.length && those.tree === networks.tree ? idsByFiner(finer, planIds) : null
    if (ids !== null) return { tree, ids }
  }
  return null
}

/** Null where one of the finer ids stands for two. */
function idsByFiner(finer: Int32Array, planIds: Int32Array): Int32Array | null {
  const ids = new Int32Array(finer.length).fill(-1)
  for (let i = 0; i < finer.length; i++) {
    const id = finer[i] as number
    if (ids[id] === -1) ids[id] = planIds[i] as number
    else if (ids[id] !== planIds[i]) return null
  }
  return ids
}

/** From a finer tree it takes half the time: it has a third of the nodes of the database's. */
function* mergedTree(
  geo: GeoLocator,
  networks: NetworkClasses,
  planIds: Int32Array,
  finer: FinerTree | null,
): Turns<PrefixTree> {
  if (finer !== null) return yield* zipSteps(finer.tree, EMPTY_TREE, (id) => finer.ids[id] as number)
  const locationCount = geo.locations.length
  // 0 stays everybody; what is planned by itself is 1 + its plan.
  const own = yield* zipSteps(networks.cells, EMPTY_TREE, (cell) =>
    cell === 0 ? 0 : 1 + (planIds[locationCount + cell - 1] as number),
  )
  return yield* zipSteps(
    geo.tree,
    own,
    (locationId, plan) => (plan === 0 ? (planIds[locationId] as number) : plan - 1),
    (plan) => (plan === 0 ? null : plan - 1),
  )
}

const sameIds = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((id, i) => id === b[i])

const sameNetworks = (a: NetworkClasses, b: NetworkClasses): boolean =>
  a.tree === b.tree ||
  (a.tree.root4 === b.tree.root4 && a.tree.root6 === b.tree.root6 && sameIds(a.tree.nodes, b.tree.nodes))
