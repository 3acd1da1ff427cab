/**
 * Plans per second, and the time to plan every location of the city database once.
 *
 *     npm run bench:engine
 */

import { cpus } from 'node:os'
import type { Client } from '../src/domain/client.ts'
import type { Policy } from '../src/domain/policy.ts'
import { createPlanner } from '../src/engine/plan.ts'
import { openGeo } from '../src/geo/open-geo.ts'
import {
  type CompactEndpoint,
  type CompactStep,
  makeClient,
  makeFacts,
  makePolicy,
  SITES,
} from '../test/helpers/engine.ts'

const NOW_MS = Date.parse('2026-01-15T12:00:00Z')
/** What planning every location may take: three times the prototype's 26 ms for 18,000. */
const BUDGET_US_PER_LOCATION = (3 * 26_000) / 18_000

const CHAINS: Readonly<Record<number, readonly CompactStep[]>> = {
  3: ['up', 'nearest', { take: 2 }],
  10: [
    { keep: { tag: 'eu' }, hard: true, when: { country: ['DE', 'FR'], 'tenant.plan': 'enterprise' }, assume: false },
    'up',
    'geofence',
    { prefer: [{ tag: 'main' }, { tag: 'backup' }] },
    { drop: { tag: 'eu' }, when: { continent: 'OC' } },
    { nearest: { within: { km: 300 }, foreignFactor: 1.5 } },
    { fastest: { within: 10 } },
    { shed: { metric: 'load', low: 0.7, high: 0.95 } },
    { spread: { by: 'weight', sticky: 'network' } },
    { take: 2 },
  ],
}

function policyOf(endpointCount: number, steer: readonly CompactStep[]): Policy {
  const sites = Object.values(SITES)
  const endpoints: [string, CompactEndpoint][] = Array.from({ length: endpointCount }, (_, i) => {
    const site = sites[i % sites.length]!
    // Spread around the sites, so that no two are at one place.
    const at = [site.lat + (i % 7) - 3, site.lon + (i % 11) - 5, site.country] as const
    return [
      `endpoint-${i}`,
      { at, weight: 1 + (i % 3), tags: [i % 5 === 4 ? 'backup' : 'main', i % 4 === 0 ? 'eu' : 'row'] },
    ]
  })
  return makePolicy({ endpoints: Object.fromEntries(endpoints), steer })
}

/** Those of the city database (compiled into the cache of `npm start` where it is not yet), or of a grid without one. */
async function everyLocation(): Promise<{ readonly source: string; readonly clients: readonly Client[] }> {
  const geo = await openGeo({ directory: 'geo-data', cacheDirectory: '.nearcast/geo' })
  if (geo.info.precision !== 'city') return { source: 'synthetic half-degree cells', clients: cellsOfAGrid() }
  const clients = geo.locations.map((location) => ({ ...makeClient(), location }))
  return { source: geo.info.name, clients }
}

/** The middles of half-degree cells on a grid over the inhabited latitudes, about as many as a city database has. */
function cellsOfAGrid(): readonly Client[] {
  const countries = ['US', 'DE', 'FR', 'JP', 'BR', 'AU', 'ZA', 'IN']
  const clients: Client[] = []
  for (let lat = -45.25; lat < 70; lat += 1.5) {
    for (let lon = -179.75; lon < 180; lon += 1.5) {
      clients.push(makeClient({ at: [lat, lon], country: countries[clients.length % countries.length]! }))
    }
  }
  return clients
}

function plansPerSecond(policy: Policy, clients: readonly Client[]): number {
  const planner = createPlanner(policy, makeFacts(policy), NOW_MS)
  const stride = 7919
  const planSome = (count: number) => {
    for (let i = 0; i < count; i++) planner.plan(clients[(i * stride) % clients.length]!)
  }
  planSome(2000)
  const startedMs = performance.now()
  let plans = 0
  while (performance.now() - startedMs < 700) {
    planSome(500)
    plans += 500
  }
  return (plans / (performance.now() - startedMs)) * 1000
}

/** Each round with a new planner, as after a change of facts. */
function timeToPlanAll(policy: Policy, clients: readonly Client[]) {
  const rounds = Array.from({ length: 9 }, () => {
    const startedMs = performance.now()
    const planner = createPlanner(policy, makeFacts(policy), NOW_MS)
    const distinct = new Set(clients.map(planner.plan))
    return { ms: performance.now() - startedMs, distinct: distinct.size }
  })
  const sorted = rounds.map(({ ms }) => ms).sort((a, b) => a - b)
  return { firstMs: rounds[0]!.ms, medianMs: sorted[4]!, distinct: rounds[0]!.distinct }
}

const print = (line = '') => process.stdout.write(`${line}\n`)
const whole = (n: number) => Math.round(n).toLocaleString('en-US')

const { source, clients } = await everyLocation()

print(
  `\`npm run bench:engine\`, Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, one thread, tracing off`,
)
print()
print('| endpoints | steps | plans/s | µs/plan |')
print('|---:|---:|---:|---:|')
for (const endpointCount of [5, 50, 500]) {
  for (const [steps, steer] of Object.entries(CHAINS)) {
    const perSecond = plansPerSecond(policyOf(endpointCount, steer), clients)
    print(`| ${endpointCount} | ${steps} | ${whole(perSecond)} | ${(1e6 / perSecond).toFixed(2)} |`)
  }
}
print()

const nearestOfFive = makePolicy({
  endpoints: Object.fromEntries(['iad', 'sjc', 'fra', 'nrt', 'gru'].map((site) => [site, { site }])),
  steer: ['up', 'nearest', { take: 2 }],
})
const all = timeToPlanAll(nearestOfFive, clients)
const budgetMs = (BUDGET_US_PER_LOCATION * clients.length) / 1000
print(`| every location, nearest of five | locations | first run | median of 9 | budget | distinct plans |`)
print('|---|---:|---:|---:|---:|---:|')
print(
  `| ${source} | ${whole(clients.length)} | ${all.firstMs.toFixed(1)} ms | ${all.medianMs.toFixed(1)} ms | ${budgetMs.toFixed(1)} ms | ${all.distinct} |`,
)
