/**
 * From a decoded record of any of the schemas that are about to one form (latency.md A4). Two shapes exist:
 * nested (MaxMind GeoIP2 and GeoLite2, DB-IP native, IP2Location: `country.iso_code`, `location.latitude`) and flat
 * (ip-location-db, IPinfo: `country_code`, `latitude` or `lat`, numbers or strings).
 */
import { COUNTRIES } from '../domain/countries.ts'
import type { GeoPoint } from '../domain/place.ts'
import { MAX_LEAF_VALUE } from '../domain/prefix-tree.ts'
import type { RecordedPlace } from './location-classes.ts'
import { subdivisionCodeOf } from './subdivision-codes.ts'

export interface GeoRecord {
  /** Null when the record places nobody. */
  readonly place: RecordedPlace | null
  /** English name, for people; null when the record has none. */
  readonly city: string | null
  /** 0 when the record has none. */
  readonly asn: number
}

type Fields = Readonly<Record<string, unknown>>

const NOTHING: GeoRecord = Object.freeze({ place: null, city: null, asn: 0 })

/** Rows this vague name a country in the disguise of a point (latency.md A3, trap 6). */
const VAGUE_RADIUS_KM = 500

/** Total: whatever the record is. What it does not understand it leaves out. */
export function readRecord(record: unknown): GeoRecord {
  const fields = fieldsOf(record)
  if (fields === null) return NOTHING
  return isNested(fields) ? readNested(fields) : readFlat(fields)
}

const isNested = (fields: Fields): boolean =>
  ['country', 'registered_country', 'continent', 'location', 'city', 'traits'].some((key) => fieldsOf(fields[key])) ||
  'autonomous_system_number' in fields

function readNested(fields: Fields): GeoRecord {
  const location = fieldsOf(fields.location)
  const country =
    countryOf(fieldsOf(fields.country)?.iso_code) ?? countryOf(fieldsOf(fields.registered_country)?.iso_code)
  const subdivision = Array.isArray(fields.subdivisions) ? fieldsOf(fields.subdivisions[0]) : null
  const city = textOf(fieldsOf(fieldsOf(fields.city)?.names)?.en)
  const traits = fieldsOf(fields.traits)
  return {
    place: placeOf({
      country,
      subdivision: codeOf(subdivision?.iso_code) ?? nameToCode(country, fieldsOf(subdivision?.names)?.en),
      point: pointOf(location?.latitude, location?.longitude),
      knowsTheCity: city !== null,
      radiusKm: numberOf(location?.accuracy_radius),
      isAnycast: isTrue(traits?.is_anycast),
    }),
    city,
    asn: asnOf(fields.autonomous_system_number ?? traits?.autonomous_system_number),
  }
}

function readFlat(fields: Fields): GeoRecord {
  const country = countryOf(fields.country_code) ?? countryOf(fields.country)
  const city = textOf(fields.city)
  const point = pointOf(fields.latitude ?? fields.lat, fields.longitude ?? fields.lng)
  // IPinfo's ASN, company and abuse files have the registrant's `country` and no other word about the place.
  const isPlace =
    point !== null ||
    ['country_code', 'country_name', 'continent', 'continent_code', 'city'].some((key) => key in fields)
  return {
    place: isPlace
      ? placeOf({
          country,
          subdivision:
            codeOf(fields.region_code) ?? nameToCode(country, fields.region_name ?? fields.region ?? fields.state1),
          point,
          knowsTheCity: city !== null || !('city' in fields),
          radiusKm: numberOf(fields.radius),
          isAnycast: isTrue(fields.is_anycast),
        })
      : null,
    city,
    asn: asnOf(fields.asn),
  }
}

interface PlaceFields {
  readonly country: string | null
  readonly subdivision: string | null
  readonly point: GeoPoint | null
  readonly knowsTheCity: boolean
  readonly radiusKm: number | null
  /** The network is announced in many places: none of them is where a client is. */
  readonly isAnycast: boolean
}

function placeOf(fields: PlaceFields): RecordedPlace | null {
  if (fields.isAnycast) return null
  const isVague = !fields.knowsTheCity || (fields.radiusKm ?? 0) >= VAGUE_RADIUS_KM
  const point = isVague ? null : fields.point
  if (fields.country === null && point === null) return null
  return { country: fields.country, subdivision: fields.subdivision, point }
}

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null

/** IPinfo's older files write numbers and flags as text. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

const isTrue = (value: unknown): boolean => value === true || value === 'true'

/** Only real countries: ZZ, XX, EU, AP, A1, A2, O1 and their like name no place. */
const countryOf = (value: unknown): string | null => (typeof value === 'string' && COUNTRIES.has(value) ? value : null)

const codeOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[A-Z0-9]{1,3}$/.test(value) ? value : null

const nameToCode = (country: string | null, name: unknown): string | null =>
  country === null || typeof name !== 'string' ? null : subdivisionCodeOf(country, name)

/** 0, 0 is a missing value in the sea, not a place. */
function pointOf(latitude: unknown, longitude: unknown): GeoPoint | null {
  const lat = numberOf(latitude)
  const lon = numberOf(longitude)
  if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180 || (lat === 0 && lon === 0)) return null
  return { lat, lon }
}

/** 13335, '13335' or 'AS13335'. Numbers from 2^31 on (RFC 6996: private use) are never announced and do not fit a leaf. */
function asnOf(value: unknown): number {
  const asn = typeof value === 'string' ? Number(value.replace(/^AS/i, '')) : value
  return typeof asn === 'number' && Number.isSafeInteger(asn) && asn > 0 && asn <= MAX_LEAF_VALUE ? asn : 0
}
