import type { IpAddress } from '../domain/address.ts'
import { formatAddress, normaliseAddress, specialPurposeOf } from '../domain/address.ts'
import type { Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'
import type { PrefixTree } from '../domain/prefix-tree.ts'
import { indexPrefixTree, lookUpPrefix } from '../domain/prefix-tree.ts'
import type { GeoDatabaseInfo, GeoDescription, GeoLocator } from '../ports/geo-locator.ts'

/** What a locator is made of: plain data, so that a worker can hand it over. */
export interface GeoParts {
  readonly info: GeoDatabaseInfo
  readonly digest: string
  readonly locations: readonly Location[]
  readonly tree: PrefixTree
  readonly asns: PrefixTree | null
}

/** `cityOf` names the city of an address for people; it may read a file. */
export function createGeoLocator(parts: GeoParts, cityOf: (address: IpAddress) => string | null): GeoLocator {
  const { info, locations, tree, asns } = parts
  const match = indexPrefixTree(tree)
  const asnOf = (address: IpAddress) => (asns === null ? 0 : lookUpPrefix(asns, normaliseAddress(address)).value)

  function describe(given: IpAddress): GeoDescription | null {
    const address = normaliseAddress(given)
    const special = specialPurposeOf(address)
    const { value: locationId, prefixLength } = match(address)
    const asn = asnOf(address)
    if (locationId === 0 && asn === 0 && special === null) return null
    const location = locations[locationId] ?? NOWHERE
    const isOverride = location.precision === 'override'
    return {
      address: formatAddress(address),
      family: address.family,
      specialPurpose: special?.name ?? null,
      location,
      locationId,
      prefixLength,
      city: locationId === 0 ? null : cityOf(address),
      asn: asn === 0 ? null : asn,
      source: isOverride ? 'override' : info.name,
    }
  }

  return {
    ...parts,
    locate(address) {
      const { value, prefixLength } = match(normaliseAddress(address))
      return { locationId: value, prefixLength }
    },
    asnOf,
    describe,
  }
}
