import { formatPrefix, type IpAddress, type IpPrefix, prefixCovers } from '../domain/address.ts'
import type { NamedNetworks, PolicyFacts } from '../domain/facts.ts'
import type { Condition, Policy } from '../domain/policy.ts'
import { buildPrefixTree, EMPTY_TREE, lookUpPrefix, type PrefixTree, zipSteps } from '../domain/prefix-tree.ts'
import type { Turns } from '../domain/turns.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

/** What can be told of a client's network beyond its location: which named prefix it is in, and which named ASN. */
export interface NetworkClass {
  /** The longest named prefix around the client, or null. The others that cover it follow from it. */
  readonly prefix: IpPrefix | null
  /** One of the named ASNs, or null. */
  readonly asn: number | null
}

/** The classes of one policy and its facts; class 0 is everybody else. */
export interface NetworkClasses {
  /** Those that occur. */
  readonly classes: readonly NetworkClass[]
  /** Leaves are indices into `classes`. */
  readonly tree: PrefixTree
  /**
   * Every class but 0 meets few of the locations: those pairs that occur, as class × number of locations + location,
   * numbered from 0.
   */
  readonly pairs: ReadonlyMap<number, number>
  /** Leaves are 1 + the number of the pair; 0 is class 0. So that a change need not look for the pairs again. */
  readonly cells: PrefixTree
}

/** Classes by what is named, for policies that name the same, and for the next snapshot, to share. */
export type ClassCache = Map<string, NetworkClasses>

const EVERYBODY: NetworkClass = { prefix: null, asn: null }
const NOBODY: NetworkClasses = { classes: [EVERYBODY], tree: EMPTY_TREE, pairs: new Map(), cells: EMPTY_TREE }

/** Splits the address space along the prefixes and ASNs that the policy and its facts name. */
export function* networkClasses(
  policy: Policy,
  facts: PolicyFacts,
  geo: GeoLocator,
  cache: ClassCache = new Map(),
): Turns<NetworkClasses> {
  const named = namedNetworks(policy, facts)
  if (named.prefixes.length === 0 && named.asns.length === 0) return NOBODY
  const key = `${geo.digest}|${named.asns.join()}|${named.prefixes.map(formatPrefix).join()}`
  const known = cache.get(key)
  if (known !== undefined) return known

  const { classes, tree } = yield* splitSpace(named, geo)
  const made = { classes, tree, ...(yield* pairsOf(tree, geo)) }
  cache.set(key, made)
  return made
}

export const classOf = (classes: NetworkClasses, address: IpAddress): number =>
  lookUpPrefix(classes.tree, address).value

function* splitSpace(
  { prefixes, asns }: NamedNetworks,
  geo: GeoLocator,
): Turns<Pick<NetworkClasses, 'classes' | 'tree'>> {
  const asnIndex = new Map(asns.map((asn, index) => [asn, index + 1]))
  const prefixTree = buildPrefixTree(prefixes.map((prefix, index) => ({ prefix, value: index + 1 })))
  const asnTree = geo.asns === null || asns.length === 0 ? EMPTY_TREE : geo.asns
  const classes: NetworkClass[] = [EVERYBODY]
  const ids = new Map<number, number>([[0, 0]])
  const classFor = (asn: number, prefix: number): number => {
    const named = asnIndex.get(asn) ?? 0
    const cell = named * (prefixes.length + 1) + prefix
    const id = ids.get(cell)
    if (id !== undefined) return id
    const made = classes.push({ prefix: prefixes[prefix - 1] ?? null, asn: named === 0 ? null : asn }) - 1
    ids.set(cell, made)
    return made
  }
  const tree = yield* zipSteps(asnTree, prefixTree, classFor)
  return { classes, tree }
}

function* pairsOf(tree: PrefixTree, geo: GeoLocator): Turns<Pick<NetworkClasses, 'pairs' | 'cells'>> {
  const pairs = new Map<number, number>()
  const cellOf = (locationId: number, classId: number): number => {
    if (classId === 0) return 0
    const cell = classId * geo.locations.length + locationId
    const known = pairs.get(cell)
    if (known === undefined) pairs.set(cell, pairs.size)
    return 1 + (known ?? pairs.size - 1)
  }
  const cells = yield* zipSteps(geo.tree, tree, cellOf, (classId) => (classId === 0 ? 0 : null))
  return { pairs, cells }
}

/** Prefixes from the shortest, so that longer ones paint over them. */
function namedNetworks(policy: Policy, facts: PolicyFacts): NamedNetworks {
  const [own, byFacts] = [namedByPolicy(policy), namedByFacts(policy, facts)]
  return distinctNetworks({
    prefixes: [...own.prefixes, ...byFacts.prefixes],
    asns: [...own.asns, ...byFacts.asns],
  })
}

/** What measurements and reports tell apart, and a step of the policy reads. */
export function namedByFacts(policy: Policy, facts: PolicyFacts): NamedNetworks {
  const [byLatency, byReports] = [namedByLatency(policy, facts), namedByReports(policy, facts)]
  return {
    prefixes: [...byLatency.prefixes, ...byReports.prefixes],
    asns: [...byLatency.asns, ...byReports.asns],
  }
}

const NO_NETWORKS: NamedNetworks = { prefixes: [], asns: [] }

/** Estimates are read by `fastest` alone. */
const namedByLatency = ({ steps, endpoints }: Policy, { latency }: PolicyFacts): NamedNetworks =>
  steps.some(({ kind }) => kind === 'fastest') ? latency.networks(endpoints) : NO_NETWORKS

/** Who cannot reach an endpoint is read by `up` alone. */
function namedByReports({ steps }: Policy, { unreachable }: PolicyFacts): NamedNetworks {
  if (!steps.some(({ kind }) => kind === 'up')) return NO_NETWORKS
  const networks = unreachable.map(({ network }) => network)
  return {
    prefixes: networks.flatMap((network) => ('prefix' in network ? [network.prefix] : [])),
    asns: networks.flatMap((network) => ('asn' in network ? [network.asn] : [])),
  }
}

/** Every prefix and ASN in conditions and `serves`. */
function namedByPolicy(policy: Policy): NamedNetworks {
  const prefixes: IpPrefix[] = []
  const asns: number[] = []
  const visit = (condition: Condition): void => {
    if (condition.kind === 'all' || condition.kind === 'any') condition.of.forEach(visit)
    else if (condition.kind === 'not') visit(condition.of)
    else if (condition.kind === 'cidr') prefixes.push(...condition.in)
    else if (condition.kind === 'asn') asns.push(...condition.in)
  }
  for (const step of policy.steps) if (step.when !== null) visit(step.when)
  for (const { serves } of policy.endpoints) {
    prefixes.push(...(serves?.prefixes ?? []))
    asns.push(...(serves?.asns ?? []))
  }
  return distinctNetworks({ prefixes, asns })
}

/** Each once. The order hangs on nothing but what is there. */
function distinctNetworks({ prefixes, asns }: NamedNetworks): NamedNetworks {
  const byText = new Map(prefixes.map((prefix) => [formatPrefix(prefix), prefix]))
  return {
    prefixes: [...byText]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, prefix]) => prefix)
      .sort((a, b) => a.length - b.length),
    asns: [...new Set(asns)].sort((a, b) => a - b),
  }
}

/**
 * The numbers of classes in decision ids. They hold what the policy alone names, so that they can be read when the facts
 * are others, and the ASN; no address of anybody.
 */
export function classNumbers(policy: Policy, { classes }: Pick<NetworkClasses, 'classes'>): readonly number[] {
  const { prefixes } = namedByPolicy(policy)
  return classes.map(({ prefix, asn }) => {
    const around = prefix === null ? -1 : prefixes.findLastIndex((own) => prefixCovers(own, prefix))
    return (asn ?? 0) * (prefixes.length + 1) + around + 1
  })
}

/** What {@link classNumbers} was made from; null where the policy names no such prefix. */
export function classNumbered(policy: Policy, number: number): NetworkClass | null {
  const { prefixes } = namedByPolicy(policy)
  const asn = Math.floor(number / (prefixes.length + 1))
  const prefix = prefixes[(number % (prefixes.length + 1)) - 1] ?? null
  return asn > 0xffffffff ? null : { prefix, asn: asn === 0 ? null : asn }
}
