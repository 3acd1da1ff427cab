/** The zone that every responder of `npm run bench:dns` serves: one name, steered to one of five sites. */

export const ZONE = 'geo.test'
export const NAME = 'www.geo.test'
export const TTL_SECONDS = 60

export interface Site {
  readonly id: string
  /** Last octet of its addresses; the generator tells the sites apart by it. */
  readonly octet: number
  readonly lat: number
  readonly lon: number
  readonly country: string
  /** Who gets it from a responder that knows no distances. */
  readonly continents: readonly string[]
}

export const SITES: readonly Site[] = [
  { id: 'iad', octet: 1, lat: 39.04, lon: -77.49, country: 'US', continents: ['NA'] },
  { id: 'gru', octet: 2, lat: -23.55, lon: -46.63, country: 'BR', continents: ['SA'] },
  { id: 'fra', octet: 3, lat: 50.11, lon: 8.68, country: 'DE', continents: ['EU', 'AF'] },
  { id: 'nrt', octet: 4, lat: 35.68, lon: 139.69, country: 'JP', continents: ['AS'] },
  { id: 'syd', octet: 5, lat: -33.87, lon: 151.21, country: 'AU', continents: ['OC', 'AN'] },
]

export const ipv4Of = (site: Site): string => `192.0.2.${site.octet}`
export const ipv6Of = (site: Site): string => `2001:db8::${site.octet}`

/** Whoever has no place gets the first site. */
export const DEFAULT_SITE: Site = SITES[0]!
