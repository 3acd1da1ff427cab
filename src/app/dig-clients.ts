import {
  bitsOf,
  formatAddress,
  formatPrefix,
  type IpAddress,
  type IpFamily,
  parseAddress,
  parsePrefix,
} from '../domain/address.ts'
import { COUNTRIES } from '../domain/countries.ts'
import { walkPrefixes } from '../domain/prefix-tree.ts'
import { subdivisionCode } from '../engine/selectors.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

/** Somebody on whose behalf a resolver asks. */
export interface DigClient {
  /** As it was asked for: `none`, `DE`, `81.2.69.0/24`. */
  readonly text: string
  /** Sent as the client subnet (RFC 7871); null sends none. */
  readonly subnet: { readonly address: IpAddress; readonly prefixLength: number } | null
  /** Where the database has it: `Frankfurt am Main, DE-HE`. */
  readonly place: string
}

/** One place of each part of the world where many clients are, and one resolver that names nobody. */
const USUAL: readonly Wanted[] = [
  ...['US-VA', 'US-CA', 'BR', 'GB', 'DE', 'ZA', 'NG', 'AE', 'IN', 'SG', 'CN', 'JP', 'AU'].map((text) => ipv4(text)),
  { text: 'US', family: 6 },
  { text: 'DE', family: 6 },
]

interface Wanted {
  /** `DE` or `US-VA`. */
  readonly text: string
  readonly family: IpFamily
}

function ipv4(text: string): Wanted {
  return { text, family: 4 }
}

/** What resolvers tell of a client (RFC 7871 §11.1). */
const TOLD_LENGTH: Readonly<Record<IpFamily, number>> = { 4: 24, 6: 56 }

/**
 * The clients that texts name: an address, a network, a country or a subdivision (the network there in which most of its
 * addresses are), `world` (every country that the database knows), `none` (no client subnet). None named: the usual
 * ones. A string is one sentence of what is wrong.
 */
export function digClients(texts: readonly string[], geo: GeoLocator): readonly DigClient[] | string {
  const find = networkFinder(geo)
  if (texts.length === 0) return [NOBODY, ...USUAL.flatMap((wanted) => find(wanted) ?? [])]
  const clients: DigClient[] = []
  for (const text of texts) {
    const named = text === 'none' ? [NOBODY] : text === 'world' ? worldClients(geo, find) : clientsOf(text, geo, find)
    if (typeof named === 'string') return named
    clients.push(...named)
  }
  return clients
}

const NOBODY: DigClient = { text: 'none', subnet: null, place: '' }

function worldClients(geo: GeoLocator, find: FindNetwork): readonly DigClient[] | string {
  const known = new Set(geo.locations.flatMap(({ country }) => country ?? []))
  const found = [...known].sort().flatMap((country) => find(ipv4(country)) ?? [])
  return found.length > 0 ? found : `"world": ${geo.info.name} places nobody`
}

function clientsOf(text: string, geo: GeoLocator, find: FindNetwork): readonly DigClient[] | string {
  const region = /^([A-Z]{2})(?:-[A-Z0-9]{1,3})?$/.exec(text.toUpperCase())
  if (region !== null) {
    if (!COUNTRIES.has(region[1] ?? '')) return `"${text}" names no country: ${region[1]} is no ISO 3166-1 code`
    const found = find(ipv4(text.toUpperCase()))
    return found === null ? `"${text}": ${geo.info.name} knows no network there` : [found]
  }
  const address = parseAddress(text)
  if (address !== null) return [clientAt(text, address, bitsOf(address.family), geo)]
  const parsed = parsePrefix(text)
  if (parsed.ok) return [clientAt(text, parsed.prefix, parsed.prefix.length, geo)]
  if (parsed.problem === 'hostBits')
    return `"${text}" has bits set beyond its length: the network is ${parsed.suggestion}`
  return `"${text}" is neither an address, nor a network (203.0.113.0/24), nor a country (DE, US-VA), nor world, nor none`
}

function clientAt(text: string, { family, bytes }: IpAddress, prefixLength: number, geo: GeoLocator): DigClient {
  const address = { family, bytes }
  const described = geo.describe(address)
  const { country = null, subdivision = null } = described?.location ?? {}
  const region = country === null ? 'nowhere' : subdivision === null ? country : `${country}-${subdivision}`
  // Databases add the part of the city in brackets.
  const city = described?.city?.replace(/ \(.*\)$/, '') ?? null
  return { text, subnet: { address, prefixLength }, place: city === null ? region : `${city}, ${region}` }
}

/** How a client is named in one word: its network, or `no subnet`. */
export function subnetText({ subnet }: DigClient): string {
  if (subnet === null) return 'no subnet'
  const { address, prefixLength } = subnet
  return prefixLength === bitsOf(address.family)
    ? formatAddress(address)
    : formatPrefix({ ...address, length: prefixLength })
}

/** The networks of one location: how many addresses they have, and the widest of them. */
interface Extent {
  addresses: number
  widest: { readonly bytes: Uint8Array; readonly length: number }
}

/** A network at the place where most of a region's addresses are; null where the database knows none. */
type FindNetwork = (wanted: Wanted) => DigClient | null

/** Walks the database once for each family that is asked for. */
function networkFinder(geo: GeoLocator): FindNetwork {
  const known = new Map<IpFamily, Extents>()
  return ({ text, family }) => {
    const extents = known.get(family) ?? extentsOf(family, geo)
    known.set(family, extents)
    const [best] = [...(extents.get(text)?.values() ?? [])].sort((a, b) => b.addresses - a.addresses)
    if (best === undefined) return null
    const { bytes, length } = best.widest
    return clientAt(text, { family, bytes }, Math.max(length, TOLD_LENGTH[family]), geo)
  }
}

/** By country and by subdivision, then by location. */
type Extents = ReadonlyMap<string, ReadonlyMap<number, Extent>>

function extentsOf(family: IpFamily, geo: GeoLocator): Extents {
  const byLocation = new Map<number, Extent>()
  walkPrefixes(geo.tree, family, (bytes, length, locationId) => {
    if (locationId === 0) return
    const known = byLocation.get(locationId)
    const addresses = 2 ** (bitsOf(family) - length)
    if (known === undefined) {
      byLocation.set(locationId, { addresses, widest: { bytes: bytes.slice(), length } })
      return
    }
    known.addresses += addresses
    if (length < known.widest.length) known.widest = { bytes: bytes.slice(), length }
  })
  const byRegion = new Map<string, Map<number, Extent>>()
  for (const [id, extent] of byLocation) {
    const location = geo.locations[id]
    for (const region of location === undefined ? [] : [location.country, subdivisionCode(location)]) {
      if (region === null) continue
      const ofRegion = byRegion.get(region) ?? new Map<number, Extent>()
      byRegion.set(region, ofRegion.set(id, extent))
    }
  }
  return byRegion
}
