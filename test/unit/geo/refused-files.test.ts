import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { PLACE_PROBES } from '../../../src/geo/probes.ts'
import { countryAt, geoDirectory } from '../../helpers/geo-directory.ts'
import { ashburn, berlin, database, flatCity, flatCountry } from '../../helpers/geo-records.ts'
import { writeMmdb } from '../../helpers/mmdb-writer.ts'

const both = [
  ['8.8.8.0/24', ashburn],
  ['2a00:1450::/32', berlin],
] as const

describe('files that cannot be used are refused', () => {
  const good = database(flatCity, both)
  const treeEnd = good.indexOf(Buffer.alloc(16)) + 16
  const damaged = (change: (bytes: Buffer) => void): Buffer => {
    const copy = Buffer.from(good)
    change(copy)
    return copy
  }
  const probes = (country: (expected: string) => string): Buffer =>
    database(
      flatCountry,
      PLACE_PROBES.map(([text, expected]) => [text, { country: country(expected) }]),
    )

  const rows: readonly (readonly [name: string, content: Buffer, message: RegExp])[] = [
    ['empty', Buffer.alloc(0), /no MaxMind DB metadata in its 0 octets/],
    ['a text', Buffer.from('<html>404 Not Found</html>'), /no MaxMind DB metadata/],
    ['the first half', good.subarray(0, good.length / 2), /no MaxMind DB metadata/],
    ['all but the last octet', good.subarray(0, -1), /metadata goes on beyond its \d+ octets: cut off/],
    ['its head is missing', good.subarray(600), /promises \d+ nodes|outside the file's nodes/],
    ['preallocated, then cut off', damaged((bytes) => bytes.fill(0, 100)), /no MaxMind DB metadata/],
    ['a tree of zeros', damaged((bytes) => bytes.fill(0, 0, treeEnd - 16)), /goes on beyond|runs in circles/],
    [
      'data of zeros',
      damaged((bytes) => bytes.fill(0, treeEnd, bytes.lastIndexOf(Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')))),
      /cannot be decoded/,
    ],
    [
      'more nodes than octets (A3.8)',
      database(flatCity, both, { metadata: { node_count: 100_000 } }),
      /promises 100000 nodes/,
    ],
    ['no nodes', database(flatCity, both, { metadata: { node_count: 0 } }), /promises 0 nodes/],
    ['IP version 5', database(flatCity, both, { metadata: { ip_version: 5 } }), /ip_version is 5: expected 4 or 6/],
    [
      'record size 20',
      database(flatCity, both, { metadata: { record_size: 20 } }),
      /metadata cannot be read.*record size/,
    ],
    ['an IPv6 tree called IPv4', database(flatCity, both, { metadata: { ip_version: 4 } }), /goes on beyond/],
    ['a gzip cut off', gzipSync(good).subarray(0, -20), /cannot be unzipped/],
    [
      'of another kind',
      writeMmdb({
        databaseType: 'GeoIP2-Connection-Type',
        ipVersion: 4,
        rows: [['8.8.8.0/24', { connection_type: 'Cable/DSL' }]],
      }),
      /hold no country, no point and no AS number.*GeoIP2-Connection-Type|GeoIP2-Connection-Type.*hold no country/,
    ],
    [
      'no rows',
      writeMmdb({ databaseType: 'GeoIP2-City', ipVersion: 4, rows: [['8.8.8.0/24', null]] }),
      /its 0 records/,
    ],
    [
      'readable, but every country is another',
      probes((country) => ({ US: 'KP', DE: 'NR' })[country] ?? 'TV'),
      /nonsense: \d+ of \d+ well-known networks are misplaced, such as 18\.7\.22\.69 in KP instead of US/,
    ],
    [
      'readable, but the coordinates are garbage (A3.8)',
      database(
        flatCity,
        ['US', 'JP', 'CN', 'AU', 'BR', 'DE'].map((country, i) => [
          `8.8.${i}.0/24`,
          { country, city: 'X', lat: 1e-30, lon: 1e-30 },
        ]),
      ),
      /nonsense: \d of 6 places are more than 6000 km/,
    ],
  ]
  for (const [name, content, message] of rows) {
    test(name, (t) => {
      const directory = geoDirectory(t)
      const path = directory.write('own.mmdb', content)
      assert.throws(
        () => directory.load(),
        (error: Error) => {
          assert.equal(error.name, 'GeoDataError')
          assert.ok(error.message.startsWith(`${path}: `), error.message)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }
  test('well-known networks in their own countries are no nonsense', (t) => {
    const directory = geoDirectory(t)
    directory.write(
      'own.mmdb',
      probes((country) => country),
    )
    assert.equal(countryAt(directory.load(), '133.11.0.1'), 'JP')
  })
})
