/**
 * How fast a dead endpoint leaves the answers, and how slowly a live one: three real HTTP endpoints, interval 1 s, fall 2.
 *
 *     npm run bench:failover -- [--kills 20] [--loss-minutes 10] [--slow-start 16]
 */

import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { freePort } from '../dns/processes.ts'
import { createBackend } from './backends.ts'
import { measureKills } from './kills.ts'
import { measureLoss } from './loss.ts'
import { measureReturn } from './return.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    'loss-minutes': { type: 'string', default: '10' },
    'slow-start': { type: 'string', default: '16' },
  },
})
const numberOf = (name: keyof typeof values): number => {
  const value = Number(values[name])
  if (!(value >= 0)) throw new Error(`--${name} is ${values[name]}; expected a number of 0 or more`)
  return value
}

const print = (line = ''): void => void process.stdout.write(`${line}\n`)

const port = await freePort()
const backends = ['a', 'b', 'c'].map((id, index) => createBackend(id, `127.0.0.${11 + index}`, port))
const flags = Object.entries(values).map(([name, value]) => `--${name} ${value}`)
print(
  `\`npm run bench:failover -- ${flags.join(' ')}\`: ${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}.`,
)
const bars: boolean[] = []
try {
  bars.push(await measureKills({ backends, port, kills: numberOf('kills'), print }))
  bars.push(await measureReturn({ backends, port, seconds: numberOf('slow-start'), print }))
  bars.push(await measureLoss({ backends, port, minutes: numberOf('loss-minutes'), print }))
} finally {
  await Promise.all(backends.map((backend) => backend.kill()))
}
process.exitCode = bars.every((isMet) => isMet) ? 0 : 1
