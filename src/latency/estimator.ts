import type { IpFamily, IpPrefix } from '../domain/address.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { LatencyView } from '../domain/facts.ts'
import { type GeoPoint, type Location, unitVector } from '../domain/place.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import { ACCEPTED_MS, BUCKETS, FLOOR_TOLERANCE, LEVELS } from './constants.ts'
import { createGroups } from './groups.ts'
import { prefixKeysOf, targetKeyOf } from './keys.ts'
import { type NodeCell, nodeAt, samplesOf } from './node-cells.ts'
import { createPrefixCells, type NewCell, type PrefixCell } from './prefix-cells.ts'
import { placesOf, priorOf } from './prior.ts'
import { createPublisher } from './publisher.ts'
import { restoreFrom } from './restored.ts'
import { addSample, summarise } from './sample-window.ts'
import { saveOf } from './saved.ts'

/** A connect time that a probe of a node measured. */
export interface ProbeSample {
  readonly endpoint: Endpoint
  readonly family: IpFamily
  readonly rttMs: number
  /** Where the node is. */
  readonly node: GeoPoint
  readonly atMs: number
}

/** A round trip that a client reports. The network is that from which the report came, never one that it claims. */
export interface ReportSample {
  /** At least a /24 or /48; no more than that is kept. */
  readonly prefix: IpPrefix
  readonly location: Location
  readonly asn: number | null
  readonly endpoint: Endpoint
  readonly family: IpFamily
  readonly rttMs: number
  readonly atMs: number
}

export const VERDICTS = ['taken', 'outOfRange', 'fasterThanLight', 'wideNetwork', 'bucketFull', 'tableFull'] as const
/** What became of a sample. */
export type Verdict = (typeof VERDICTS)[number]

/**
 * Estimates of round-trip times (latency.md E): distance → nodes → subregion → country → ASN → prefix, shrinking by evidence. Pure: time
 * comes in with the samples. Memory is bounded whatever clients send.
 */
export interface Estimator {
  addProbe(sample: ProbeSample): Verdict
  addReport(sample: ReportSample): Verdict
  /**
   * What is published at `atMs`: the same object while nothing has moved. With pauses, in which samples may come in: tens of thousands
   * of networks take half a second. Not twice at once.
   */
  viewSteps(atMs: number): Turns<LatencyView>
  /** The same at once. */
  view(atMs: number): LatencyView
  /** What was published last, or restored: nothing is looked at anew. */
  published(): LatencyView
  /** Plain data for {@link Estimator.restore}, newest networks first up to a bound. No address finer than /24 or /48. */
  save(): object
  /** Takes in what another estimator, or the run before this one, saved. Damaged parts are left out; returns how many were. */
  restore(saved: unknown, atMs: number): number
  /** For metrics. */
  readonly counts: () => { readonly networks: number; readonly nodes: number }
}

export interface EstimatorOptions {
  /** Prefix × target × family; about 1.2 KB each, with what is published of it. */
  readonly mostPrefixCells: number
}

/** latency.md E, "Bounds". */
export const MOST_PREFIX_CELLS = 50_000

/** About two milliseconds. */
const CELLS_PER_TURN = 512
/** "Privacy": nothing of a network is kept for longer than the slowest level counts it: six days. */
const FORGOTTEN_AFTER_MS = BUCKETS * LEVELS.country.bucketMs

export function createEstimator(options: EstimatorOptions = { mostPrefixCells: MOST_PREFIX_CELLS }): Estimator {
  const groups = createGroups()
  const prefixCells = createPrefixCells({
    most: options.mostPrefixCells,
    onAdded: groups.add,
    onDropped: groups.remove,
  })
  const nodes = new Map<string, NodeCell>()
  const fresh = new Set<PrefixCell>()
  const publisher = createPublisher(groups, nodes)
  let bucketSeen = Number.NEGATIVE_INFINITY

  function addProbe({ endpoint, family, rttMs, node: point, atMs }: ProbeSample): Verdict {
    // A local endpoint answers in less than the least of the scale.
    if (!(rttMs >= 0 && rttMs <= ACCEPTED_MS.most)) return 'outOfRange'
    const prior = priorOf(placesOf(endpoint), unitVector(point), 0)
    if (rttMs < FLOOR_TOLERANCE * prior.floorMs) return 'fasterThanLight'
    const node = nodeAt(nodes, point)
    if (node === null) return 'tableFull'
    const bucket = Math.floor(atMs / LEVELS.nodes.bucketMs)
    const { window } = samplesOf(node, targetKeyOf(endpoint), family, prior.rttMs, bucket)
    return addSample(window, bucket, rttMs) ? 'taken' : 'bucketFull'
  }

  function addReport({ prefix, location, asn, endpoint, family, rttMs, atMs }: ReportSample): Verdict {
    if (!(rttMs >= ACCEPTED_MS.least && rttMs <= ACCEPTED_MS.most)) return 'outOfRange'
    const network = prefixKeysOf(prefix, prefix.length)
    if (network === null) return 'wideNetwork'
    const at = location.point === null ? null : unitVector(location.point)
    const prior = priorOf(placesOf(endpoint), at, location.radiusKm)
    const isExact = location.precision === 'city' || location.precision === 'override'
    if (isExact && rttMs < FLOOR_TOLERANCE * prior.floorMs) return 'fasterThanLight'
    const place = { subregion: location.subregion, country: location.country, asn, prefix: network.key }
    const wanted = { network, target: targetKeyOf(endpoint), family, place, at, priorMs: prior.rttMs }
    const [neighbour] = groups.of.prefix.get(network.key)?.members ?? []
    const cell = prefixCells.take(neighbour === undefined ? wanted : sharing(wanted, neighbour), atMs)
    if (cell === null) return 'tableFull'
    if (!addSample(cell.window, Math.floor(atMs / LEVELS.prefix.bucketMs), rttMs)) return 'bucketFull'
    cell.lastMs = Math.max(cell.lastMs, atMs)
    fresh.add(cell)
    return 'taken'
  }

  /** Summaries follow their samples, and their age. */
  function* summariseCells(atMs: number): Turns<void> {
    const bucket = Math.floor(atMs / LEVELS.prefix.bucketMs)
    const isNewBucket = bucket !== bucketSeen
    bucketSeen = bucket
    if (isNewBucket) {
      groups.touchAll()
    }
    const cells = isNewBucket ? [...prefixCells.all.values()] : [...fresh]
    fresh.clear()
    for (const [index, cell] of cells.entries()) {
      if (index % CELLS_PER_TURN === CELLS_PER_TURN - 1) yield
      // It may have made room for another.
      if (prefixCells.all.get(cell.key) !== cell) continue
      if (atMs - cell.lastMs >= FORGOTTEN_AFTER_MS) prefixCells.drop(cell)
      else summariseCell(cell, bucket)
      groups.touch(cell)
    }
  }

  function* viewSteps(atMs: number): Turns<LatencyView> {
    yield* summariseCells(atMs)
    return yield* publisher.viewSteps(atMs)
  }

  return {
    addProbe,
    addReport,
    viewSteps,
    view: (atMs) => atOnce(viewSteps(atMs)),
    published: publisher.latest,
    save: () => saveOf(prefixCells.all, nodes, publisher.levels()),
    restore(saved, atMs) {
      const restored = restoreFrom(saved, atMs, { prefixCells, nodes })
      publisher.begin(restored.published)
      // Every summary is to be made.
      bucketSeen = Number.NEGATIVE_INFINITY
      return restored.damaged
    },
    counts: () => ({ networks: prefixCells.all.size, nodes: nodes.size }),
  }
}

/** What cells of one network have in common is kept once. */
function sharing(wanted: NewCell, { network, place, at }: PrefixCell): NewCell {
  const isSame =
    at?.x === wanted.at?.x &&
    at?.y === wanted.at?.y &&
    place.subregion === wanted.place.subregion &&
    place.country === wanted.place.country &&
    place.asn === wanted.place.asn
  return isSame ? { ...wanted, network, place, at } : wanted
}

function summariseCell(cell: PrefixCell, bucket: number): void {
  const summary = summarise(cell.window, bucket)
  if (summary === null) {
    // Its last word stays for the coarser levels; of its own it has no voice any more.
    cell.n = 0
    return
  }
  cell.n = summary.n
  cell.samples = summary.samples
  cell.p25Ms = summary.p25Ms
  cell.iqrMs = summary.iqrMs
}
