/**
 * What the estimator loses against the true best endpoint, beside pure distance, as the share of clients that report grows.
 *
 *     npm run bench:latency -- --prefixes 40 --days 2 --worlds 2
 */

import { parseArgs } from 'node:util'
import { distanceView } from '../../src/latency/distance-view.ts'
import { type Loss, learn, lossOf } from './evaluate.ts'
import { makeWorld } from './world.ts'

const { values } = parseArgs({
  options: {
    prefixes: { type: 'string', default: '40' },
    days: { type: 'string', default: '2' },
    worlds: { type: 'string', default: '2' },
  },
})
const worldCount = Number(values.worlds)
const days = Number(values.days)
const size = { endpointCount: 12, prefixesPerAsn: Number(values.prefixes) }
const SHARES = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]

const print = (text: string): boolean => process.stdout.write(`${text}\n`)
const worlds = Array.from({ length: worldCount }, (_, i) => makeWorld(size, 20_261_121 + i))
const mean = (losses: readonly Loss[]): Loss => {
  const of = (field: keyof Loss): number => losses.reduce((sum, loss) => sum + loss[field], 0) / losses.length
  return { wrong: of('wrong'), meanMs: of('meanMs'), p50Ms: of('p50Ms'), p95Ms: of('p95Ms'), p99Ms: of('p99Ms') }
}
const row = (name: string, loss: Loss): void => {
  const cells = [loss.wrong, loss.meanMs, loss.p50Ms, loss.p95Ms, loss.p99Ms].map((value) =>
    value.toFixed(1).padStart(8),
  )
  print(`| ${name.padEnd(38)} | ${cells.join(' | ')} |`)
}

print(
  `${worldCount} worlds of ${worlds[0]?.clients.length} networks and ${size.endpointCount} endpoints, ${days} days of reports\n`,
)
print(`| ${'estimate by'.padEnd(38)} |  wrong % |  mean ms |   p50 ms |   p95 ms |   p99 ms |`)
print(`|${'-'.repeat(40)}|${'---------:|'.repeat(5)}`)
row('distance', mean(worlds.map((world) => lossOf(world, distanceView))))
for (const probes of ['none', 'everyNode'] as const) {
  for (const share of SHARES) {
    if (share === 0 && probes === 'none') continue
    const losses = worlds.map((world, i) => lossOf(world, learn(world, { share, probes, days }, i)))
    row(`${probes === 'none' ? 'reports' : 'probes + reports'} of ${share * 100}% of networks`, mean(losses))
  }
}
