import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAddress } from '../../../src/domain/address.ts'
import { lookUpPrefix, walkPrefixes } from '../../../src/domain/prefix-tree.ts'
import type { GeoLocator } from '../../../src/ports/geo-locator.ts'
import { addressOf, countryAt, geoDirectory } from '../../helpers/geo-directory.ts'
import { ashburn, berlin, database, flatCity, flatCountry } from '../../helpers/geo-records.ts'

describe('traps', () => {
  test('IPv6 addresses in a file for IPv4 alone are nowhere (A3.1)', (t) => {
    const directory = geoDirectory(t)
    directory.write(
      'own.mmdb',
      database(
        flatCountry,
        [
          ['0.0.0.0/1', berlin],
          ['128.0.0.0/1', berlin],
        ],
        { ipVersion: 4 },
      ),
    )
    const geo = directory.load()
    assert.deepEqual(
      ['2a00:1450::1', '2001:4860::8888', 'ffff::1'].map((text) => geo.locate(addressOf(text))),
      Array(3).fill({ locationId: 0, prefixLength: 0 }),
    )
    assert.equal(countryAt(geo, '8.8.8.8'), 'DE')
  })

  const geoOfAll = (t: Parameters<typeof geoDirectory>[0]): GeoLocator => {
    const directory = geoDirectory(t)
    const rows = [
      ['0.0.0.0/1', berlin],
      ['128.0.0.0/1', berlin],
      ['8.8.8.0/24', ashburn],
      ['2000::/3', { country: 'JP' }],
      ['f000::/4', { country: 'JP' }],
    ] as const
    directory.write(
      'own.mmdb',
      database(flatCity, rows, { aliases: ['2002::/16', '::ffff:0:0/96', '2001::/32', '64:ff9b::/96'] }),
    )
    return directory.load()
  }
  test('v4-mapped, NAT64 and 6to4 addresses are the IPv4 address inside (A3.2)', (t) => {
    const geo = geoOfAll(t)
    const direct = geo.locate(addressOf('8.8.8.8'))
    for (const text of ['::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1'])
      assert.deepEqual(geo.locate(addressOf(text)), direct, text)
  })
  test('the IPv4 tree that a file repeats under 2002::/16 and its like does not count as IPv6', (t) => {
    const { tree, locations } = geoOfAll(t)
    const inAlias: string[] = []
    walkPrefixes(tree, 6, (bytes, length, value) => {
      if (bytes[0] === 0x20 && bytes[1] === 0x02 && length >= 16 && locations[value]?.country !== null)
        inAlias.push(String(bytes))
    })
    assert.deepEqual(inAlias, [])
    assert.equal(lookUpPrefix(tree, addressOf('2002:808:808::1')).value, 0)
    assert.equal(lookUpPrefix(tree, addressOf('::ffff:8.8.8.8')).value, 0)
  })
  for (const text of [
    '0.1.2.3',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '172.16.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '2001:db8::1',
    '2001::1',
    '3fff::1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '::1',
    '::',
  ]) {
    test(`${text} is nowhere, whatever the file says`, (t) => {
      const geo = geoOfAll(t)
      assert.equal(geo.locate(addressOf(text)).locationId, 0)
      assert.equal(countryAt(geo, '9.9.9.9'), 'DE')
    })
  }
  for (const text of [
    '8.8.8',
    '1.2.3.4.5',
    '8.8.8.8/24',
    '08.8.8.8',
    ' 8.8.8.8',
    '8.8.8.8 ',
    '',
    '::ffff:8.8.8',
    '1::2::3',
    'x',
  ]) {
    test(`${JSON.stringify(text)} is no address and reaches no database (A3.3)`, () =>
      assert.equal(parseAddress(text), null))
  }
  test('networks finer than /64 are taken from their first address', (t) => {
    const directory = geoDirectory(t)
    directory.write(
      'own.mmdb',
      database(flatCountry, [
        ['2a00:1450::/65', berlin],
        ['2a00:1450:0:0:8000::/65', ashburn],
      ]),
    )
    const geo = directory.load()
    for (const text of ['2a00:1450::1', '2a00:1450::8000:0:0:1']) {
      assert.equal(countryAt(geo, text), 'DE')
      assert.equal(geo.locate(addressOf(text)).prefixLength, 64)
    }
  })
})
