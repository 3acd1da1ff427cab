import { prefixCovers } from '../domain/address.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { compileGlobs } from '../domain/glob.ts'
import type { Site } from '../domain/place.ts'
import type { Selector } from '../domain/policy.ts'

/** By endpoint index: 1 for those that the selector names, 0 for the others. Different kinds of keys must all match. */
export function matchSelector(selector: Selector, endpoints: readonly Endpoint[]): Uint8Array {
  const matchesId = selector.ids === undefined ? () => true : compileGlobs(selector.ids)
  const { prefixes } = selector
  const matches = (endpoint: Endpoint): boolean => {
    const { sites, a, aaaa, asn } = endpoint
    const addresses = [...a, ...aaaa]
    const of = (value: (site: Site) => string | null) => sites.map(value)
    return (
      matchesId(endpoint.id) &&
      meets(selector.tags, endpoint.tags) &&
      meets(
        selector.sites,
        of(({ id }) => id),
      ) &&
      meets(
        selector.countries,
        of(({ country }) => country),
      ) &&
      meets(
        selector.continents,
        of(({ continent }) => continent),
      ) &&
      meets(selector.subdivisions, of(subdivisionCode)) &&
      meets(selector.asns, [asn]) &&
      (prefixes === undefined || addresses.some((address) => prefixes.some((prefix) => prefixCovers(prefix, address))))
    )
  }
  return Uint8Array.from(endpoints, (endpoint) => (matches(endpoint) ? 1 : 0))
}

function meets<T>(wanted: readonly T[] | undefined, has: readonly (T | null)[]): boolean {
  return wanted === undefined || has.some((value) => value !== null && wanted.includes(value))
}

/** ISO 3166-2 with the country (`US-VA`), or null. */
export function subdivisionCode(place: {
  readonly country: string | null
  readonly subdivision: string | null
}): string | null {
  return place.subdivision === null || place.country === null ? null : `${place.country}-${place.subdivision}`
}
