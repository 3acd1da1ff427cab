import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readCache, writeCache } from './cache-file.ts'
import { COMPILER_VERSION, compileGeo, type GeoProgress } from './compile.ts'
import type { GeoParts } from './geo-locator.ts'
import { type GeoOverride, readOverrides, withOverrides } from './overrides.ts'
import type { BundledDatabase, GeoFile, GeoSources } from './sources.ts'

export interface LoadRequest {
  readonly sources: GeoSources
  /** Where compiled databases are kept. */
  readonly cacheDirectory: string
}

export interface LoadedGeo {
  readonly parts: GeoParts
  readonly overrides: readonly GeoOverride[]
}

/**
 * The database of these sources with the overrides over it: from the cache, or compiled and put there.
 * @throws GeoDataError when a file that is used is damaged, not understood, or wrong in what it says.
 */
export function loadGeo(request: LoadRequest, onProgress: (progress: GeoProgress) => void): LoadedGeo {
  const { sources, cacheDirectory } = request
  // First the overrides: their mistakes show at once, a database may take seconds.
  const overridesBytes = sources.overrides === null ? null : readFileSync(sources.overrides.path)
  const overrides =
    sources.overrides === null ? [] : readOverrides(sources.overrides.path, overridesBytes ?? Buffer.alloc(0))
  const key = keyOf(sources)
  const cached = readCache(cacheDirectory, key)
  const base = cached ?? compileGeo(sources, onProgress)
  if (cached === null) writeCache(cacheDirectory, key, base)
  if (overridesBytes === null || overrides.length === 0) return { parts: base, overrides }
  const digest = createHash('sha256').update(`${base.digest}\n`).update(overridesBytes).digest('hex')
  return { parts: { ...withOverrides(base, overrides), digest }, overrides }
}

/** Of names, sizes, times and versions; see {@link GeoFile.stamp}. The overrides are not part of what is compiled. */
function keyOf({ operator, bundledPlaces, bundledAsns }: GeoSources): string {
  const stamps = (files: readonly GeoFile[]) => files.map(({ stamp }) => stamp)
  const bundled = (database: BundledDatabase | null) => stamps(database?.files ?? [])
  const named = [COMPILER_VERSION, stamps(operator), bundled(bundledPlaces), bundled(bundledAsns)]
  return createHash('sha256').update(JSON.stringify(named)).digest('hex')
}
