import { COUNTRIES } from '../domain/countries.ts'
import type { GeoPoint, Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'

/** What one record of a database, or one override, says about a network, in our own words. */
export interface RecordedPlace {
  /** A code of {@link COUNTRIES}, or null. */
  readonly country: string | null
  /** ISO 3166-2 without the country, or null. */
  readonly subdivision: string | null
  /** Null when no better is known than the country. */
  readonly point: GeoPoint | null
}

/** Half of the clients of a city row are about so near to its point (latency.md A4). */
const CITY_RADIUS_KM = 25

const CELLS_PER_DEGREE = 2

/** The middle of the half-degree cell; the north edge and the antimeridian belong to the last cell. */
export function cellCentre({ lat, lon }: GeoPoint): GeoPoint {
  const centre = (degrees: number, limit: number) =>
    (Math.min(Math.floor(degrees * CELLS_PER_DEGREE), limit * CELLS_PER_DEGREE - 1) + 0.5) / CELLS_PER_DEGREE
  return { lat: centre(lat, 90), lon: centre(lon, 180) }
}

/** A place out of a database: its cell when the city is known, else the country's centroid and spread. */
export function locationOf(place: RecordedPlace): Location {
  const country = place.country === null ? undefined : COUNTRIES.get(place.country)
  if (country === undefined && place.point === null) return NOWHERE
  const point = place.point === null ? (country?.centroid ?? null) : cellCentre(place.point)
  return {
    country: country?.code ?? null,
    subdivision: country === undefined ? null : place.subdivision,
    continent: country?.continent ?? null,
    subregion: country?.subregion ?? null,
    point,
    radiusKm: place.point === null ? (country?.radiusKm ?? null) : CITY_RADIUS_KM,
    precision: place.point === null ? 'country' : 'city',
    asn: null,
  }
}

/** A place by an operator's word: exactly where they say; of the country alone when they name no point. */
export function overrideLocationOf(place: RecordedPlace): Location {
  const { point } = place
  return { ...locationOf(place), ...(point === null ? {} : { point, radiusKm: 0 }), precision: 'override' }
}

/** Gives equal locations one id. */
export interface LocationClasses {
  /** Id 0 is nowhere. Every entry is frozen. */
  readonly locations: readonly Location[]
  idOf(location: Location): number
}

export function createLocationClasses(known: readonly Location[] = [NOWHERE]): LocationClasses {
  const locations = known.map((location) => Object.freeze(location))
  const ids = new Map(locations.map((location, id) => [keyOf(location), id]))
  return {
    locations,
    idOf(location) {
      const key = keyOf(location)
      const found = ids.get(key)
      if (found !== undefined) return found
      ids.set(key, locations.length)
      return locations.push(Object.freeze(location)) - 1
    },
  }
}

const keyOf = ({ country, subdivision, point, precision }: Location): string =>
  `${country}/${subdivision}/${point?.lat}/${point?.lon}/${precision}`
