import type { Client } from '../domain/client.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { LatencyView, NamedNetworks } from '../domain/facts.ts'
import { type Location, unitVector } from '../domain/place.ts'
import { type Chain, createChain, type Moves, type PublishedLevels, type Spot } from './chain.ts'
import { HYSTERESIS, PREDICTION_MOST_MS } from './constants.ts'
import { type CellPlace, prefixKeysOf, prefixOfKey, targetKeyOf } from './keys.ts'
import { placesOf, priorOf } from './prior.ts'
import type { PublishedCell } from './published.ts'

/** Every network that is told apart is planned for: so many, from among those with the most measurements. */
const NAMED_MOST = { asns: 64, prefixes: 256 }
const JUDGED_MOST = 2_048
/** What moves endpoints against one another by less than the hysteresis is not worth a plan of its own. */
const NAMED_FROM_MS = HYSTERESIS.gainMs

/** What is published, frozen. `levels` must not change any more. */
export function createView(levels: PublishedLevels): LatencyView {
  const chain = createChain(levels)
  const targets = new WeakMap<Endpoint, string>()
  const known = new Map<string, NamedNetworks>()

  function targetOf(endpoint: Endpoint): string {
    let target = targets.get(endpoint)
    if (target === undefined) {
      target = targetKeyOf(endpoint)
      targets.set(endpoint, target)
    }
    return target
  }
  const askedOf = rememberLast(chain, levels)

  return {
    estimate(endpoint, client) {
      const { at, spot } = askedOf(client)
      const prior = priorOf(placesOf(endpoint), at, client.location.radiusKm)
      const { ms, variance, source, samples } = chain.residualOf(spot, targetOf(endpoint), prior.sdMs)
      if (!prior.isPlaced && source === 'distance') return null
      const rttMs = Math.max(prior.floorMs, Math.min(PREDICTION_MOST_MS, prior.rttMs + ms))
      return { rttMs, sdMs: Math.sqrt(variance), source, samples }
    },
    networks(endpoints) {
      const of = [...new Set(endpoints.map(targetOf))].sort()
      const key = JSON.stringify(of)
      let named = known.get(key)
      if (named === undefined) {
        named = namedNetworks(levels, chain, of)
        known.set(key, named)
      }
      return named
    },
  }
}

/** Endpoints of a policy are asked for one after the other, for the same client. */
function rememberLast(chain: Chain, levels: PublishedLevels) {
  let location: Location | null = null
  let network: Client['network'] = null
  let asked: { readonly at: ReturnType<typeof unitVector> | null; readonly spot: Spot } | null = null
  return (client: Pick<Client, 'location' | 'network'>) => {
    if (asked !== null && location === client.location && network === client.network) return asked
    location = client.location
    network = client.network
    const at = location.point === null ? null : unitVector(location.point)
    asked = { at, spot: chain.spotOf(placeOf(client, levels), at) }
    return asked
  }
}

/** Front ends plan for the networks that are named: a prefix may come without its ASN, which its cell knows. */
function placeOf({ location, network }: Pick<Client, 'location' | 'network'>, levels: PublishedLevels): CellPlace {
  const { subregion, country } = location
  const prefix = network === null ? null : (prefixKeysOf(network.address, network.prefixLength)?.key ?? null)
  const asn = location.asn ?? (prefix === null ? null : (levels.prefix.get(prefix)?.place.asn ?? null))
  return { subregion, country, asn, prefix }
}

function namedNetworks(levels: PublishedLevels, chain: Chain, targets: readonly string[]): NamedNetworks {
  const asns = new Set<number>()
  for (const { place } of telling(levels.asn, chain, targets)) {
    if (asns.size === NAMED_MOST.asns) break
    if (place.asn !== null) asns.add(place.asn)
  }
  const prefixes = telling(levels.prefix, chain, targets)
    .slice(0, NAMED_MOST.prefixes)
    .map(({ key }) => prefixOfKey(key))
  return { asns: [...asns].sort((a, b) => a - b), prefixes }
}

/** Cells that move some of the targets against others, those that do so most first. */
function telling(
  cells: ReadonlyMap<string, PublishedCell>,
  chain: Chain,
  targets: readonly string[],
): readonly PublishedCell[] {
  const measured: { readonly cell: PublishedCell; readonly samples: number }[] = []
  for (const cell of cells.values()) {
    const samples = targets.reduce((sum, target) => sum + (cell.of.get(target)?.samples ?? 0), 0)
    if (samples > 0) measured.push({ cell, samples })
  }
  return measured
    .sort((a, b) => b.samples - a.samples || (a.cell.key < b.cell.key ? -1 : 1))
    .slice(0, JUDGED_MOST)
    .map(({ cell }) => ({ cell, spreadMs: spreadOf(chain.movesOf(cell), targets) }))
    .filter(({ spreadMs }) => spreadMs >= NAMED_FROM_MS)
    .sort((a, b) => b.spreadMs - a.spreadMs)
    .map(({ cell }) => cell)
}

function spreadOf({ measured, othersMs }: Moves, targets: readonly string[]): number {
  const moved = targets.map((target) => measured.get(target) ?? othersMs)
  return Math.max(...moved) - Math.min(...moved)
}
