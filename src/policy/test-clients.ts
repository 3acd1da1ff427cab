import { bitAt, bitsOf, type IpPrefix } from '../domain/address.ts'
import type { Client } from '../domain/client.ts'
import { COUNTRIES } from '../domain/countries.ts'
import { distanceKm, type Location, NOWHERE } from '../domain/place.ts'
import type { PolicyTest } from '../domain/policy.ts'
import { EMPTY_TREE, type PrefixTree, rootOf } from '../domain/prefix-tree.ts'
import { subdivisionCode } from '../engine/selectors.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

/** Where clients of a test are, and how many of them: in addresses of a network, in places of a country. */
export interface TestPlace {
  readonly location: Location
  readonly network: Client['network']
  readonly weight: number
}

/** Everybody whom a test speaks of: each part of the network, or each place of the country, that the database tells apart. */
export function placesOf({ from }: PolicyTest, geo: GeoLocator, asnMatters: 'yes' | 'no'): readonly TestPlace[] {
  if ('prefix' in from) return placesInNetwork(from.prefix, geo, asnMatters === 'yes' ? geo.asns : null)
  return locationsIn(from.country, from.subdivision, geo).map(asPlace)
}

/**
 * Who answers for a test: each part of a network; of a country its centre, since databases place a few of its addresses
 * abroad. Empty when the database knows no place in the subdivision.
 */
export function centreOf(test: PolicyTest, geo: GeoLocator, asnMatters: 'yes' | 'no'): readonly TestPlace[] {
  if ('prefix' in test.from) return placesOf(test, geo, asnMatters)
  const { country, subdivision } = test.from
  const centre = subdivision === null ? countryCentre(country) : subdivisionCentre(country, subdivision, geo)
  return centre === null ? [] : [asPlace(centre)]
}

const asPlace = (location: Location): TestPlace => ({ location, network: null, weight: 1 })

/** A country as a whole: where most of its addresses are. */
export function countryCentre(code: string): Location {
  const country = COUNTRIES.get(code)
  if (country === undefined) return NOWHERE
  const { continent, subregion, centroid, radiusKm } = country
  const place = { country: code, subdivision: null, continent, subregion, point: centroid, radiusKm }
  return { ...place, precision: 'country', asn: null }
}

/** The place in the middle of those that the database knows in a subdivision; null when it knows none. */
export function subdivisionCentre(country: string, subdivision: string, geo: GeoLocator): Location | null {
  const places = locationsIn(country, subdivision, geo)
  const points = places.flatMap(({ point }) => (point === null ? [] : [point]))
  const [first] = points
  if (first === undefined) return places[0] ?? null
  // Longitudes are counted from the first one, so that the antimeridian is no edge.
  const east = (lon: number) => ((((lon - first.lon + 180) % 360) + 360) % 360) - 180
  const middle = {
    lat: median(points.map(({ lat }) => lat)),
    lon: first.lon + median(points.map(({ lon }) => east(lon))),
  }
  const far = ({ point }: Location) => (point === null ? Number.POSITIVE_INFINITY : distanceKm(point, middle))
  return places.reduce((best, place) => (far(place) < far(best) ? place : best))
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

function locationsIn(country: string, subdivision: string | null, geo: GeoLocator): readonly Location[] {
  const code = subdivisionCode({ country, subdivision })
  return geo.locations.filter(
    (location) => location.country === country && (code === null || subdivisionCode(location) === code),
  )
}

/** The parts of a network that two trees tell apart, those in one location and ASN together. */
function placesInNetwork(prefix: IpPrefix, geo: GeoLocator, asns: PrefixTree | null): readonly TestPlace[] {
  const parts = new Map<string, { location: Location; network: NonNullable<Client['network']>; weight: number }>()
  const bytes = prefix.bytes.slice()
  const visit = (locationId: number, asn: number, depth: number): void => {
    const weight = 2 ** (prefix.length - depth)
    const key = `${locationId} ${asn}`
    const part = parts.get(key)
    if (part !== undefined) {
      part.weight += weight
      return
    }
    const location = { ...(geo.locations[locationId] ?? NOWHERE), asn: asn === 0 ? null : asn }
    const network = { address: { family: prefix.family, bytes: bytes.slice() }, prefixLength: depth }
    parts.set(key, { location, network, weight })
  }
  const asnTree = asns ?? EMPTY_TREE
  const walk = (place: number, asn: number, depth: number): void => {
    if ((place < 0 && asn < 0) || depth === bitsOf(prefix.family)) {
      visit(leafValue(place), leafValue(asn), depth)
      return
    }
    for (const bit of [0, 1] as const) {
      setBit(bytes, depth, bit)
      walk(childOf(geo.tree, place, bit), childOf(asnTree, asn, bit), depth + 1)
    }
    setBit(bytes, depth, 0)
  }
  walk(descend(geo.tree, prefix), descend(asnTree, prefix), prefix.length)
  return [...parts.values()]
}

/** A leaf's value; a tree that ends in a node at the last bit says nothing. */
const leafValue = (child: number): number => (child < 0 ? ~child : 0)

/** A leaf stays what it is all the way down. */
const childOf = (tree: PrefixTree, node: number, bit: 0 | 1): number =>
  node < 0 ? node : (tree.nodes[node * 2 + bit] ?? ~0)

function descend(tree: PrefixTree, prefix: IpPrefix): number {
  let node = rootOf(tree, prefix.family)
  for (let depth = 0; depth < prefix.length; depth++) node = childOf(tree, node, bitAt(prefix.bytes, depth))
  return node
}

function setBit(bytes: Uint8Array, index: number, bit: 0 | 1): void {
  const mask = 0x80 >> (index & 7)
  const octet = bytes[index >> 3] ?? 0
  bytes[index >> 3] = bit === 1 ? octet | mask : octet & ~mask
}
