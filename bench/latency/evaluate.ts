import type { LatencyView } from '../../src/domain/facts.ts'
import { createEstimator } from '../../src/latency/estimator.ts'
import { type Dice, diceOf, type World, type WorldClient } from './world.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.parse('2026-01-15T00:00:00Z')

export interface Reporting {
  /** 0…1, of the prefixes. */
  readonly share: number
  readonly probes: 'none' | 'everyNode'
  readonly days: number
}

/** What the estimator knows after some days of reports (and probes). */
export function learn(world: World, { share, probes, days }: Reporting, seed: number): LatencyView {
  const dice = diceOf(seed)
  const estimator = createEstimator()
  const reporters = world.clients.filter(() => dice.uniform() < share)
  let view = estimator.view(START_MS)
  for (let hour = 0; hour < days * 24; hour++) {
    const atMs = START_MS + hour * HOUR_MS
    if (probes === 'everyNode') probe(atMs + HOUR_MS - 60_000)
    for (const client of reporters) {
      // Four sessions a day, each measures the endpoint it was given and two more, twice.
      if (dice.uniform() < 4 / 24) report(client, view, dice, atMs)
    }
    view = estimator.view(atMs + HOUR_MS - 1)
  }
  return view

  /** The last minutes of an hour; what is older than half an hour counts no more. */
  function probe(lastMs: number): void {
    for (const { point, rttMs } of world.nodes) {
      for (const [i, endpoint] of world.endpoints.entries()) {
        for (let n = 0; n < 10; n++) {
          const sample = rttMs[i]! + dice.exponential(0.3)
          estimator.addProbe({ endpoint, family: 4, rttMs: sample, node: point, atMs: lastMs - n * 60_000 })
        }
      }
    }
  }

  function report(client: WorldClient, known: LatencyView, dice: Dice, atMs: number): void {
    const { prefix, location, asn, rttMs } = client
    const ranked = rank(world, known, client)
    const measured = new Set([ranked[0]!, ranked[1]!, ranked[dice.below(Math.min(4, ranked.length))]!])
    for (const index of measured) {
      const endpoint = world.endpoints[index]!
      for (let n = 0; n < 2; n++) {
        const sample = rttMs[index]! + noise(dice)
        estimator.addReport({ prefix, location, asn, endpoint, family: 4, rttMs: sample, atMs })
      }
    }
  }
}

/** Exp(8 ms), and 8% spikes of median 67 ms (latency.md D). */
const noise = (dice: Dice): number =>
  dice.exponential(8) + (dice.uniform() < 0.08 ? 67 * Math.exp(dice.laplace(0.8)) : 0)

/** Endpoints by estimate, the fastest first. A client is known by its ASN and network, as front ends know it. */
function rank(world: World, view: LatencyView, { location, asn, prefix }: WorldClient): readonly number[] {
  const client = { location: { ...location, asn }, network: { address: prefix, prefixLength: 24 } }
  const estimates = world.endpoints.map((endpoint) => view.estimate(endpoint, client)?.rttMs ?? Infinity)
  return estimates.map((_, i) => i).sort((a, b) => estimates[a]! - estimates[b]! || a - b)
}

export interface Loss {
  /** Percent of the clients. */
  readonly wrong: number
  /** ms against the true best. */
  readonly meanMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export function lossOf(world: World, view: LatencyView): Loss {
  const losses = world.clients
    .map((client) => client.rttMs[rank(world, view, client)[0]!]! - Math.min(...client.rttMs))
    .sort((a, b) => a - b)
  const at = (share: number): number => losses[Math.min(losses.length - 1, Math.floor(share * losses.length))]!
  return {
    wrong: (100 * losses.filter((ms) => ms > 0).length) / losses.length,
    meanMs: losses.reduce((sum, ms) => sum + ms, 0) / losses.length,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
  }
}
