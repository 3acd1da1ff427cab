import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readOverrides } from '../../../src/geo/overrides.ts'
import { addressOf, geoDirectory } from '../../helpers/geo-directory.ts'
import { flatCity, maxmindAsn } from '../../helpers/geo-records.ts'
import { writeMmdb } from '../../helpers/mmdb-writer.ts'

const read = (text: string) => readOverrides('overrides.yaml', Buffer.from(text))

describe('what is refused', () => {
  const rows: readonly (readonly [text: string, message: string])[] = [
    [
      'networks:\n  - { cidr: 10.1.0.1/16, country: DE }',
      'overrides.yaml:2:13 error bad-cidr networks[0].cidr: `cidr` "10.1.0.1/16" has bits beyond its length — did you mean 10.1.0.0/16?',
    ],
    [
      'networks:\n  - { cidr: 10.1.0.0/33, country: DE }',
      'overrides.yaml:2:13 error bad-cidr networks[0].cidr: `cidr` "10.1.0.0/33" is longer than its address',
    ],
    [
      'networks:\n  - { cidr: 10.1, country: DE }',
      'overrides.yaml:2:13 error bad-cidr networks[0].cidr: `cidr` 10.1 is no network — expected a network such as 10.1.0.0/16',
    ],
    ['networks:\n  - { country: DE }', 'overrides.yaml:2:5 error missing-key networks[0]: the row has no `cidr`'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16 }',
      'overrides.yaml:2:5 error empty-override networks[0]: the row says nothing of where the network is — add `country`, or `lat` and `lon`, or `asn`',
    ],
    ['networks:\n  - { cidr: 10.1.0.0/16, city: Berlin }', 'empty-override'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, country: Germany }',
      '2:35 error bad-value networks[0].country: `country` is "Germany" — expected an ISO 3166-1 code',
    ],
    ['networks:\n  - { cidr: 10.1.0.0/16, country: de }', '`country` is "de"'],
    ['networks:\n  - { cidr: 10.1.0.0/16, country: ZZ }', '`country` is "ZZ"'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, lat: 50 }',
      'overrides.yaml:2:5 error missing-key networks[0]: the row has `lat` but no `lon`',
    ],
    ['networks:\n  - { cidr: 10.1.0.0/16, lon: 8, country: DE }', 'the row has `lon` but no `lat`'],
    ['networks:\n  - { cidr: 10.1.0.0/16, lat: 91, lon: 8 }', '`lat` is 91 — expected a number from -90 to 90'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, lat: 50, lon: -180.1 }',
      '`lon` is -180.1 — expected a number from -180 to 180',
    ],
    ["networks:\n  - { cidr: 10.1.0.0/16, lat: '50', lon: 8 }", '`lat` is "50"'],
    ['networks:\n  - { cidr: 10.1.0.0/16, lat: .nan, lon: 8 }', '`lat` is NaN'],
    ['networks:\n  - { cidr: 10.1.0.0/16, asn: 0 }', '`asn` is 0'],
    ['networks:\n  - { cidr: 10.1.0.0/16, asn: 1.5 }', '`asn` is 1.5 — expected a whole number'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, asn: 4200000000 }',
      '`asn` is 4200000000 — expected a number from 1 to 2147483647',
    ],
    ['networks:\n  - { cidr: 10.1.0.0/16, asn: AS64512 }', '`asn` is "AS64512"'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, country: US, subdivision: Virginia }',
      '`subdivision` is "Virginia" — expected an ISO 3166-2 code such as VA',
    ],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, country: US, subdivision: DE-BY }',
      '`subdivision` is "DE-BY" — expected one of US',
    ],
    ['networks:\n  - { cidr: 10.1.0.0/16, lat: 1, lon: 1, subdivision: VA }', 'expected a `country` beside it'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, country: DE, contry: DE }',
      'overrides.yaml:2:39 error unknown-key networks[0].contry: `contry` is no key here — did you mean `country`?',
    ],
    [
      'network: []',
      'overrides.yaml:1:1 error unknown-key network: `network` is no key here — did you mean `networks`?',
    ],
    ['networks: { cidr: 10.1.0.0/16 }', '`networks` is a mapping — expected a list'],
    ['networks: [10.1.0.0/16]', 'the row is "10.1.0.0/16" — expected a mapping'],
    [
      'networks:\n  - { cidr: 10.1.0.0/16, country: DE }\n  - { cidr: 10.1.0.0/16, country: FR }',
      'overrides.yaml:3:13 error duplicate-network networks[1].cidr: 10.1.0.0/16 is placed twice, first on line 2',
    ],
    ['networks:\n  - { cidr: 10.1.0.0/16, country: DE, country: FR }', 'overrides.yaml:2:'],
    ['networks: [', 'overrides.yaml:1:'],
    ['- 1', 'the document is not a mapping'],
    ['networks:\n  - { cidr: 10.1.0.0/16, country: DE, __proto__: 1 }', '__proto__'],
    [
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nnetworks: [*e,*e,*e,*e,*e,*e,*e]',
      'too-many-values',
    ],
    ['networks: []\n---\nnetworks: []', 'more than one YAML document'],
  ]
  for (const [text, message] of rows) {
    test(message, () => {
      assert.throws(
        () => read(text),
        (error: Error) => {
          assert.equal(error.name, 'GeoDataError')
          assert.ok(error.message.startsWith('overrides.yaml: not used, because of\n'), error.message)
          assert.ok(error.message.includes(message), error.message)
          return true
        },
      )
    })
  }
  test('all problems at once', () => {
    assert.throws(
      () => read('networks:\n  - { cidr: x, country: y }\n  - { cidr: z, lat: 1 }'),
      (error: Error) => error.message.split('\n').length >= 5,
    )
  })
  test('no UTF-8', () =>
    assert.throws(() => readOverrides('overrides.yaml', Buffer.from([0x61, 0xff])), /invalid-utf8/))
})

describe('what is none', () => {
  for (const text of ['', '# nothing yet\n', 'networks:\n', 'networks: []\n', '---\n'])
    test(JSON.stringify(text), () => assert.deepEqual(read(text), []))
  test('the sample in geo-data', () => {
    const path = new URL('../../../geo-data/overrides.yaml', import.meta.url)
    assert.deepEqual(readOverrides('overrides.yaml', readFileSync(path)), [])
  })
  test('the sample, its examples uncommented', () => {
    const path = new URL('../../../geo-data/overrides.yaml', import.meta.url)
    const text = readFileSync(path, 'utf8')
      .replace(/^networks: \[\]$/m, '')
      .replace(/^# (networks:| +- )/gm, '$1')
    assert.ok(read(text).length >= 3)
  })
})

describe('over the database', () => {
  const open = (t: Parameters<typeof geoDirectory>[0], overrides: string) => {
    const directory = geoDirectory(t)
    const ashburn = flatCity({ country: 'US', subdivisionName: 'Virginia', city: 'Ashburn', lat: 39.04, lon: -77.49 })
    directory.write(
      'city.mmdb',
      writeMmdb({
        databaseType: 'city',
        ipVersion: 6,
        rows: [
          ['8.8.0.0/16', ashburn],
          ['2a00:1450::/32', ashburn],
        ],
      }),
    )
    directory.write(
      'asn.mmdb',
      writeMmdb({
        databaseType: 'asn',
        ipVersion: 6,
        rows: [['8.8.0.0/16', maxmindAsn({ country: 'US', asn: 15169 })]],
      }),
    )
    directory.write('overrides.yaml', overrides)
    return directory.load()
  }
  test('exactly where the row says, beside the database elsewhere', (t) => {
    const geo = open(
      t,
      'networks: [{ cidr: 8.8.8.0/24, country: US, subdivision: US-CA, lat: 37.3861, lon: -122.0839, city: Mountain View }]',
    )
    const { locationId, prefixLength } = geo.locate(addressOf('8.8.8.8'))
    assert.equal(prefixLength, 24)
    assert.deepEqual(geo.locations[locationId], {
      country: 'US',
      subdivision: 'CA',
      continent: 'NA',
      subregion: 21,
      point: { lat: 37.3861, lon: -122.0839 },
      radiusKm: 0,
      precision: 'override',
      asn: null,
    })
    assert.equal(geo.describe(addressOf('8.8.8.8'))?.city, 'Mountain View')
    assert.equal(geo.asnOf(addressOf('8.8.8.8')), 15169)
    assert.deepEqual(
      [
        geo.locations[geo.locate(addressOf('8.8.9.8')).locationId]?.subdivision,
        geo.locate(addressOf('8.8.9.8')).prefixLength,
      ],
      ['VA', 24],
    )
  })
  test('a country alone: its centroid', (t) => {
    const geo = open(t, 'networks: [{ cidr: 8.8.8.0/24, country: DE }]')
    const { point, radiusKm, precision } = geo.locations[geo.locate(addressOf('8.8.8.8')).locationId] ?? assert.fail()
    assert.deepEqual(
      { point, radiusKm, precision },
      { point: { lat: 50.11, lon: 8.68 }, radiusKm: 153, precision: 'override' },
    )
  })
  test('a point alone is in no country', (t) => {
    const geo = open(t, 'networks: [{ cidr: 8.8.8.0/24, lat: 0, lon: 0 }]')
    const { point, country } = geo.locations[geo.locate(addressOf('8.8.8.8')).locationId] ?? assert.fail()
    assert.deepEqual({ point, country }, { point: { lat: 0, lon: 0 }, country: null })
  })
  test('an AS number alone leaves the place', (t) => {
    const geo = open(t, 'networks: [{ cidr: 8.8.8.0/24, asn: 64512 }]')
    assert.deepEqual([geo.asnOf(addressOf('8.8.8.8')), geo.asnOf(addressOf('8.8.9.8'))], [64512, 15169])
    assert.equal(geo.describe(addressOf('8.8.8.8'))?.city, 'Ashburn')
    assert.equal(geo.describe(addressOf('8.8.8.8'))?.source, 'city.mmdb')
  })
  test('the longest network wins, whatever the order; IPv6 and single addresses too', (t) => {
    const geo = open(
      t,
      `networks:
  - { cidr: 8.8.8.8, country: FR }
  - { cidr: 8.8.8.0/24, country: DE }
  - { cidr: 8.8.0.0/16, country: JP }
  - { cidr: '2a00:1450::/48', country: SE }
  - { cidr: '2001:db8::/32', country: NO }
`,
    )
    const countries = [
      '8.8.8.8',
      '8.8.8.9',
      '8.8.9.9',
      '2a00:1450::1',
      '2a00:1450:1::1',
      '2001:db8::1',
      '::ffff:8.8.8.8',
    ].map((text) => geo.locations[geo.locate(addressOf(text)).locationId]?.country)
    assert.deepEqual(countries, ['FR', 'DE', 'JP', 'SE', 'US', 'NO', 'FR'])
  })
  test('the digest tells databases with other overrides apart', (t) => {
    const digests = [
      '',
      'networks: [{ cidr: 8.8.8.0/24, country: DE }]',
      'networks: [{ cidr: 8.8.8.0/24, country: FR }]',
    ].map((text) => open(t, text).digest)
    assert.equal(new Set(digests).size, 3)
  })
})
