import type { IpFamily, IpPrefix } from '../domain/address.ts'
import { formatAddress, parsePrefix, prefixCovers } from '../domain/address.ts'
import type { PrefixTreeBuilder } from '../domain/prefix-tree.ts'
import { leafOf } from '../domain/prefix-tree.ts'
import { GeoDataError } from './geo-data-error.ts'
import type { LocationClasses } from './location-classes.ts'
import { locationOf } from './location-classes.ts'
import type { MmdbFile } from './mmdb-reader.ts'
import { readRecord } from './record.ts'

/** What one file says of one family: children in the builders' trees. */
export interface FamilyRoots {
  readonly place: number
  readonly asn: number
}

export interface CompiledMmdb {
  /** Without its content, which may go as soon as it is compiled. */
  readonly file: Pick<MmdbFile, 'name' | 'databaseType' | 'builtAtMs' | 'family'>
  /** Null when the file has no such addresses, or was not asked for them. */
  readonly roots4: FamilyRoots | null
  readonly roots6: FamilyRoots | null
  /** The best that its records say of places. */
  readonly precision: 'city' | 'country' | 'none'
  readonly hasAsn: boolean
  /** Ids of the places it knows. */
  readonly locationIds: ReadonlySet<number>
}

export interface CompileTarget {
  readonly places: PrefixTreeBuilder
  readonly asns: PrefixTreeBuilder
  readonly classes: LocationClasses
}

/** No client has a network of its own finer than this; what a file says beyond is taken from its first address. */
export const FINEST_V6_LENGTH = 64

/**
 * IPv6 networks whose addresses are looked up as the IPv4 addresses inside (see `normaliseAddress`), and Teredo. Many
 * files repeat their IPv4 tree there; it must not count as IPv6 space.
 */
export const ALIASES_OF_IPV4: readonly IpPrefix[] = ['::/64', '64:ff9b::/64', '2001::/32', '2002::/16'].map((text) => {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`not a prefix: ${text}`)
  return parsed.prefix
})

const NOTHING = leafOf(0)
const NODES_PER_REPORT = 1 << 18
/** Subtrees may be shared, but a tree that is visited many times over is a knot: damaged. */
const MAX_VISITS_PER_NODE = 4

/** Both of them: what a file of the operator's is asked for. */
export const FAMILIES: readonly IpFamily[] = [4, 6]

/**
 * Walks the file's search tree once and decodes every record once, into trees of location ids and of AS numbers.
 * @throws GeoDataError when the file is damaged, or none of its records says anything of a place or an AS.
 */
export function compileMmdb(
  file: MmdbFile,
  families: readonly IpFamily[],
  target: CompileTarget,
  onNodes: (done: number) => void,
): CompiledMmdb {
  const { classes } = target
  const known = new Map<number, FamilyRoots>()
  const locationIds = new Set<number>()
  let precision: CompiledMmdb['precision'] = 'none'
  let hasAsn = false
  let visits = 0
  let example = ''

  function compileRecord(pointer: number, family: IpFamily, bytes: Uint8Array): FamilyRoots {
    const found = known.get(pointer)
    if (found !== undefined) return found
    const raw = file.recordOf({ family, bytes })
    const { place, asn } = readRecord(raw)
    if (place !== null && precision !== 'city') precision = place.point === null ? 'country' : 'city'
    if (asn !== 0) hasAsn = true
    if (example === '') example = keysOf(raw)
    const locationId = place === null ? 0 : classes.idOf(locationOf(place))
    locationIds.add(locationId)
    const roots = { place: leafOf(locationId), asn: leafOf(asn) }
    known.set(pointer, roots)
    return roots
  }

  function compileFamily(family: IpFamily): FamilyRoots | null {
    const root = file.rootOf(family)
    if (root === null) return null
    const bytes = new Uint8Array(family === 4 ? 4 : 16)
    const finest = family === 4 ? 32 : FINEST_V6_LENGTH
    // Two results; the second goes through here, because the walk visits millions of nodes.
    let asnOfWalk = NOTHING

    function walk(record: number, depth: number): number {
      asnOfWalk = NOTHING
      if (record === file.nodeCount) return NOTHING
      if (record > file.nodeCount) {
        const leaf = compileRecord(record, family, bytes)
        asnOfWalk = leaf.asn
        return leaf.place
      }
      if (++visits % NODES_PER_REPORT === 0) onNodes(Math.min(visits, file.nodeCount))
      if (visits > file.nodeCount * MAX_VISITS_PER_NODE)
        throw new GeoDataError(file.name, 'its search tree runs in circles: damaged')
      if (family === 6 && isAlias(bytes, depth)) return NOTHING
      if (depth >= finest) {
        if (depth >= bytes.length * 8) {
          throw new GeoDataError(
            file.name,
            `its search tree goes on beyond ${formatAddress({ family, bytes })}/${depth}: damaged`,
          )
        }
        return walk(file.childOf(record, 0), depth + 1)
      }
      const left = walk(file.childOf(record, 0), depth + 1)
      const leftAsn = asnOfWalk
      const octet = depth >> 3
      const bit = 0x80 >> (depth & 7)
      bytes[octet] = bytes[octet]! | bit
      const right = walk(file.childOf(record, 1), depth + 1)
      bytes[octet] = bytes[octet]! & ~bit
      asnOfWalk = target.asns.joinShared(leftAsn, asnOfWalk)
      return target.places.joinShared(left, right)
    }

    const place = walk(root, 0)
    return { place, asn: asnOfWalk }
  }

  const roots4 = families.includes(4) ? compileFamily(4) : null
  const roots6 = families.includes(6) ? compileFamily(6) : null
  if (precision === 'none' && !hasAsn) {
    throw new GeoDataError(
      file.name,
      `its ${known.size} records (type ${JSON.stringify(file.databaseType)}${example}) hold no country, no point and no AS number: ` +
        'expected a City, Country or ASN database of MaxMind, DB-IP, IPinfo or ip-location-db',
    )
  }
  const { name, databaseType, builtAtMs, family } = file
  return { file: { name, databaseType, builtAtMs, family }, roots4, roots6, precision, hasAsn, locationIds }
}

const isAlias = (bytes: Uint8Array, depth: number): boolean =>
  (depth === 16 || depth === 32 || depth === 64) &&
  ALIASES_OF_IPV4.some((alias) => alias.length === depth && prefixCovers(alias, { family: 6, bytes }))

function keysOf(record: unknown): string {
  if (typeof record !== 'object' || record === null || Object.keys(record).length === 0) return ''
  return `, such as one with ${Object.keys(record).slice(0, 8).join(', ')}`
}
