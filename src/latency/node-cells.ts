import type { IpFamily } from '../domain/address.ts'
import { type GeoPoint, type UnitVector, unitVector } from '../domain/place.ts'
import { LEVELS } from './constants.ts'
import { emptyWindow, type SampleWindow, summarise } from './sample-window.ts'
import { type Evidence, together } from './votes.ts'

/** What one node's probes found of one target over one family. */
export interface NodeSamples {
  readonly target: string
  readonly family: IpFamily
  readonly priorMs: number
  readonly window: SampleWindow
}

export interface NodeCell {
  readonly key: string
  readonly point: GeoPoint
  readonly at: UnitVector
  readonly samples: Map<string, NodeSamples>
}

/** Sites of all services are far fewer. */
const TARGETS_MOST = 20_000
/** A fleet is smaller, and a node does not travel. */
const NODES_MOST = 256

export const nodeKeyOf = ({ lat, lon }: GeoPoint): string => `${lat.toFixed(2)},${lon.toFixed(2)}`

/** The cell of the node at `point`; null when there are too many nodes. */
export function nodeAt(nodes: Map<string, NodeCell>, point: GeoPoint): NodeCell | null {
  const key = nodeKeyOf(point)
  let node = nodes.get(key)
  if (node === undefined) {
    if (nodes.size === NODES_MOST) return null
    node = { key, point, at: unitVector(point), samples: new Map() }
    nodes.set(key, node)
  }
  return node
}

/** The samples of a target, begun where there are none; the least recently used target makes room. */
export function samplesOf(
  node: NodeCell,
  target: string,
  family: IpFamily,
  priorMs: number,
  bucket: number,
): NodeSamples {
  const key = `${family}>${target}`
  const old = node.samples.get(key)
  const samples = {
    target,
    family,
    priorMs,
    window: old === undefined ? emptyWindow(bucket) : old.window,
  }
  node.samples.delete(key)
  if (node.samples.size === TARGETS_MOST) node.samples.delete(node.samples.keys().next().value as string)
  node.samples.set(key, samples)
  return samples
}

/** E3: `r = RTT(node, target) − rtt0`, of those that are not too old; the rest is forgotten. Both families together by their numbers. */
export function nodeEvidence(node: NodeCell, nowMs: number): Map<string, Evidence> {
  const bucket = Math.floor(nowMs / LEVELS.nodes.bucketMs)
  const found = new Map<string, Evidence>()
  for (const [key, { target, priorMs, window }] of node.samples) {
    const summary = summarise(window, bucket)
    if (summary === null) {
      node.samples.delete(key)
      continue
    }
    const { p25Ms, n, samples } = summary
    const one = { residualMs: p25Ms - priorMs, n, sdMs: LEVELS.nodes.sdMs, samples, rttMs: p25Ms }
    found.set(target, together(one, found.get(target)))
  }
  return found
}
