import { createHash } from 'node:crypto'
import { cachePath, readCache, writeCache } from './cache-file.ts'
import { compileGeo } from './compile.ts'
import { createRefusals, GeoDataError } from './geo-data-error.ts'
import type { GeoParts } from './geo-locator.ts'
import { type GeoOverride, readOverrides, withOverrides } from './overrides.ts'
import { COMPILER_VERSION, type GeoProgress } from './read-sources.ts'
import { type BundledDatabase, contentOf, type GeoFile, type GeoSources } from './sources.ts'

export interface LoadRequest {
  readonly sources: GeoSources
  /** Overrides that were read before, in place of those in `sources`; null: read those. */
  readonly keptOverrides: KeptOverrides | null
  /** Where compiled databases are kept. */
  readonly cacheDirectory: string
  /** `fromCache`: the files are no longer what their stamps say, and only the compiled copy is as they were. */
  readonly databases: 'compile' | 'fromCache'
}

/** Overrides as they were read. */
export interface KeptOverrides {
  readonly rows: readonly GeoOverride[]
  /** SHA-256 of the file, hex; null when there was none, or nothing in it. */
  readonly digest: string | null
}

export interface LoadedGeo {
  readonly parts: GeoParts
  readonly overrides: KeptOverrides
}

const NO_OVERRIDES: KeptOverrides = { rows: [], digest: null }

/**
 * The database of these sources with the overrides over it: from the cache, or compiled and put there.
 * @throws GeoDataError for all the files that are damaged, not understood, or wrong in what they say.
 */
export function loadGeo(request: LoadRequest, onProgress: (progress: GeoProgress) => void): LoadedGeo {
  const refusals = createRefusals()
  const overrides = refusals.collect(() => request.keptOverrides ?? overridesIn(request.sources.overrides))
  const base = refusals.collect(() => databaseOf(request, onProgress))
  refusals.throwAll()
  // Both are there: nothing was thrown.
  return layOver(base!, overrides!)
}

function databaseOf(request: LoadRequest, onProgress: (progress: GeoProgress) => void): GeoParts {
  const { sources, cacheDirectory, databases } = request
  const key = keyOf(sources)
  const cached = readCache(cacheDirectory, key)
  if (cached !== null) return cached
  if (databases === 'fromCache') {
    throw new GeoDataError(
      cachePath(cacheDirectory, key),
      'the compiled copy of the databases in use is gone or damaged',
    )
  }
  const made = compileGeo(sources, onProgress)
  writeCache(cacheDirectory, key, made)
  return made
}

function overridesIn(file: GeoFile | null): KeptOverrides {
  if (file === null) return NO_OVERRIDES
  const bytes = contentOf(file)
  const rows = readOverrides(file.path, bytes)
  return rows.length === 0 ? NO_OVERRIDES : { rows, digest: createHash('sha256').update(bytes).digest('hex') }
}

function layOver(base: GeoParts, overrides: KeptOverrides): LoadedGeo {
  if (overrides.digest === null) return { parts: base, overrides }
  const digest = createHash('sha256').update(`${base.digest}\n${overrides.digest}`).digest('hex')
  return { parts: { ...withOverrides(base, overrides.rows), digest }, overrides }
}

/** Of names, sizes, times and versions; see {@link GeoFile.stamp}. The overrides are not part of what is compiled. */
function keyOf({ operator, bundledPlaces, bundledAsns }: GeoSources): string {
  const stamps = (files: readonly GeoFile[]) => files.map(({ stamp }) => stamp)
  const bundled = (database: BundledDatabase | null) => stamps(database?.files ?? [])
  const named = [COMPILER_VERSION, stamps(operator), bundled(bundledPlaces), bundled(bundledAsns)]
  return createHash('sha256').update(JSON.stringify(named)).digest('hex')
}
