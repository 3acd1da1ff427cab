import type { IpAddress, IpPrefix } from '../domain/address.ts'
import { formatPrefix } from '../domain/address.ts'
import type { Condition, Policy } from '../domain/policy.ts'
import { buildPrefixTree, EMPTY_TREE, lookUpPrefix, mapTree, type PrefixTree, zipTrees } from '../domain/prefix-tree.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

/** What a policy can tell of a client's network beyond its location: which named prefix it is in, and which named ASN. */
export interface NetworkClass {
  /** The longest named prefix around the client, or null. The others that cover it follow from it. */
  readonly prefix: IpPrefix | null
  /** One of the named ASNs, or null. */
  readonly asn: number | null
}

/** The classes of one policy; class 0 is everybody else. */
export interface NetworkClasses {
  readonly classes: readonly NetworkClass[]
  /** Leaves are indices into `classes`. */
  readonly tree: PrefixTree
}

const NOBODY: NetworkClasses = { classes: [{ prefix: null, asn: null }], tree: EMPTY_TREE }

/** Splits the address space along the prefixes and ASNs that the policy names. */
export function networkClasses(policy: Policy, geo: GeoLocator): NetworkClasses {
  const named = namedNetworks(policy)
  if (named.prefixes.length === 0 && named.asns.length === 0) return NOBODY

  const asnIndex = new Map(named.asns.map((asn, index) => [asn, index + 1]))
  const prefixTree = buildPrefixTree(named.prefixes.map((prefix, index) => ({ prefix, value: index + 1 })))
  const asnTree =
    geo.asns === null || named.asns.length === 0 ? EMPTY_TREE : mapTree(geo.asns, (asn) => asnIndex.get(asn) ?? 0)
  const asnCount = named.asns.length + 1
  const tree = zipTrees(prefixTree, asnTree, (prefix, asn) => prefix * asnCount + asn)
  const classes: NetworkClass[] = []
  for (const prefix of [null, ...named.prefixes]) {
    for (const asn of [null, ...named.asns]) classes.push({ prefix, asn })
  }
  return { classes, tree }
}

export const classOf = (classes: NetworkClasses, address: IpAddress): number =>
  lookUpPrefix(classes.tree, address).value

/** Every prefix and ASN in conditions and `serves`, each once; prefixes from the shortest, so that longer ones paint over them. */
function namedNetworks(policy: Policy): { prefixes: readonly IpPrefix[]; asns: readonly number[] } {
  const prefixes = new Map<string, IpPrefix>()
  const asns = new Set<number>()
  const visit = (condition: Condition): void => {
    if (condition.kind === 'all' || condition.kind === 'any') condition.of.forEach(visit)
    else if (condition.kind === 'not') visit(condition.of)
    else if (condition.kind === 'cidr') for (const prefix of condition.in) prefixes.set(formatPrefix(prefix), prefix)
    else if (condition.kind === 'asn') for (const asn of condition.in) asns.add(asn)
  }
  for (const step of policy.steps) if (step.when !== null) visit(step.when)
  for (const { serves } of policy.endpoints) {
    for (const prefix of serves?.prefixes ?? []) prefixes.set(formatPrefix(prefix), prefix)
    for (const asn of serves?.asns ?? []) asns.add(asn)
  }
  return {
    prefixes: [...prefixes.values()].sort((a, b) => a.length - b.length),
    asns: [...asns].sort((a, b) => a - b),
  }
}
