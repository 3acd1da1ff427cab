import type { IpAddress, IpFamily } from '../domain/address.ts'
import type { Location } from '../domain/place.ts'
import type { PrefixTree } from '../domain/prefix-tree.ts'

/** What a geo database says about itself. */
export interface GeoDatabaseInfo {
  /** Such as `DB-IP City Lite`. */
  readonly name: string
  /** Files it came from. */
  readonly files: readonly string[]
  readonly precision: 'city' | 'country' | 'none'
  readonly builtAtMs: number | null
  /** Texts that its licence asks to show. */
  readonly attributions: readonly string[]
  readonly hasAsn: boolean
}

/** A location class of the database and the widest network around the address that is wholly in it. */
export interface Located {
  /** Index into `GeoLocator.locations`; 0 is nowhere. */
  readonly locationId: number
  /** In bits of the address's own family. */
  readonly prefixLength: number
}

export type { PrefixTree }

/** One loaded database, immutable. Look-ups never wait and never throw. */
export interface GeoLocator {
  readonly info: GeoDatabaseInfo
  /** SHA-256 of what it was compiled from, hex: names it in caches and decision ids. */
  readonly digest: string
  /** By location id. Entry 0 is nowhere. `asn` is always null: see `asns`. */
  readonly locations: readonly Location[]
  /** Leaves are location ids. */
  readonly tree: PrefixTree
  /** Leaves are AS numbers, 0 is none; null when no ASN database is there. */
  readonly asns: PrefixTree | null
  /** Expects a normalised address ({@link normaliseAddress}); special-purpose networks are nowhere, unless an override places them. */
  locate(address: IpAddress): Located
  /** 0 when unknown. */
  asnOf(address: IpAddress): number
  /** Decoded record for people (`nearcast geo`), with its source; slow path. Null when nothing is known. */
  describe(address: IpAddress): GeoDescription | null
}

export interface GeoDescription {
  readonly address: string
  readonly family: IpFamily
  readonly specialPurpose: string | null
  readonly location: Location
  readonly locationId: number
  readonly prefixLength: number
  readonly city: string | null
  readonly asn: number | null
  /** `override` or the database's name. */
  readonly source: string
}
