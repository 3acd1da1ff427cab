import type { GeoLocator } from '../ports/geo-locator.ts'
import { GeoDataError, messageOf } from './geo-data-error.ts'
import { createJudgement, type GeoRefusal } from './judge-change.ts'
import { type GeoOptions, ownFilesOf, sourcesOf } from './open-geo.ts'
import type { GeoSources } from './sources.ts'

export interface WatchOptions extends GeoOptions {
  /** What is in use now, as `openGeo` gave it. */
  readonly current: GeoLocator
  readonly onSwap: (locator: GeoLocator) => void
  /** Told once of each file that cannot be used, for each of its versions; `meanwhile` is what goes on without it, a sentence. */
  readonly onRefused: (error: Error, meanwhile: string) => void
  /** Calls `look` again and again until it is told to stop; every two seconds, unless told otherwise. */
  readonly schedule?: (look: () => Promise<void>) => () => void
}

export interface GeoWatch {
  /** The operator's files that are not used now, those left out at the start included. */
  refused(): readonly GeoRefusal[]
  close(): void
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
 * What is taken of a change, see {@link createJudgement}.
 */
export function watchGeo(options: WatchOptions): GeoWatch {
  const closing = new AbortController()
  const judgement = createJudgement(options, closing.signal)
  let judged = stampOf(judgement.start)
  let lastSeen = judged
  let digest = options.current.digest
  let isOpening = false

  async function look(): Promise<void> {
    if (isOpening) return
    const { stamp, sources } = observe(options)
    const isStill = stamp === lastSeen
    lastSeen = stamp
    if (!isStill || stamp === judged) return
    isOpening = true
    // Also when it is refused: it would be refused again until the files change.
    judged = stamp
    try {
      const locator = await judgement.take(sources())
      if (closing.signal.aborted || locator.digest === digest) return
      digest = locator.digest
      options.onSwap(locator)
    } finally {
      isOpening = false
    }
  }

  const lookSafely = () =>
    look().catch((error: unknown) => {
      if (closing.signal.aborted) return
      const asError = error instanceof Error ? error : new GeoDataError(options.directory, String(error))
      options.onRefused(asError, 'The geo data in use stay.')
    })
  const stop = (options.schedule ?? everyTwoSeconds)(lookSafely)
  return {
    refused: judgement.refused,
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

const stampOf = (files: readonly { readonly path: string; readonly stamp: string }[]): string =>
  files
    .map(({ path, stamp }) => `${path} ${stamp}`)
    .sort()
    .join('\n')

function observe(options: GeoOptions): Observation {
  try {
    const sources = sourcesOf(options)
    return { stamp: stampOf(ownFilesOf(sources)), sources: () => sources }
  } catch (error) {
    const problem = `cannot be read (${messageOf(error)})`
    const refuse = () => {
      throw new GeoDataError(options.directory, problem, error)
    }
    return { stamp: problem, sources: refuse }
  }
}
