/**
 * Millions of random and mutated packets against the DNS responder: given to it directly, and sent to running nodes over UDP and TCP, with worker
 * threads and without. It fails on a crash, on silence where an answer is due, on an answer that is too large or not due, on two paths that
 * differ, and when a node's memory grows.
 *
 *     npm run soak:dns -- [--packets 10000000] [--seed 1] [--only inside,workers,portable]
 */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { loadSyscalls, type Syscalls } from '../../../src/dns/fastpath/syscalls.ts'
import { composeQuery } from '../../../test/helpers/dns-message.ts'
import { namesOf } from '../../../test/helpers/dns-names.ts'
import { draws } from '../../../test/helpers/draws.ts'
import { createPacketMaker } from '../../../test/helpers/hostile-packets.ts'
import { makeSnapshot } from '../../../test/helpers/snapshot.ts'
import { WHOLE_DOCUMENTS } from '../../../test/helpers/whole-documents.ts'
import { freePort, type Running, residentMegabytes, startResponder } from '../processes.ts'
import { createFaults, type Faults } from './faults.ts'
import { createInside } from './inside.ts'
import { soakTcp } from './over-tcp.ts'
import { soakUdp } from './over-udp.ts'

/** What part of the packets goes which way. */
const SHARES = { inside: 0.6, workers: 0.25, portable: 0.15 } as const
type Way = keyof typeof SHARES
const WAYS = Object.keys(SHARES) as Way[]
const TCP_SHARE = 0.1
/** Memory is looked at after each. */
const ROUNDS = 10
/** A collector's heap breathes by more than this, but comes back to where it was: what it does not give back is growth. */
const MOST_GROWTH_MEGABYTES = 40

const print = (line: string) => process.stdout.write(`${line}\n`)

function readSettings(): { packets: number; seed: number; only: readonly Way[] } {
  const { values } = parseArgs({
    options: {
      packets: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: WAYS.join(',') },
    },
  })
  const [packets, seed] = [Number(values.packets), Number(values.seed)]
  if (!Number.isInteger(packets) || packets < 1000)
    throw new Error(`--packets is ${values.packets}; expected 1000 or more`)
  if (!Number.isInteger(seed)) throw new Error(`--seed is ${values.seed}; expected a whole number`)
  const only = values.only.split(',').map((name) => {
    const way = WAYS.find((known) => known === name)
    if (way === undefined) throw new Error(`--only names ${name}; known are ${WAYS.join(', ')}`)
    return way
  })
  return { packets, seed, only }
}

/** Memory after every round. A fault when its least of the last rounds is above its least of the first ones, the very first not counted. */
function watchMemory(megabytes: () => number) {
  const start = megabytes()
  const samples: number[] = []
  return {
    sample: () => samples.push(megabytes()),
    conclude(faults: Faults): string {
      const half = ROUNDS / 2
      const [early, late] = [Math.min(...samples.slice(1, half)), Math.min(...samples.slice(half + 1))]
      if (late - early > MOST_GROWTH_MEGABYTES) {
        faults.add(`memory grew by ${Math.round(late - early)} MB, ${MOST_GROWTH_MEGABYTES} are allowed`)
      }
      const last = samples.at(-1) ?? start
      const all = [start, samples[0] ?? start, last].map((value) => value.toFixed(0)).join(' → ')
      return `memory ${all} MB (start, warm, end), least of the first rounds ${early.toFixed(0)}, of the last ${late.toFixed(0)}`
    },
  }
}

function report(title: string, startedMs: number, packets: number, more: string): void {
  const seconds = (performance.now() - startedMs) / 1000
  print(`${title}: ${packets} packets in ${seconds.toFixed(1)} s, ${Math.round(packets / seconds)} a second; ${more}`)
}

/** In this process what lives can be told from what waits for the collector. */
function livingMegabytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

function runInside(packets: number, seed: number, faults: Faults): void {
  const startedMs = performance.now()
  const memory = watchMemory(livingMegabytes)
  const ask = createInside(seed, faults)
  const sum = { packets: 0, answered: 0, compared: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const outcome = ask(Math.ceil(packets / ROUNDS))
    for (const key of ['packets', 'answered', 'compared'] as const) sum[key] += outcome[key]
    memory.sample()
  }
  const counts = `${sum.answered} answered, ${sum.compared} compared on both paths`
  report('inside', startedMs, sum.packets, `${counts}; ${memory.conclude(faults)}`)
}

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))

/** Compiling the city database takes seconds: once for all runs. */
function symlinkGeoCache(folder: string): void {
  const cache = join(tmpdir(), 'nearcast-bench-dns', 'nearcast', 'geo')
  mkdirSync(cache, { recursive: true })
  mkdirSync(join(folder, 'state'))
  symlinkSync(cache, join(folder, 'state', 'geo'))
}

async function startNode(folder: string, workers: number, signal: AbortSignal): Promise<Running & { port: number }> {
  const port = await freePort()
  const flags = {
    dns: `127.0.0.1:${port}`,
    redirect: 'off',
    discovery: 'off',
    admin: 'off',
    policies: join(folder, 'policies'),
    'geo-data': join(folder, 'geo-data'),
    state: join(folder, 'state'),
    // Nobody answers there: ALIAS targets stay unknown.
    resolvers: '127.0.0.1',
    'dns-workers': String(workers),
    'log-level': 'error',
  }
  const args = [MAIN, 'serve', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])]
  const query = composeQuery('mail.geo.example A').bytes
  const documents = Object.entries(WHOLE_DOCUMENTS).map(([name, text]) => [`policies/${name}`, text] as const)
  const files = { 'geo-data/.keep': '', ...Object.fromEntries(documents) }
  symlinkGeoCache(folder)
  const launch = { command: process.execPath, args, files }
  return { ...(await startResponder(launch, folder, port, query, signal)), port }
}

async function runNode(
  way: Exclude<Way, 'inside'>,
  packets: number,
  seed: number,
  faults: Faults,
  calls: Syscalls,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-soak-'))
  const stop = new AbortController()
  const node = await startNode(folder, way === 'workers' ? 2 : 0, stop.signal)
  try {
    const die = draws(seed)
    const make = createPacketMaker(namesOf(makeSnapshot({ documents: WHOLE_DOCUMENTS })), die)
    const memory = watchMemory(() => residentMegabytes(node.pid))
    const overTcp = Math.ceil((packets * TCP_SHARE) / ROUNDS)
    const startedMs = performance.now()
    const sum = { udp: 0, tcp: 0, answered: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      const udp = soakUdp(calls, node.port, Math.ceil(packets / ROUNDS) - overTcp, make, faults)
      const tcp = await soakTcp(node.port, overTcp, make, die, faults)
      sum.udp += udp.packets
      sum.tcp += tcp.packets
      sum.answered += udp.answered + tcp.answered
      node.assertAlive()
      memory.sample()
    }
    const counts = `${sum.tcp} of them over TCP, ${sum.answered} answered`
    report(way, startedMs, sum.udp + sum.tcp, `${counts}; ${memory.conclude(faults)}`)
  } finally {
    await node.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const settings = readSettings()
const loaded = await loadSyscalls()
const faults = createFaults()
for (const way of settings.only) {
  const packets = Math.round(settings.packets * SHARES[way])
  const seed = settings.seed + WAYS.indexOf(way)
  if (way === 'inside') runInside(packets, seed, faults)
  else if (loaded.kind === 'loaded') await runNode(way, packets, seed, faults, loaded.calls)
  else throw new Error(`the sender cannot run here: ${loaded.reason}`)
}
for (const line of faults.describe()) print(line)
print(faults.count() === 0 ? 'no faults' : `${faults.count()} faults`)
process.exitCode = faults.count() === 0 ? 0 : 1
