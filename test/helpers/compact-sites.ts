/** Sites that tests stand endpoints in. */

import { COUNTRIES } from '../../src/domain/countries.ts'
import type { Site } from '../../src/domain/place.ts'

/** A site by its place; its region is its id. */
export const site = (
  id: string,
  lat: number,
  lon: number,
  country: string,
  subdivision: string | null = null,
): Site => ({
  id,
  lat,
  lon,
  country,
  subdivision,
  continent: COUNTRIES.get(country)?.continent ?? 'AN',
  region: id,
  city: null,
})

export const SITES: Readonly<Record<string, Site>> = Object.fromEntries(
  [
    site('iad', 38.95, -77.45, 'US', 'VA'),
    site('sjc', 37.36, -121.93, 'US', 'CA'),
    site('fra', 50.03, 8.57, 'DE', 'HE'),
    site('lhr', 51.47, -0.45, 'GB', 'ENG'),
    site('cdg', 49.01, 2.55, 'FR', 'IDF'),
    site('nrt', 35.77, 140.39, 'JP', '12'),
    site('sin', 1.36, 103.99, 'SG'),
    site('gru', -23.43, -46.47, 'BR', 'SP'),
    site('syd', -33.95, 151.18, 'AU', 'NSW'),
    site('jnb', -26.14, 28.25, 'ZA', 'GP'),
  ].map((entry) => [entry.id, entry]),
)

export function siteNamed(id: string): Site {
  const found = SITES[id]
  if (found === undefined) throw new Error(`no test site ${id}`)
  return found
}
