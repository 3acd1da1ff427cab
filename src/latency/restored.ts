import type { IpFamily } from '../domain/address.ts'
import type { UnitVector } from '../domain/place.ts'
import { BUCKETS, LEVELS, type Level } from './constants.ts'
import { prefixKeysOf, prefixOfKey } from './keys.ts'
import { type NodeCell, nodeAt, samplesOf } from './node-cells.ts'
import type { PrefixCells } from './prefix-cells.ts'
import type { PublishedCell, PublishedTarget } from './published.ts'
import { addBin, type SampleWindow } from './sample-window.ts'
import {
  SAVED_VERSION,
  type SavedNodeSamples,
  type SavedPrefixCell,
  type SavedPublishedCell,
  type SavedVector,
  type SavedWindow,
} from './saved.ts'

export interface Restored {
  readonly published: readonly PublishedCell[]
  /** Parts that were left out. */
  readonly damaged: number
}

/**
 * Takes in what `saveOf` made; samples are added to those that are there. What is damaged is left out, and so is what claims to
 * come from the future.
 */
export function restoreFrom(
  saved: unknown,
  nowMs: number,
  into: { readonly prefixCells: PrefixCells; readonly nodes: Map<string, NodeCell> },
): Restored {
  if (typeof saved !== 'object' || saved === null || !('version' in saved) || saved.version !== SAVED_VERSION) {
    return { published: [], damaged: 1 }
  }
  const part = (name: string): readonly unknown[] => listOr((saved as Record<string, unknown>)[name])
  const targets = part('targets')
  const nameOf = (number: number): string | null => {
    const name = targets[number]
    return typeof name === 'string' ? name : null
  }
  const prefixes = part('prefixes').map(
    (item) => isPrefixCell(item) && item[6][2] <= nowMs && takePrefix(item, nameOf(item[1]), nowMs, into.prefixCells),
  )
  const nodes = part('nodes').map((item) => isNodeSamples(item) && takeNode(item, nameOf(item[1]), nowMs, into.nodes))
  const cells = part('published').map((item) =>
    isPublishedCell(item) && item[5] <= nowMs ? publishedOf(item, nameOf) : null,
  )
  const damaged = [...prefixes, ...nodes, ...cells].filter((taken) => taken === false || taken === null).length
  return { published: cells.filter((cell) => cell !== null), damaged }
}

function takePrefix(item: SavedPrefixCell, target: string | null, nowMs: number, cells: PrefixCells): boolean {
  const [key, , family, [subregion, country, asn], at, priorMs, [p25Ms, samples, lastMs], window] = item
  const prefix = prefixOfKey(key)
  const network = prefixKeysOf(prefix, prefix.length)
  if (network === null || target === null) return false
  const place = { subregion, country, asn, prefix: key }
  const wanted = { network, target, family: family as IpFamily, place, at: vectorOf(at), priorMs }
  const cell = cells.take(wanted, nowMs)
  if (cell === null) return false
  fill(cell.window, window, Math.floor(nowMs / LEVELS.prefix.bucketMs))
  if (lastMs <= cell.lastMs) return true
  cell.p25Ms = p25Ms
  cell.samples = samples
  cell.lastMs = lastMs
  return true
}

function takeNode(item: SavedNodeSamples, target: string | null, nowMs: number, nodes: Map<string, NodeCell>): boolean {
  const [[lat, lon], , family, priorMs, window] = item
  const node = target === null ? null : nodeAt(nodes, { lat, lon })
  if (node === null || target === null) return false
  const bucket = Math.floor(nowMs / LEVELS.nodes.bucketMs)
  fill(samplesOf(node, target, family as IpFamily, priorMs, bucket).window, window, bucket)
  return true
}

function fill(window: SampleWindow, saved: SavedWindow, newest: number): void {
  for (const [bucket, bins] of saved) {
    if (bucket > newest) continue
    for (const bin of Buffer.from(bins, 'base64')) addBin(window, bucket, bin)
  }
}

function publishedOf(item: SavedPublishedCell, nameOf: (number: number) => string | null): PublishedCell | null {
  const [level, key, [subregion, country, asn, prefix], at, commonMs, sinceMs, saved] = item
  if (level === 'nodes' && at === null) return null
  const of = new Map<string, PublishedTarget>()
  for (const [number, residualMs, n, sdMs, samples, rttMs, [bucket, ms]] of saved) {
    const target = nameOf(number)
    if (target === null) return null
    of.set(target, { residualMs, n, sdMs, samples, rttMs, anchor: { bucket, ms } })
  }
  return { level, key, place: { subregion, country, asn, prefix }, at: vectorOf(at), commonMs, sinceMs, of }
}

const vectorOf = (at: SavedVector): UnitVector | null => (at === null ? null : { x: at[0], y: at[1], z: at[2] })

type Test = (value: unknown) => boolean

const listOr = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const isNumber: Test = (value) => Number.isFinite(value)
const isWhole: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isFamily: Test = (value) => value === 4 || value === 6
const isText: Test = (value) => typeof value === 'string'
const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value)
const isTuple =
  (...tests: readonly Test[]): Test =>
  (value) =>
    Array.isArray(value) && value.length === tests.length && tests.every((test, i) => test(value[i]))
const isListOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(test)

const isNetwork: Test = (value) => isText(value) && /^(?:4:[0-9a-f]{6}|6:[0-9a-f]{12})$/.test(value as string)
const isVector = orNull(isTuple(isNumber, isNumber, isNumber))
const isWindow: Test = (value) =>
  Array.isArray(value) && value.length <= BUCKETS && value.every(isTuple(isWhole, isText))
const isLevel: Test = (value) => isText(value) && Object.hasOwn(LEVELS, value as Level)
const isPositive: Test = (value) => isNumber(value) && (value as number) > 0

const testPrefixCell = isTuple(
  isNetwork,
  isWhole,
  isFamily,
  isTuple(orNull(isNumber), orNull(isText), orNull(isNumber)),
  isVector,
  isNumber,
  isTuple(isNumber, isWhole, isNumber),
  isWindow,
)
const isPrefixCell = (value: unknown): value is SavedPrefixCell => testPrefixCell(value)

const testNodeSamples = isTuple(isTuple(isNumber, isNumber), isWhole, isFamily, isNumber, isWindow)
const isNodeSamples = (value: unknown): value is SavedNodeSamples => testNodeSamples(value)

const testTarget = isTuple(isWhole, isNumber, isPositive, isNumber, isWhole, isPositive, isTuple(isNumber, isNumber))
const testPublishedCell = isTuple(
  isLevel,
  isText,
  isTuple(orNull(isNumber), orNull(isText), orNull(isNumber), orNull(isNetwork)),
  isVector,
  isNumber,
  isNumber,
  isListOf(testTarget),
)
const isPublishedCell = (value: unknown): value is SavedPublishedCell =>
  testPublishedCell(value) &&
  ((value as SavedPublishedCell)[0] !== 'prefix' || isNetwork((value as SavedPublishedCell)[1]))
