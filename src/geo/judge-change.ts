/**
 * What of a change in the operator's directory is taken, while a locator is in use. Each file is judged on its own, as at
 * the start, with one rule above it: a bad file never costs a database that is in use.
 *
 *  - A file that is refused is left out, and the others are taken.
 *  - Unless a database in use is gone with it: the refused file stands in its place, or came as it went. Then all
 *    databases in use stay, in their compiled copy, until the refused file is mended or removed.
 *  - `overrides.yaml` is apart: refused, the overrides in use stay; good, they are taken, whatever the databases are.
 */
import type { GeoLocator } from '../ports/geo-locator.ts'
import {
  type GeoOptions,
  type GeoOrigin,
  type OpenRequest,
  openSources,
  originOf,
  ownFilesOf,
  type RefusedFile,
  refusalsOf,
  without,
} from './open-geo.ts'
import type { GeoFile, GeoSources } from './sources.ts'

/** A file that is not used, for the operator. */
export interface GeoRefusal {
  readonly file: string
  readonly problem: string
  /** What goes on without it: a sentence. */
  readonly meanwhile: string
}

export interface Judgement {
  /** The files that the first locator was made of, and those left out. */
  readonly start: readonly GeoFile[]
  /**
   * Opens what of these sources is taken.
   * @throws what concerns no file of the operator's; then all that is in use stays.
   */
  take(found: GeoSources): Promise<GeoLocator>
  refused(): readonly GeoRefusal[]
}

export interface JudgementOptions extends GeoOptions {
  readonly current: GeoLocator
  readonly onRefused: (error: Error, meanwhile: string) => void
}

export type Effect = 'leftOut' | 'databasesStay' | 'overridesStay'

interface Judged extends RefusedFile {
  readonly effect: Effect
}

const MEANWHILE: Readonly<Record<Effect, string>> = {
  leftOut: 'It is left out.',
  databasesStay: 'All geo databases in use stay as they are until it is mended or removed.',
  overridesStay: 'The geo overrides in use stay until it is mended or removed.',
}

/** @param signal stops what is being opened, which then throws the signal's reason. */
export function createJudgement(options: JudgementOptions, signal: AbortSignal): Judgement {
  let inUse = originOf(options.current)
  let refused: readonly Judged[] = inUse.refused.map((each) => ({ ...each, effect: 'leftOut' }))
  const start = [...ownFilesOf(inUse.sources), ...refused.map(({ file }) => file)]
  let databases = databasesIn(start)

  async function take(found: GeoSources): Promise<GeoLocator> {
    const known = refused.filter(({ file }) => ownFilesOf(found).some((other) => isSame(file, other)))
    // A bad file may hide another behind it: with every change of the databases all of them are judged anew.
    const isOther = stampsOf(databases) !== stampsOf(found.operator)
    databases = found.operator
    let judged: readonly Judged[] = isOther ? known.filter(({ file }) => isOverrides(file, found)) : known
    try {
      for (;;) {
        try {
          const locator = await openSources(requestOf(found, judged, inUse), options, signal)
          inUse = originOf(locator)
          return locator
        } catch (error) {
          judged = judge(found, [...judged, ...refusalsOf(error, found)], known, inUse)
        }
      }
    } finally {
      for (const each of signal.aborted ? [] : judged) {
        if (!known.some(({ file }) => isSame(file, each.file))) options.onRefused(each.error, MEANWHILE[each.effect])
      }
      refused = judged
    }
  }

  return {
    start,
    take,
    refused: () =>
      refused.map(({ error, effect }) => ({ file: error.file, problem: error.problem, meanwhile: MEANWHILE[effect] })),
  }
}

/** What is to become of each refused file; `known` was refused before, in this version. */
function judge(
  found: GeoSources,
  refused: readonly RefusedFile[],
  known: readonly Judged[],
  inUse: GeoOrigin,
): readonly Judged[] {
  const accepted = without(found, refused).operator
  const isLost = inUse.sources.operator.some(({ path }) => accepted.every((file) => file.path !== path))
  return refused.map(({ file, error }) => {
    if (isOverrides(file, found)) {
      return { file, error, effect: inUse.overrides.digest === null ? 'leftOut' : 'overridesStay' }
    }
    const before = known.find((each) => isSame(each.file, file))?.effect
    // One that has been lying there, left out, is no successor of what is gone now.
    const effect = isLost && before !== 'leftOut' ? 'databasesStay' : 'leftOut'
    return { file, error, effect }
  })
}

function requestOf(found: GeoSources, judged: readonly Judged[], inUse: GeoOrigin): OpenRequest {
  const accepted = without(found, judged)
  const has = (effect: Effect) => judged.some((each) => each.effect === effect)
  const keptOverrides = has('overridesStay') ? inUse.overrides : null
  return has('databasesStay')
    ? {
        sources: { ...inUse.sources, overrides: accepted.overrides },
        keptOverrides,
        databases: 'fromCache',
        refused: judged,
      }
    : { sources: accepted, keptOverrides, databases: 'compile', refused: judged }
}

const isSame = (a: GeoFile, b: GeoFile): boolean => a.path === b.path && a.stamp === b.stamp

const isOverrides = ({ path }: GeoFile, { overrides }: GeoSources): boolean => overrides?.path === path

const databasesIn = (files: readonly GeoFile[]): readonly GeoFile[] =>
  files.filter(({ path }) => /\.mmdb(\.gz)?$/.test(path))

const stampsOf = (files: readonly GeoFile[]): string =>
  files
    .map(({ stamp }) => stamp)
    .sort()
    .join('\n')
