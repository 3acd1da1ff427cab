import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type IpAddress, parseAddress } from '../../src/domain/address.ts'
import { type Location, NOWHERE } from '../../src/domain/place.ts'
import { createCityNames } from '../../src/geo/city-names.ts'
import { createGeoLocator } from '../../src/geo/geo-locator.ts'
import { loadGeo } from '../../src/geo/load.ts'
import type { GeoOptions } from '../../src/geo/open-geo.ts'
import type { GeoProgress } from '../../src/geo/read-sources.ts'
import { findSources, type PackageResolver } from '../../src/geo/sources.ts'
import type { GeoLocator } from '../../src/ports/geo-locator.ts'

export interface GeoDirectory {
  /** For `openGeo` and `watchGeo`: no databases of npm, unless `packages` are given. */
  readonly options: GeoOptions
  /** Writes a file into the geo directory, with a time of its own, as copying would. */
  write(name: string, content: string | Uint8Array): string
  remove(name: string): void
  /** What `openGeo` gives, made in this thread. */
  load(onProgress?: (progress: GeoProgress) => void): GeoLocator
}

/** An empty `geo-data/` and cache for one test, removed after it. */
export function geoDirectory(t: TestContext, packages: Readonly<Record<string, string>> = {}): GeoDirectory {
  const root = mkdtempSync(join(tmpdir(), 'nearcast-geo-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const directory = join(root, 'geo-data')
  mkdirSync(directory)
  const cacheDirectory = join(root, 'cache')
  const resolvePackage: PackageResolver = (name) => {
    const found = packages[name]
    return found === undefined ? null : { directory: found, version: '1.0.0' }
  }
  return {
    options: { directory, cacheDirectory, resolvePackage },
    write(name, content) {
      const path = join(directory, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      return path
    },
    remove: (name) => rmSync(join(directory, name)),
    load(onProgress = () => {}) {
      const { parts, overrides } = loadGeo(
        {
          sources: findSources(directory, resolvePackage),
          keptOverrides: null,
          databases: 'compile',
          cacheDirectory,
        },
        onProgress,
      )
      return createGeoLocator(parts, createCityNames(parts.info.files, overrides.rows))
    },
  }
}

export function addressOf(text: string): IpAddress {
  const address = parseAddress(text)
  if (address === null) throw new Error(`${text} is no address`)
  return address
}

export const locationAt = (geo: GeoLocator, text: string): Location =>
  geo.locations[geo.locate(addressOf(text)).locationId] ?? NOWHERE

export const countryAt = (geo: GeoLocator, text: string): string | null => locationAt(geo, text).country
