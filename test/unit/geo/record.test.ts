import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { iso31662 } from 'iso-3166'
import { type GeoRecord, readRecord } from '../../../src/geo/record.ts'
import { subdivisionCodeOf } from '../../../src/geo/subdivision-codes.ts'
import { SUBDIVISION_EXONYMS } from '../../../src/geo/subdivision-exonyms.ts'

const nowhere = (asn = 0, city: string | null = null): GeoRecord => ({ place: null, city, asn })
const point = { lat: 39.04, lon: -77.49 }
const at = { latitude: 39.04, longitude: -77.49 }
const virginia = { country: 'US', subdivision: 'VA', point }

describe('what a record says', () => {
  const rows: readonly (readonly [name: string, record: unknown, expected: GeoRecord])[] = [
    [
      'MaxMind City',
      {
        country: { iso_code: 'US' },
        subdivisions: [{ iso_code: 'VA' }, { iso_code: 'XX' }],
        city: { names: { en: 'Ashburn' } },
        location: { ...at, accuracy_radius: 20 },
      },
      { place: virginia, city: 'Ashburn', asn: 0 },
    ],
    [
      'MaxMind without a city: the country, not Kansas (A3.6)',
      { country: { iso_code: 'US' }, location: { latitude: 37.751, longitude: -97.822, accuracy_radius: 100 } },
      { place: { country: 'US', subdivision: null, point: null }, city: null, asn: 0 },
    ],
    [
      'MaxMind with an accuracy radius of 500 km: the country (A3.6)',
      { country: { iso_code: 'US' }, city: { names: { en: 'Somewhere' } }, location: { ...at, accuracy_radius: 500 } },
      { place: { country: 'US', subdivision: null, point: null }, city: 'Somewhere', asn: 0 },
    ],
    [
      'MaxMind, registered country only',
      { registered_country: { iso_code: 'FR' } },
      { place: { country: 'FR', subdivision: null, point: null }, city: null, asn: 0 },
    ],
    [
      'MaxMind, country before registered country',
      { country: { iso_code: 'GB' }, registered_country: { iso_code: 'FR' } },
      { place: { country: 'GB', subdivision: null, point: null }, city: null, asn: 0 },
    ],
    ['MaxMind, continent only', { continent: { code: 'EU' } }, nowhere()],
    ['MaxMind ASN', { autonomous_system_number: 15169, autonomous_system_organization: 'Google' }, nowhere(15169)],
    [
      'MaxMind Enterprise: ASN in traits',
      { country: { iso_code: 'US' }, traits: { autonomous_system_number: 7018 } },
      { place: { country: 'US', subdivision: null, point: null }, city: null, asn: 7018 },
    ],
    [
      'MaxMind anycast: no place',
      { country: { iso_code: 'US' }, traits: { is_anycast: true, autonomous_system_number: 13335 } },
      nowhere(13335),
    ],
    [
      'DB-IP native: subdivision by name',
      {
        country: { iso_code: 'US' },
        subdivisions: [{ names: { en: 'Virginia' } }],
        city: { names: { en: 'Ashburn' } },
        location: at,
      },
      { place: virginia, city: 'Ashburn', asn: 0 },
    ],
    [
      'flat city',
      { country_code: 'US', state1: 'Virginia', city: 'Ashburn', ...at },
      { place: virginia, city: 'Ashburn', asn: 0 },
    ],
    [
      'flat without a city: the country (A3.6)',
      { country_code: 'US', state1: '', city: '', latitude: 37.751, longitude: -97.822 },
      { place: { country: 'US', subdivision: null, point: null }, city: null, asn: 0 },
    ],
    [
      'flat with no city column at all: its point',
      { country_code: 'US', ...at },
      { place: { country: 'US', subdivision: null, point }, city: null, asn: 0 },
    ],
    [
      'flat country',
      { country_code: 'DE' },
      { place: { country: 'DE', subdivision: null, point: null }, city: null, asn: 0 },
    ],
    [
      'IPinfo location: country is a name, country_code the code (A3.7)',
      { country: 'Australia', country_code: 'AU', continent_code: 'OC' },
      { place: { country: 'AU', subdivision: null, point: null }, city: null, asn: 0 },
    ],
    [
      'IPinfo country_asn: country is the code, asn has letters (A3.7)',
      { country: 'AU', country_name: 'Australia', asn: 'AS13335' },
      { place: { country: 'AU', subdivision: null, point: null }, city: null, asn: 13335 },
    ],
    [
      'IPinfo standard: coordinates are text (A3.7)',
      { city: 'Ashburn', country: 'US', region: 'Virginia', lat: '39.04', lng: '-77.49' },
      { place: virginia, city: 'Ashburn', asn: 0 },
    ],
    [
      'IPinfo extended: region is a code beside region_name, radius is text',
      {
        city: 'Sydney',
        country: 'AU',
        country_name: 'Australia',
        region: 'NSW',
        region_name: 'New South Wales',
        latitude: '-33.86',
        longitude: '151.2',
        radius: '5000',
      },
      { place: { country: 'AU', subdivision: 'NSW', point: null }, city: 'Sydney', asn: 0 },
    ],
    [
      'IPinfo core: region_code',
      {
        country_code: 'US',
        region: 'Virginia',
        region_code: 'VA',
        city: 'Ashburn',
        ...at,
        asn: 'AS1',
        is_anycast: false,
      },
      { place: virginia, city: 'Ashburn', asn: 1 },
    ],
    [
      'IPinfo core, anycast: no place',
      { country_code: 'AU', city: 'Sydney', latitude: -33.8, longitude: 151.2, asn: 'AS13335', is_anycast: true },
      nowhere(13335, 'Sydney'),
    ],
    [
      'IPinfo ASN: the registrant is not a place',
      { asn: 'AS3356', country: 'US', name: 'Level 3', type: 'isp' },
      nowhere(3356),
    ],
    [
      'coordinates beyond the globe',
      { country_code: 'US', city: 'X', latitude: 139, longitude: 35 },
      { place: { country: 'US', subdivision: null, point: null }, city: 'X', asn: 0 },
    ],
    [
      'coordinates that are no numbers',
      { country_code: 'US', city: 'X', latitude: Number.NaN, longitude: '' },
      { place: { country: 'US', subdivision: null, point: null }, city: 'X', asn: 0 },
    ],
    [
      '0, 0 is a missing value',
      { country_code: 'GH', city: 'X', latitude: 0, longitude: 0 },
      { place: { country: 'GH', subdivision: null, point: null }, city: 'X', asn: 0 },
    ],
    ['an ASN beyond 2^31', { asn: 4_200_000_001 }, nowhere()],
    ['an ASN that is no number', { asn: 'ASfoo' }, nowhere()],
    ['no record', undefined, nowhere()],
    ['a text', 'US', nowhere()],
    ['a list', [{ country_code: 'US' }], nowhere()],
    ['keys of Object.prototype', { __proto__: null, constructor: 'US' }, nowhere()],
  ]
  for (const [name, record, expected] of rows) test(name, () => assert.deepEqual(readRecord(record), expected))

  for (const code of ['ZZ', 'XX', 'EU', 'AP', 'A1', 'A2', 'O1', 'BP', 'FL', '', 'us', 'USA', '--']) {
    test(`country ${JSON.stringify(code)} is none`, () => {
      assert.equal(readRecord({ country_code: code }).place, null)
      assert.equal(readRecord({ country: { iso_code: code } }).place, null)
    })
  }

  test('what is returned is our own: changing the record later changes nothing (A3.5)', () => {
    const record = { country_code: 'US', city: 'Ashburn', ...at }
    const { place } = readRecord(record)
    record.latitude = 0
    record.country_code = 'DE'
    assert.deepEqual(place, { country: 'US', subdivision: null, point })
  })
})

describe('subdivisions by name', () => {
  const rows: readonly (readonly [country: string, name: string, code: string | null])[] = [
    ['US', 'Virginia', 'VA'],
    ['US', 'virginia', 'VA'],
    ['US', 'West Virginia', 'WV'],
    ['US', 'Washington', 'WA'],
    ['US', 'District of Columbia', 'DC'],
    ['CA', 'Quebec', 'QC'],
    ['DE', 'Bavaria', 'BY'],
    ['DE', 'Bayern', 'BY'],
    ['DE', 'State of Berlin', 'BE'],
    ['CN', 'Guangdong', 'GD'],
    ['CN', 'Beijing', 'BJ'],
    ['RU', 'Moscow', 'MOW'],
    ['RU', 'Moscow Oblast', 'MOS'],
    ['UA', 'Kyiv City', '30'],
    ['BR', 'São Paulo', 'SP'],
    ['BR', 'Sao Paulo', 'SP'],
    ['JP', 'Tokyo', '13'],
    ['SE', 'Skane', 'M'],
    ['PL', 'Mazovia', '14'],
    ['GB', 'England', 'ENG'],
    ['US', 'Bavaria', null],
    ['US', '', null],
    ['ZZ', 'Virginia', null],
  ]
  for (const [country, name, code] of rows)
    test(`${country} ${name} → ${code}`, () => assert.equal(subdivisionCodeOf(country, name), code))

  test('every code of the table of English names is one of ISO 3166-2', () => {
    const known = new Set(iso31662.map(({ code }) => code))
    const ours = Object.entries(SUBDIVISION_EXONYMS).flatMap(([country, codes]) =>
      Object.keys(codes).map((code) => `${country}-${code}`),
    )
    assert.deepEqual(
      ours.filter((code) => !known.has(code)),
      [],
    )
  })
})
