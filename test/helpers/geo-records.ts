/** One row of a database in each of the schemas that are about, with the field names and types of the real files. */
import { double, float, type MmdbOptions, type MmdbValue, writeMmdb } from './mmdb-writer.ts'

export interface SampleRow {
  readonly country: string
  /** ISO 3166-2 without the country. */
  readonly subdivision?: string
  /** As the flat schema writes it. */
  readonly subdivisionName?: string
  readonly city?: string
  readonly lat?: number
  readonly lon?: number
  readonly radiusKm?: number
  readonly asn?: number
}

export type Schema = (row: SampleRow) => MmdbValue

const present = (fields: Readonly<Record<string, MmdbValue | undefined>>): MmdbValue =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, MmdbValue] => entry[1] !== undefined))

const names = (en: string | undefined): MmdbValue | undefined => (en === undefined ? undefined : { names: { en } })

/** GeoIP2 and GeoLite2 City; Country is the same without city, location and subdivisions. */
export const maxmindCity: Schema = ({ country, subdivision, subdivisionName, city, lat, lon, radiusKm }) =>
  present({
    continent: { code: 'EU', geoname_id: 6255148 },
    country: { geoname_id: 2635167, iso_code: country, names: { en: country } },
    registered_country: { geoname_id: 3017382, iso_code: 'FR' },
    city: names(city),
    location:
      lat === undefined
        ? undefined
        : present({
            accuracy_radius: radiusKm ?? 20,
            latitude: double(lat),
            longitude: double(lon ?? 0),
            time_zone: 'UTC',
          }),
    subdivisions:
      subdivision === undefined
        ? undefined
        : [{ iso_code: subdivision, names: { en: subdivisionName ?? subdivision } }],
  })

export const maxmindAsn: Schema = ({ asn = 0 }) => ({
  autonomous_system_number: asn,
  autonomous_system_organization: 'Example Ltd',
})

/** DB-IP's own City Lite: as MaxMind, but subdivisions have names only. */
export const dbipCity: Schema = ({ country, subdivisionName, city, lat, lon }) =>
  present({
    city: names(city),
    continent: { code: 'NA', names: { en: 'North America' } },
    country: { iso_code: country, is_in_european_union: false, names: { en: country } },
    location: lat === undefined ? undefined : { latitude: float(lat), longitude: float(lon ?? 0) },
    subdivisions: subdivisionName === undefined ? undefined : [{ names: { en: subdivisionName } }],
  })

export const flatCity: Schema = ({ country, subdivisionName, city, lat, lon }) => ({
  city: city ?? '',
  country_code: country,
  latitude: float(lat ?? 0),
  longitude: float(lon ?? 0),
  postcode: '',
  state1: subdivisionName ?? '',
  state2: '',
  timezone: '',
})

export const flatCountry: Schema = ({ country }) => ({ country_code: country })

/** IPinfo's current location file. */
export const ipinfoLocation: Schema = ({ country, subdivision, subdivisionName, city, lat, lon }) =>
  present({
    city: city ?? '',
    continent: 'Europe',
    continent_code: 'EU',
    country: `Land of ${country}`,
    country_code: country,
    latitude: double(lat ?? 0),
    longitude: double(lon ?? 0),
    region: subdivisionName ?? '',
    region_code: subdivision,
  })

/** Its older one: everything is text. */
export const ipinfoStandard: Schema = ({ country, subdivisionName, city, lat, lon }) => ({
  city: city ?? '',
  country,
  lat: String(lat ?? ''),
  lng: String(lon ?? ''),
  region: subdivisionName ?? '',
  timezone: 'UTC',
})

export const ipinfoCountryAsn: Schema = ({ country, asn }) => ({
  as_domain: 'example.net',
  as_name: 'Example Ltd',
  asn: `AS${asn ?? 0}`,
  continent: 'EU',
  continent_name: 'Europe',
  country,
  country_name: `Land of ${country}`,
})

export const ipinfoAsn: Schema = ({ country, asn }) => ({
  asn: `AS${asn ?? 0}`,
  country,
  domain: 'example.net',
  name: 'Example Ltd',
  type: 'isp',
})

export const ashburn: SampleRow = {
  country: 'US',
  subdivision: 'VA',
  subdivisionName: 'Virginia',
  city: 'Ashburn',
  lat: 39.04,
  lon: -77.49,
  asn: 64500,
}
export const berlin: SampleRow = {
  country: 'DE',
  subdivision: 'BE',
  subdivisionName: 'Berlin',
  city: 'Berlin',
  lat: 52.52,
  lon: 13.4,
  asn: 64501,
}

/** A file of these networks in this schema; for both families, unless told otherwise. */
export const database = (
  schema: Schema,
  rows: readonly (readonly [cidr: string, row: SampleRow])[],
  rest: Partial<MmdbOptions> = {},
): Buffer =>
  writeMmdb({ databaseType: 'test', ipVersion: 6, rows: rows.map(([cidr, row]) => [cidr, schema(row)]), ...rest })
