import { COUNTRY_ROWS } from './countries-table.generated.ts'
import type { Continent, GeoPoint } from './place.ts'

export interface Country {
  /** ISO 3166-1 alpha-2 (and XK). */
  readonly code: string
  readonly name: string
  readonly continent: Continent
  /** UN M49 code of the finest area around it, such as 155 (Western Europe): its neighbours' region. */
  readonly subregion: number | null
  /** Geometric median of its addresses; null for the few without any. */
  readonly centroid: GeoPoint | null
  /** Half of its addresses are within so many km of the centroid. */
  readonly radiusKm: number | null
}

/** Every country, by code. */
export const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  COUNTRY_ROWS.map(([code, name, continent, subregion, lat, lon, radiusKm]) => [
    code,
    {
      code,
      name,
      continent: continent as Continent,
      subregion,
      centroid: lat === null || lon === null ? null : { lat, lon },
      radiusKm,
    },
  ]),
)
