import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { openGeo } from '../../../src/geo/open-geo.ts'
import type { GeoProgress } from '../../../src/geo/read-sources.ts'
import { countryAt, type GeoDirectory, geoDirectory } from '../../helpers/geo-directory.ts'
import { flatCountry } from '../../helpers/geo-records.ts'
import { writeMmdb } from '../../helpers/mmdb-writer.ts'

const countryFile = (country: string) =>
  writeMmdb({ databaseType: 'country', ipVersion: 6, rows: [['8.8.8.0/24', flatCountry({ country })]] })
const cacheFiles = ({ options }: GeoDirectory) => readdirSync(options.cacheDirectory).sort()

describe('the cache', () => {
  const opened = (directory: GeoDirectory) => {
    const phases: GeoProgress[] = []
    const geo = directory.load((progress) => phases.push(progress))
    return { geo, compiled: phases.length > 0 }
  }
  const fresh = (t: TestContext) => {
    const directory = geoDirectory(t)
    const path = directory.write('own.mmdb', countryFile('DE'))
    return { directory, path }
  }

  test('is used the second time, and says the same', async (t) => {
    const { directory } = fresh(t)
    const phases: GeoProgress[] = []
    const first = {
      geo: await openGeo({ ...directory.options, onProgress: (progress) => phases.push(progress) }),
      compiled: phases.length > 0,
    }
    phases.length = 0
    const second = {
      geo: await openGeo({ ...directory.options, onProgress: (progress) => phases.push(progress) }),
      compiled: phases.length > 0,
    }
    assert.deepEqual([first.compiled, second.compiled], [true, false])
    for (const key of ['info', 'digest', 'locations', 'tree', 'asns'] as const)
      assert.deepEqual(second.geo[key], first.geo[key], key)
    assert.match(first.geo.digest, /^[0-9a-f]{64}$/)
  })

  const damages: readonly (readonly [name: string, damage: (path: string) => void])[] = [
    ['empty', (path) => truncateSync(path, 0)],
    ['cut off', (path) => truncateSync(path, statSync(path).size - 8)],
    ['one bit in the nodes', (path) => flip(path, -9)],
    ['one bit in the hash', (path) => flip(path, 20)],
    ['of another version', (path) => flip(path, 8)],
    ['of another kind', (path) => flip(path, 0)],
    ['of a length beyond it', (path) => flip(path, 15)],
  ]
  function flip(path: string, at: number): void {
    const bytes = readFileSync(path)
    const offset = at < 0 ? bytes.length + at : at
    bytes[offset] = (bytes[offset] ?? 0) ^ 1
    writeFileSync(path, bytes)
  }
  for (const [name, damage] of damages) {
    test(`damaged (${name}) it is made anew`, (t) => {
      const { directory } = fresh(t)
      const first = opened(directory)
      const [file = assert.fail()] = cacheFiles(directory)
      damage(join(directory.options.cacheDirectory, file))
      const second = opened(directory)
      assert.equal(second.compiled, true)
      assert.deepEqual(second.geo.tree, first.geo.tree)
      assert.equal(opened(directory).compiled, false)
    })
  }
  test('one made from other files is not used, even under the right name', (t) => {
    const { directory, path } = fresh(t)
    opened(directory)
    const [old = assert.fail()] = cacheFiles(directory)
    writeFileSync(path, countryFile('JP'))
    utimesSync(path, 1, 1)
    opened(directory)
    const newer = cacheFiles(directory).find((name) => name !== old) ?? assert.fail()
    const at = (name: string) => join(directory.options.cacheDirectory, name)
    copyFileSync(at(old), at(newer))
    const { geo, compiled } = opened(directory)
    assert.deepEqual([compiled, countryAt(geo, '8.8.8.8')], [true, 'JP'])
  })
  test('holds three databases at most, and no leftovers', (t) => {
    const { directory, path } = fresh(t)
    for (let second = 1; second <= 5; second++) {
      utimesSync(path, second, second)
      opened(directory)
    }
    assert.deepEqual(
      cacheFiles(directory).map((name) => /^geo-[0-9a-f]{16}\.cache$/.test(name)),
      [true, true, true],
    )
  })
  test('the digest is of contents, not of times', (t) => {
    const { directory, path } = fresh(t)
    const first = opened(directory)
    utimesSync(path, 1, 1)
    const second = opened(directory)
    assert.deepEqual([second.compiled, second.geo.digest], [true, first.geo.digest])
  })
})
