import type { GeoLocator } from '../ports/geo-locator.ts'
import { GeoDataError, messageOf } from './geo-data-error.ts'
import { type GeoOptions, openSources, sourcesOf } from './open-geo.ts'
import type { GeoSources } from './sources.ts'

export interface WatchOptions extends GeoOptions {
  /** What is in use now; the files as they are at the start are taken to be what it was made of. */
  readonly current: GeoLocator
  readonly onSwap: (locator: GeoLocator) => void
  /** The files on disk cannot be used; the locator in use stays. Told once for each change of the files. */
  readonly onRefused: (error: Error) => void
  /** Calls `look` again and again until it is told to stop; every two seconds, unless told otherwise. */
  readonly schedule?: (look: () => Promise<void>) => () => void
}

/** A file is whole when its size and time were the same at two looks so far apart (latency.md A5). */
const LOOK_EVERY_MS = 2000

const everyTwoSeconds = (look: () => Promise<void>): (() => void) => {
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  return () => clearInterval(timer)
}

/**
 * Looks at the directory; when its files have changed and are still, opens them in a worker, and hands over the new
 * locator once it has proved readable and plausible. Until then, and if it does not, the old one is not touched.
 */
export function watchGeo(options: WatchOptions): { close(): void } {
  let inUse = observe(options).stamp
  let lastSeen = inUse
  let digest = options.current.digest
  let isOpening = false
  const closing = new AbortController()

  async function look(): Promise<void> {
    if (isOpening) return
    const { stamp, sources } = observe(options)
    const isStill = stamp === lastSeen
    lastSeen = stamp
    if (!isStill || stamp === inUse) return
    isOpening = true
    // Also when it is refused: it would be refused again until the files change.
    inUse = stamp
    try {
      const locator = await openSources(sources(), options, closing.signal)
      if (closing.signal.aborted || locator.digest === digest) return
      digest = locator.digest
      options.onSwap(locator)
    } finally {
      isOpening = false
    }
  }

  const lookSafely = () =>
    look().catch((error: unknown) => {
      if (!closing.signal.aborted)
        options.onRefused(error instanceof Error ? error : new GeoDataError(options.directory, String(error)))
    })
  const stop = (options.schedule ?? everyTwoSeconds)(lookSafely)
  return {
    close() {
      closing.abort()
      stop()
    },
  }
}

interface Observation {
  readonly stamp: string
  /** @throws what kept the directory from being read. */
  readonly sources: () => GeoSources
}

function observe(options: GeoOptions): Observation {
  try {
    const sources = sourcesOf(options)
    const { operator, overrides } = sources
    const files = overrides === null ? operator : [...operator, overrides]
    return { stamp: files.map(({ path, stamp }) => `${path} ${stamp}`).join('\n'), sources: () => sources }
  } catch (error) {
    const problem = `cannot be read (${messageOf(error)})`
    const refuse = () => {
      throw new GeoDataError(options.directory, problem, error)
    }
    return { stamp: problem, sources: refuse }
  }
}
