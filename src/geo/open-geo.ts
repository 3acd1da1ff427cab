import { Worker } from 'node:worker_threads'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { createCityNames } from './city-names.ts'
import type { WorkerMessage } from './compile-worker.ts'
import { GeoDataError, separate, together } from './geo-data-error.ts'
import { createGeoLocator } from './geo-locator.ts'
import type { KeptOverrides, LoadedGeo, LoadRequest } from './load.ts'
import type { GeoProgress } from './read-sources.ts'
import { findSources, type GeoFile, type GeoSources, type PackageResolver, resolveInstalledPackage } from './sources.ts'

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

/** What a locator was made of. */
export interface GeoOrigin {
  /** Without what was refused. */
  readonly sources: GeoSources
  readonly overrides: KeptOverrides
  /** Files of the operator's that were left out. */
  readonly refused: readonly RefusedFile[]
}

/** A file of the operator's that is not used, as it was when that was found. */
export interface RefusedFile {
  readonly file: GeoFile
  readonly error: GeoDataError
}

const ORIGINS = new WeakMap<GeoLocator, GeoOrigin>()

/** @throws when it was not opened by {@link openGeo} or {@link openSources}. */
export function originOf(locator: GeoLocator): GeoOrigin {
  const origin = ORIGINS.get(locator)
  if (origin === undefined) throw new Error(`the locator ${locator.info.name} was not opened by openGeo`)
  return origin
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
  const found = sourcesOf(options)
  const refused: RefusedFile[] = []
  for (;;) {
    const sources = without(found, refused)
    try {
      return await openSources({ sources, keptOverrides: null, databases: 'compile', refused }, options)
    } catch (error) {
      if (options.onRefused === undefined) throw error
      const more = refusalsOf(error, sources)
      for (const { error } of more) options.onRefused(error)
      refused.push(...more)
    }
  }
}

export const sourcesOf = ({ directory, resolvePackage }: GeoOptions): GeoSources =>
  findSources(directory, resolvePackage ?? resolveInstalledPackage)

/** The files in the operator's directory. */
export const ownFilesOf = ({ operator, overrides }: GeoSources): readonly GeoFile[] =>
  overrides === null ? operator : [...operator, overrides]

export function without(sources: GeoSources, refused: readonly RefusedFile[]): GeoSources {
  const isUsed = ({ path }: GeoFile) => refused.every(({ file }) => file.path !== path)
  const { operator, overrides } = sources
  return {
    ...sources,
    operator: operator.filter(isUsed),
    overrides: overrides !== null && isUsed(overrides) ? overrides : null,
  }
}

/**
 * Which of the operator's files an error refuses.
 * @throws what of it concerns something else, such as the cache, or all of it when it refuses no file.
 */
export function refusalsOf(error: unknown, sources: GeoSources): readonly RefusedFile[] {
  if (!(error instanceof GeoDataError)) throw error
  const files = new Map(ownFilesOf(sources).map((file) => [file.path, file]))
  const errors = separate(error)
  const unknown = together(errors.filter(({ file }) => !files.has(file)))
  if (unknown !== null) throw unknown
  return errors.map((each) => ({ file: files.get(each.file)!, error: each }))
}

export type OpenRequest = Pick<LoadRequest, 'sources' | 'keptOverrides' | 'databases'> & Pick<GeoOrigin, 'refused'>

/**
 * @param signal stops the work, which then throws the signal's reason.
 * @throws GeoDataError for all the sources that cannot be used.
 */
export async function openSources(
  { sources, keptOverrides, databases, refused }: OpenRequest,
  options: GeoOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<GeoLocator> {
  const request: LoadRequest = { sources, keptOverrides, databases, cacheDirectory: options.cacheDirectory }
  const { parts, overrides } = await loadInWorker(request, options.onProgress ?? (() => {}), signal)
  const locator = createGeoLocator(parts, createCityNames(parts.info.files, overrides.rows))
  ORIGINS.set(locator, { sources, overrides, refused: [...refused] })
  return locator
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
          return reject(together(message.files.map(({ file, problem }) => new GeoDataError(file, problem))))
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
