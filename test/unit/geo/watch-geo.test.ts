import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { openGeo } from '../../../src/geo/open-geo.ts'
import { watchGeo } from '../../../src/geo/watch-geo.ts'
import { countryAt, type GeoDirectory, geoDirectory } from '../../helpers/geo-directory.ts'
import { flatCountry } from '../../helpers/geo-records.ts'
import { writeMmdb } from '../../helpers/mmdb-writer.ts'

const countryFile = (country: string) =>
  writeMmdb({ databaseType: 'country', ipVersion: 6, rows: [['8.8.8.0/24', flatCountry({ country })]] })

describe('hot swap', () => {
  /** A watch whose clock is turned by hand: each look is one turn. */
  const watched = async (t: TestContext, directory: GeoDirectory) => {
    const current = await openGeo(directory.options)
    const swaps: (string | null)[] = []
    const refusals: string[] = []
    let look = (): Promise<void> => assert.fail('nothing was scheduled')
    let stopped = 0
    const watch = watchGeo({
      ...directory.options,
      current,
      onSwap: (locator) => swaps.push(countryAt(locator, '8.8.8.8')),
      onRefused: (error) => refusals.push(error.message),
      schedule: (given) => {
        look = given
        return () => stopped++
      },
    })
    t.after(() => watch.close())
    return { look: () => look(), swaps, refusals, watch, stops: () => stopped, current }
  }
  const start = async (t: TestContext) => {
    const directory = geoDirectory(t)
    directory.write('own.mmdb', countryFile('DE'))
    return { directory, ...(await watched(t, directory)) }
  }

  test('nothing changed: nothing happens', async (t) => {
    const { look, swaps, refusals } = await start(t)
    for (let i = 0; i < 3; i++) await look()
    assert.deepEqual([swaps, refusals], [[], []])
  })
  test('a new file is taken at the second look at which it is still', async (t) => {
    const { directory, look, swaps, refusals } = await start(t)
    const whole = countryFile('JP')
    directory.write('own.mmdb', whole.subarray(0, 50))
    await look()
    directory.write('own.mmdb', whole.subarray(0, 100))
    await look()
    directory.write('own.mmdb', whole)
    await look()
    assert.deepEqual([swaps, refusals], [[], []])
    await look()
    assert.deepEqual(swaps, ['JP'])
    await look()
    assert.deepEqual([swaps, refusals], [['JP'], []])
  })
  test('a broken file is refused once, the old one stays; mended, it is taken (A3.4)', async (t) => {
    const { directory, look, swaps, refusals, current } = await start(t)
    const path = directory.write('own.mmdb', countryFile('JP').subarray(0, 80))
    for (let i = 0; i < 4; i++) await look()
    assert.deepEqual(swaps, [])
    assert.equal(refusals.length, 1)
    assert.ok((refusals[0] ?? '').startsWith(`${path}: no MaxMind DB metadata in its 80 octets`), refusals.join())
    assert.equal(countryAt(current, '8.8.8.8'), 'DE')
    directory.write('own.mmdb', countryFile('JP'))
    for (let i = 0; i < 3; i++) await look()
    assert.deepEqual([swaps, refusals.length], [['JP'], 1])
  })
  test('a file added, removed, and removed again', async (t) => {
    const { directory, look, swaps } = await start(t)
    directory.write(
      'newer.mmdb',
      writeMmdb({
        databaseType: 'country',
        ipVersion: 6,
        buildEpoch: 1_790_000_000,
        rows: [['8.8.8.0/24', flatCountry({ country: 'JP' })]],
      }),
    )
    for (let i = 0; i < 2; i++) await look()
    directory.remove('newer.mmdb')
    for (let i = 0; i < 2; i++) await look()
    directory.remove('own.mmdb')
    for (let i = 0; i < 2; i++) await look()
    assert.deepEqual(swaps, ['JP', 'DE', null])
  })
  test('overrides: taken, refused with line and column, taken away', async (t) => {
    const { directory, look, swaps, refusals } = await start(t)
    const path = directory.write('overrides.yaml', 'networks:\n  - { cidr: 8.8.8.0/24, country: FR }\n')
    for (let i = 0; i < 2; i++) await look()
    directory.write('overrides.yaml', 'networks:\n  - { cidr: 8.8.8.0/24, country: Germany }\n')
    for (let i = 0; i < 3; i++) await look()
    directory.remove('overrides.yaml')
    for (let i = 0; i < 2; i++) await look()
    assert.deepEqual(swaps, ['FR', 'DE'])
    assert.equal(refusals.length, 1)
    assert.ok((refusals[0] ?? '').includes(`${path}:2:34`), refusals.join())
  })
  test('a file that is only touched changes nothing', async (t) => {
    const { directory, look, swaps } = await start(t)
    utimesSync(join(directory.options.directory, 'own.mmdb'), 1, 1)
    for (let i = 0; i < 3; i++) await look()
    assert.deepEqual(swaps, [])
  })
  test('looks that overlap open one database', async (t) => {
    const { directory, look, swaps } = await start(t)
    directory.write('own.mmdb', countryFile('JP'))
    await look()
    await Promise.all([look(), look(), look()])
    assert.deepEqual(swaps, ['JP'])
  })
  test('closed while a database is opened: it is not handed over', async (t) => {
    const { directory, look, swaps, watch, stops } = await start(t)
    directory.write('own.mmdb', countryFile('JP'))
    await look()
    const last = look()
    watch.close()
    await last
    assert.deepEqual([swaps, stops()], [[], 1])
  })
})
