import { Worker } from 'node:worker_threads'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { createCityNames } from './city-names.ts'
import type { GeoProgress } from './compile.ts'
import type { WorkerMessage } from './compile-worker.ts'
import { GeoDataError } from './geo-data-error.ts'
import { createGeoLocator } from './geo-locator.ts'
import type { LoadedGeo, LoadRequest } from './load.ts'
import { findSources, type GeoSources, type PackageResolver, resolveInstalledPackage } from './sources.ts'

export interface GeoOptions {
  /** The operator's `.mmdb` files and `overrides.yaml`: `geo-data/`. */
  readonly directory: string
  /** Compiled databases are kept here. */
  readonly cacheDirectory: string
  /** Called while a database is compiled: seconds, once for each. */
  readonly onProgress?: (progress: GeoProgress) => void
  /** Where the databases of npm are; those that are installed, unless told otherwise. */
  readonly resolvePackage?: PackageResolver
}

/**
 * Opens the best database there is: the operator's own, else the city database of npm, else its country database, else
 * one that knows nowhere; the overrides above it.
 * @param options.onRefused when given, the operator's files that cannot be used are told of here and left out; else they are thrown.
 * @throws GeoDataError when nothing can be opened.
 */
export async function openGeo(
  options: GeoOptions & { readonly onRefused?: (error: GeoDataError) => void },
): Promise<GeoLocator> {
  let sources = sourcesOf(options)
  for (;;) {
    try {
      return await openSources(sources, options)
    } catch (error) {
      const fewer = error instanceof GeoDataError ? without(sources, error.file) : null
      if (fewer === null || options.onRefused === undefined) throw error
      options.onRefused(error as GeoDataError)
      sources = fewer
    }
  }
}

export const sourcesOf = ({ directory, resolvePackage }: GeoOptions): GeoSources =>
  findSources(directory, resolvePackage ?? resolveInstalledPackage)

/** The sources without what the refused file belongs to; null when it is not the operator's. */
function without(sources: GeoSources, refused: string): GeoSources | null {
  if (sources.overrides?.path === refused) return { ...sources, overrides: null }
  const operator = sources.operator.filter(({ path }) => path !== refused)
  // Several files may be refused together: for what they say, not one of them for how it is.
  if (operator.length === sources.operator.length) return operator.length === 0 ? null : { ...sources, operator: [] }
  return { ...sources, operator }
}

/**
 * @param signal stops the work, which then throws the signal's reason.
 * @throws GeoDataError when one of the sources cannot be used.
 */
export async function openSources(
  sources: GeoSources,
  options: GeoOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<GeoLocator> {
  const request: LoadRequest = { sources, cacheDirectory: options.cacheDirectory }
  const { parts, overrides } = await loadInWorker(request, options.onProgress ?? (() => {}), signal)
  return createGeoLocator(parts, createCityNames(parts.info.files, overrides))
}

function loadInWorker(
  request: LoadRequest,
  onProgress: (progress: GeoProgress) => void,
  signal: AbortSignal,
): Promise<LoadedGeo> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), { workerData: request })
    worker.on('message', (message: WorkerMessage) => {
      switch (message.kind) {
        case 'progress':
          return onProgress(message.progress)
        case 'loaded':
          return resolve(message.loaded)
        case 'refused':
          return reject(new GeoDataError(message.file, message.problem))
      }
    })
    const stop = () => {
      reject(signal.reason)
      worker.terminate()
    }
    signal.addEventListener('abort', stop)
    worker.on('error', reject)
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', stop)
      reject(new Error(`the thread that loads geo data ended with code ${code} and no result`))
    })
  })
}
