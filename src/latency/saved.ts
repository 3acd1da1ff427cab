import type { UnitVector } from '../domain/place.ts'
import type { PublishedLevels } from './chain.ts'
import { BUCKETS, CLIENT_LEVELS, type Level } from './constants.ts'
import type { CellPlace } from './keys.ts'
import type { NodeCell } from './node-cells.ts'
import type { PrefixCell } from './prefix-cells.ts'
import type { PublishedCell, PublishedTarget } from './published.ts'
import { binsOf, type SampleWindow } from './sample-window.ts'

export const SAVED_VERSION = 1
/** About 2 MB in all (latency.md E, "Bounds"). */
const SAVED_PREFIX_CELLS = 6_000
const SAVED_PUBLISHED_CELLS = 4_000

/** What an estimator learnt, as plain data: lists instead of records, targets by their position in `targets`. */
export interface SavedEstimates {
  readonly version: typeof SAVED_VERSION
  readonly targets: readonly string[]
  readonly prefixes: readonly SavedPrefixCell[]
  readonly nodes: readonly SavedNodeSamples[]
  readonly published: readonly SavedPublishedCell[]
}

/** Samples of each bucket, base64 of an octet each. */
export type SavedWindow = readonly (readonly [bucket: number, bins: string])[]
export type SavedVector = readonly [x: number, y: number, z: number] | null

export type SavedPrefixCell = readonly [
  network: string,
  target: number,
  family: number,
  place: readonly [subregion: number | null, country: string | null, asn: number | null],
  at: SavedVector,
  priorMs: number,
  last: readonly [p25Ms: number, samples: number, atMs: number],
  window: SavedWindow,
]

export type SavedNodeSamples = readonly [
  node: readonly [lat: number, lon: number],
  target: number,
  family: number,
  priorMs: number,
  window: SavedWindow,
]

export type SavedPublishedCell = readonly [
  level: Level,
  key: string,
  place: readonly [subregion: number | null, country: string | null, asn: number | null, prefix: string | null],
  at: SavedVector,
  commonMs: number,
  sinceMs: number,
  of: readonly SavedTarget[],
]

export type SavedTarget = readonly [
  target: number,
  residualMs: number,
  n: number,
  sdMs: number,
  samples: number,
  rttMs: number,
  anchor: readonly [bucket: number, ms: number],
]

/**
 * The newest networks; of what is published the coarse levels first, by which most clients are steered, then the networks from among which
 * some are told apart.
 */
export function saveOf(
  prefixCells: ReadonlyMap<string, PrefixCell>,
  nodes: ReadonlyMap<string, NodeCell>,
  levels: PublishedLevels,
): SavedEstimates {
  const numbers = new Map<string, number>()
  const numberOf = (target: string): number => {
    const number = numbers.get(target) ?? numbers.size
    numbers.set(target, number)
    return number
  }
  const prefixes = [...prefixCells.values()].slice(-SAVED_PREFIX_CELLS).map(
    (cell): SavedPrefixCell => [
      cell.network.key,
      numberOf(cell.target),
      cell.family,
      [cell.place.subregion, cell.place.country, cell.place.asn],
      vector(cell.at),
      // Whole: a prior that differs is that of another place.
      cell.priorMs,
      [short(cell.p25Ms), cell.samples, cell.lastMs],
      windowOf(cell.window),
    ],
  )
  const ofNodes = [...nodes.values()].flatMap(({ point, samples }) =>
    [...samples.values()].map(
      ({ target, family, priorMs, window }): SavedNodeSamples => [
        [point.lat, point.lon],
        numberOf(target),
        family,
        priorMs,
        windowOf(window),
      ],
    ),
  )
  const published = (['nodes', ...CLIENT_LEVELS] as const)
    .flatMap((level) => (level === 'prefix' ? bestMeasured(levels.prefix) : [...levels[level].values()]))
    .slice(0, SAVED_PUBLISHED_CELLS)
    .map(
      ({ level, key, place, at, commonMs, sinceMs, of }): SavedPublishedCell => [
        level,
        key,
        placeOf(place),
        vector(at),
        short(commonMs),
        sinceMs,
        [...of].map(([target, published]) => targetOf(numberOf(target), published)),
      ],
    )
  return { version: SAVED_VERSION, targets: [...numbers.keys()], prefixes, nodes: ofNodes, published }
}

const bestMeasured = (cells: ReadonlyMap<string, PublishedCell>): readonly PublishedCell[] => {
  const measured = [...cells.values()].map((cell) => {
    let samples = 0
    for (const target of cell.of.values()) samples += target.samples
    return { cell, samples }
  })
  return measured.sort((a, b) => b.samples - a.samples).map(({ cell }) => cell)
}

const placeOf = ({ subregion, country, asn, prefix }: CellPlace): SavedPublishedCell[2] => [
  subregion,
  country,
  asn,
  prefix,
]

const targetOf = (target: number, { residualMs, n, sdMs, samples, rttMs, anchor }: PublishedTarget): SavedTarget => [
  target,
  short(residualMs),
  short(n),
  short(sdMs),
  samples,
  short(rttMs),
  [anchor.bucket, short(anchor.ms)],
]

/** Hundredths of a millisecond, of a sample. */
const short = (value: number): number => Math.round(value * 100) / 100
/** To 64 m. */
const vector = (at: UnitVector | null): SavedVector =>
  at === null ? null : [Math.round(at.x * 1e5) / 1e5, Math.round(at.y * 1e5) / 1e5, Math.round(at.z * 1e5) / 1e5]

function windowOf(window: SampleWindow): SavedWindow {
  const buckets: (readonly [number, string])[] = []
  for (let bucket = window.newest - BUCKETS + 1; bucket <= window.newest; bucket++) {
    const bins = binsOf(window, bucket)
    if (bins.length > 0) buckets.push([bucket, Buffer.from(bins).toString('base64')])
  }
  return buckets
}
