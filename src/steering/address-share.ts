import { bitsOf, type IpFamily } from '../domain/address.ts'
import type { Plan } from '../domain/plan.ts'
import { EMPTY_TREE, rootOf } from '../domain/prefix-tree.ts'
import { shares } from '../engine/shares.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { SteeringMap } from './steering-map.ts'

/** How one policy divides address space. All shares are of first answers, 0…1. */
export interface AddressShares {
  readonly ipv4: FamilyShares
  readonly ipv6: FamilyShares
}

export interface FamilyShares {
  /** Share of the space that is counted, by endpoint index; what is missing to 1 gets no answer. */
  readonly endpoints: Float64Array
  /** The same per country (`''`: placed in none), with the country's own share of the space. */
  readonly countries: ReadonlyMap<string, { readonly ofSpace: number; readonly endpoints: Float64Array }>
}

/**
 * Which share of the routed address space each endpoint gets: a sum over the tree's leaves, not a sample. Routed is what
 * the ASN database sees announced, or, without one, what the geo database places.
 */
export function addressShares(map: SteeringMap, geo: GeoLocator, endpointCount: number): AddressShares {
  const sharesOf = new Map(map.plans.map((plan) => [plan, shares(plan, endpointCount)]))
  return {
    ipv4: familyShares(4, map, geo, sharesOf, endpointCount),
    ipv6: familyShares(6, map, geo, sharesOf, endpointCount),
  }
}

function familyShares(
  family: IpFamily,
  map: SteeringMap,
  geo: GeoLocator,
  sharesOf: ReadonlyMap<Plan, Float64Array>,
  endpointCount: number,
): FamilyShares {
  const sizes = networkSizes(family, map, geo)
  const total = sizes.reduce((sum, { size }) => sum + size, 0n)
  const endpoints = new Float64Array(endpointCount)
  const countries = new Map<string, { ofSpace: number; endpoints: Float64Array }>()
  for (const { country, plan, size } of sizes) {
    const ofSpace = ratio(size, total)
    const entry = countries.get(country) ?? { ofSpace: 0, endpoints: new Float64Array(endpointCount) }
    countries.set(country, entry)
    entry.ofSpace += ofSpace
    const planShares = sharesOf.get(plan) as Float64Array
    for (let i = 0; i < endpointCount; i++) {
      const part = ofSpace * (planShares[i] as number)
      endpoints[i] = (endpoints[i] as number) + part
      entry.endpoints[i] = (entry.endpoints[i] as number) + part
    }
  }
  for (const entry of countries.values()) {
    for (let i = 0; i < endpointCount; i++) entry.endpoints[i] = (entry.endpoints[i] as number) / entry.ofSpace
  }
  return { endpoints, countries }
}

/** Addresses per country and plan, counted exactly: leaves by depth, then powers of two. */
function networkSizes(family: IpFamily, map: SteeringMap, geo: GeoLocator) {
  const bits = bitsOf(family)
  const locationCount = geo.locations.length
  const routed = geo.asns ?? null
  const leaves = new Map<number, Float64Array>()
  const networks = map.networks.tree
  const asns = routed ?? EMPTY_TREE

  const visit = (place: number, network: number, asn: number, depth: number): void => {
    if (place < 0 && network < 0 && asn < 0) {
      const locationId = ~place
      if (routed === null ? locationId === 0 : ~asn === 0) return
      const cell = ~network * locationCount + locationId
      const counts = leaves.get(cell) ?? new Float64Array(bits + 1)
      leaves.set(cell, counts)
      counts[depth] = (counts[depth] as number) + 1
      return
    }
    for (const side of [0, 1]) {
      visit(
        place < 0 ? place : (geo.tree.nodes[place * 2 + side] as number),
        network < 0 ? network : (networks.nodes[network * 2 + side] as number),
        asn < 0 ? asn : (asns.nodes[asn * 2 + side] as number),
        depth + 1,
      )
    }
  }
  visit(rootOf(geo.tree, family), rootOf(networks, family), rootOf(asns, family), 0)

  const sizes = new Map<string, Map<Plan, { country: string; plan: Plan; size: bigint }>>()
  for (const [cell, counts] of leaves) {
    const country = geo.locations[cell % locationCount]?.country ?? ''
    const plan = map.planAt(Math.floor(cell / locationCount), cell % locationCount)
    const ofCountry = sizes.get(country) ?? new Map<Plan, { country: string; plan: Plan; size: bigint }>()
    sizes.set(country, ofCountry)
    const entry = ofCountry.get(plan) ?? { country, plan, size: 0n }
    ofCountry.set(plan, entry)
    counts.forEach((count, depth) => {
      if (count > 0) entry.size += BigInt(count) << BigInt(bits - depth)
    })
  }
  return [...sizes.values()].flatMap((ofCountry) => [...ofCountry.values()])
}

/** To 53 bits: both are cut alike, so that neither overflows a double. */
function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part << 60n) / whole) / 2 ** 60
}
