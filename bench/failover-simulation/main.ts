/**
 * How full the fullest survivor gets when a site fails: failover to the next beside failover by headroom, on the
 * topologies of test/helpers/failover-scenes.ts; and how spread by headroom settles, beside weights that follow the reports at once.
 *
 *     npm run bench:failover-simulation [-- --delay 10 --ttl 30]
 */

import { parseArgs } from 'node:util'
import { FAILS_AT, SCENES, sharedWorld, worldOf } from '../../test/helpers/failover-scenes.ts'
import { peaks, runWorld, type World } from '../../test/helpers/failover-world.ts'

const { values } = parseArgs({
  options: { delay: { type: 'string', default: '10' }, ttl: { type: 'string', default: '30' } },
})
const delays = { reportDelaySeconds: Number(values.delay), ttlSeconds: Number(values.ttl) }

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** The survivor that comes worst off, and how many seconds survivors are over their capacity, all together. */
function judge(world: World): readonly [worst: string, over: string] {
  const history = runWorld(world)
  const found = peaks(world, history, FAILS_AT)
  const worst = found.indexOf(Math.max(...found))
  const over = history.reduce(
    (sum, loads) => sum + loads.filter((load, i) => load > 1.01 * (world.policy.endpoints[i]!.capacity ?? 1)).length,
    0,
  )
  return [`${percent(found[worst]!)} (${world.policy.endpoints[worst]!.id})`, `${over} s`]
}

print(`A site fails; loads are reported ${values.delay} s late, answers kept for ${values.ttl} s.\n`)
print(row(['topology', 'to the next: worst peak', 'over capacity', 'by headroom: worst peak', 'over capacity']))
print(row(['---', '---', '---', '---', '---']))
for (const scene of SCENES) {
  const next = judge({ ...worldOf(scene, 'next'), ...delays })
  const headroom = judge({ ...worldOf(scene, 'headroom'), ...delays })
  print(row([scene.name, ...next, ...headroom]))
}

print('\nFour equals share clients by headroom; after a minute one gets a load of its own. From then on:\n')
print(row(['utilisation', 'weights', 'worst peak', 'worst after 15 minutes', 'over capacity until']))
print(row(['---', '---', '---', '---', '---']))
for (const utilisation of [0.5, 0.8, 0.95]) {
  for (const loads of ['atOnce', 'remembered'] as const) {
    const world = { ...sharedWorld(loads, utilisation), ...delays }
    const history = runWorld(world)
    const last = history.findLastIndex((each) =>
      each.some((load, i) => load > (world.policy.endpoints[i]!.capacity ?? 1)),
    )
    print(
      row([
        percent(utilisation),
        loads === 'atOnce' ? 'as reported' : 'damped',
        percent(Math.max(...peaks(world, history, 60))),
        percent(Math.max(...peaks(world, history, 900))),
        last < 60 ? 'never over' : last === history.length - 1 ? 'does not settle' : `${last - 59} s after it`,
      ]),
    )
  }
}
