/** Where things are: sites, and the locations of clients. */

export const CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const
export type Continent = (typeof CONTINENTS)[number]

export const CONTINENT_NAMES: Readonly<Record<Continent, string>> = {
  AF: 'Africa',
  AN: 'Antarctica',
  AS: 'Asia',
  EU: 'Europe',
  NA: 'North America',
  OC: 'Oceania',
  SA: 'South America',
}

export interface GeoPoint {
  /** Degrees, −90…90. */
  readonly lat: number
  /** Degrees, −180…180. */
  readonly lon: number
}

/** A named place that endpoints of many services share. */
export interface Site extends GeoPoint {
  readonly id: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** ISO 3166-2 without the country (`VA`, `BY`), or null. */
  readonly subdivision: string | null
  readonly continent: Continent
  /** What operators call the area, such as `us-east`; the `region` of discovery answers. Defaults to the site's id. */
  readonly region: string
  readonly city: string | null
}

/**
 * An equivalence class of client prefixes that no policy can tell apart: country, subdivision, half-degree cell, and
 * the ASN where a policy names it. Everything is null for a client that nobody can place.
 */
export interface Location {
  readonly country: string | null
  readonly subdivision: string | null
  readonly continent: Continent | null
  /** UN M49 sub-region code of the country, such as 155 (Western Europe). */
  readonly subregion: number | null
  /** The middle of the cell, or the country's IP-weighted centroid when `precision` is `country`. */
  readonly point: GeoPoint | null
  /** Half of the clients are within about this of `point`. */
  readonly radiusKm: number | null
  readonly precision: 'override' | 'city' | 'country' | 'none'
  readonly asn: number | null
}

export const NOWHERE: Location = Object.freeze({
  country: null,
  subdivision: null,
  continent: null,
  subregion: null,
  point: null,
  radiusKm: null,
  precision: 'none',
  asn: null,
})

/** IUGG mean radius. */
export const EARTH_RADIUS_KM = 6371.0088

const RADIANS = Math.PI / 180

/** Great-circle distance by the haversine formula. Finite for all finite inputs; symmetric; the antimeridian is no edge. */
export function distanceKm(a: GeoPoint, b: GeoPoint): number {
  const sinLat = Math.sin(((b.lat - a.lat) * RADIANS) / 2)
  const sinLon = Math.sin(((b.lon - a.lon) * RADIANS) / 2)
  const h = sinLat * sinLat + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * sinLon * sinLon
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** A point on the sphere of radius 1. */
export interface UnitVector {
  readonly x: number
  readonly y: number
  readonly z: number
}

export function unitVector(point: GeoPoint): UnitVector {
  const lat = point.lat * RADIANS
  const lon = point.lon * RADIANS
  return { x: Math.cos(lat) * Math.cos(lon), y: Math.cos(lat) * Math.sin(lon), z: Math.sin(lat) }
}

/**
 * Great-circle distance from the chord, in whole metres, so that the last bit of a sine, which differs between
 * machines, decides nothing. Agrees with {@link distanceKm}; what orders by distance takes this one, so that a tie for one is a
 * tie for all.
 */
export function arcKm(a: UnitVector, b: UnitVector): number {
  const x = a.x - b.x
  const y = a.y - b.y
  const z = a.z - b.z
  const halfChord = Math.min(1, Math.sqrt(x * x + y * y + z * z) / 2)
  return Math.round(2 * EARTH_RADIUS_KM * 1000 * Math.asin(halfChord)) / 1000
}
