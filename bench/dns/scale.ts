/**
 * Whether Nearcast's DNS slows down, or takes more memory than it may, as its work grows. Linux, loopback only.
 *
 *     npm run bench:dns-scale -- [--rounds 3] [--seconds 4] [--mmdb FILE]
 *
 * Each case is compared with a small one that runs beside it, in interleaved rounds, driven by the generator of `npm run bench:dns`.
 */

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openMemoryStore } from '../../src/state/memory/open-memory-store.ts'
import { fetchDatabase } from './database.ts'
import { compileC, createGenerator, type Generator } from './generator.ts'
import { freePort, type Running, residentMegabytes, startResponder } from './processes.ts'
import { composeQueries } from './queries.ts'
import { BASE, type Case, launchCase, serviceDocument, spreadQueries } from './scale-cases.ts'
import { printCompileTimes } from './scale-compile.ts'

const print = (line = '') => process.stdout.write(`${line}\n`)
const say = (line: string) => process.stderr.write(`${line}\n`)

/** By then a node has given back what it was started with. */
const SETTLED_MS = 9_000
const MANY_SERVICES = 1_000

interface Bench {
  readonly rounds: number
  readonly seconds: number
  readonly folder: string
  readonly generator: Generator
  readonly mmdbFolder: string
  readonly geoCache: string
  readonly signal: AbortSignal
  readonly started: Running[]
}

interface Node {
  readonly folder: string
  readonly port: number
  readonly process: Running
  /** Path of the queries that it is asked. */
  readonly queries: string
}

let nodeNumber = 0

async function startCase(bench: Bench, which: Case): Promise<Node> {
  const folder = join(bench.folder, `node-${nodeNumber++}`)
  mkdirSync(folder)
  const port = await freePort()
  const all = composeQueries('ecs')
  const queries = join(folder, 'queries')
  writeFileSync(queries, spreadQueries(all, which.services))
  const { services, endpoints, database, workers } = which
  say(`starting ${services} services, ${endpoints} endpoints, ${database} database, ${workers} workers`)
  const launch = launchCase(which, { ...bench, folder, port })
  const probe = all.subarray(6, 6 + all.readUInt16LE(0))
  const running = await startResponder(launch, folder, port, probe, bench.signal)
  bench.started.push(running)
  return { folder, port, process: running, queries }
}

interface Bar {
  readonly what: string
  readonly found: string
  readonly isMet: boolean
}

/** Best rate of each, in interleaved rounds. */
async function rates({ rounds, seconds, generator }: Bench, nodes: readonly [Node, Node]): Promise<[number, number]> {
  const best: [number, number] = [0, 0]
  for (const { port, queries } of nodes) await generator.closed(port, queries, 1)
  for (let round = 0; round < rounds; round++) {
    for (const [index, { port, queries, process: running }] of nodes.entries()) {
      const { answered, seconds: took } = await generator.closed(port, queries, seconds)
      running.assertAlive()
      best[index as 0 | 1] = Math.max(best[index as 0 | 1], answered / took)
    }
  }
  return best
}

const bar = (what: string, [before, after]: readonly [number, number], mostLoss: number): Bar => {
  const loss = 1 - after / before
  const text = `${Math.round(before)} to ${Math.round(after)} queries/s, ${(100 * loss).toFixed(1)}% less`
  return { what: `${what}: at most ${100 * mostLoss}% less`, found: text, isMet: loss <= mostLoss }
}

async function compare(bench: Bench, what: string, before: Case, after: Case, mostLoss: number): Promise<Bar> {
  const nodes: [Node, Node] = [await startCase(bench, before), await startCase(bench, after)]
  const found = bar(what, await rates(bench, nodes), mostLoss)
  await Promise.all(nodes.map((node) => node.process.stop()))
  return found
}

/** A policy is edited and an endpoint goes down or comes back, once a second each. */
async function disturb({ folder }: Node, until: AbortSignal): Promise<void> {
  const store = await openMemoryStore({ directory: join(folder, 'state'), nowMs: Date.now, onProblem: say })
  for (let second = 0; !until.aborted; second++) {
    writeFileSync(join(folder, 'policies', 'www.yaml'), serviceDocument(0, BASE.endpoints, 30 + (second % 20)))
    await delay(500)
    const state = second % 2 === 0 ? 'down' : 'obey'
    const setAtMs = Date.now()
    await store.setOverride({ target: 'www/s4', state, owner: 'bench', reason: 'flip', setAtMs, expiresAtMs: null })
    await delay(500)
  }
  await store.close()
}

async function compareDisturbed(bench: Bench): Promise<Bar> {
  const node = await startCase(bench, BASE)
  await bench.generator.closed(node.port, node.queries, 1)
  const best: [number, number] = [0, 0]
  for (let round = 0; round < bench.rounds; round++) {
    for (const index of [0, 1] as const) {
      const stop = new AbortController()
      const disturbing = index === 1 ? disturb(node, stop.signal) : Promise.resolve()
      const { answered, seconds } = await bench.generator.closed(node.port, node.queries, bench.seconds)
      stop.abort()
      await disturbing
      node.process.assertAlive()
      best[index] = Math.max(best[index], answered / seconds)
    }
  }
  await node.process.stop()
  return bar('quiet to an edit and a flip a second', best, 0.05)
}

async function memoryOf(bench: Bench, which: Case): Promise<number> {
  const node = await startCase(bench, which)
  await bench.generator.closed(node.port, node.queries, 1)
  await delay(SETTLED_MS)
  const megabytes = residentMegabytes(node.process.pid)
  await node.process.stop()
  return megabytes
}

async function memoryBars(bench: Bench): Promise<readonly Bar[]> {
  const one = await memoryOf(bench, BASE)
  const threeWorkers = await memoryOf(bench, { ...BASE, workers: 3 })
  const many = await memoryOf(bench, { ...BASE, services: MANY_SERVICES + 1 })
  const perWorker = (threeWorkers - one) / 2
  const perService = ((many - one) * 1024) / MANY_SERVICES
  return [
    { what: 'one worker, City database: at most 450 MB', found: `${one.toFixed(0)} MB`, isMet: one <= 450 },
    { what: 'a further worker: at most 40 MB', found: `${perWorker.toFixed(1)} MB`, isMet: perWorker <= 40 },
    { what: 'a further service: at most 30 KB', found: `${perService.toFixed(1)} KB`, isMet: perService <= 30 },
  ]
}

async function run(
  settings: Pick<Bench, 'rounds' | 'seconds'>,
  mmdbGiven: string | undefined,
  folder: string,
  bench: Pick<Bench, 'signal' | 'started'>,
): Promise<void> {
  const cache = join(tmpdir(), 'nearcast-bench-dns')
  mkdirSync(cache, { recursive: true })
  const mmdb = mmdbGiven === undefined ? fetchDatabase(cache, Date.now()) : realpathSync(mmdbGiven)
  const mmdbFolder = join(folder, 'geo-data')
  mkdirSync(mmdbFolder)
  symlinkSync(mmdb, join(mmdbFolder, 'city.mmdb'))
  const generator = createGenerator(compileC('generator', folder), folder, bench.signal)
  const all: Bench = { ...settings, ...bench, folder, generator, mmdbFolder, geoCache: join(cache, 'nearcast', 'geo') }
  const bars = [
    await compare(all, '1 to 1,000 services', BASE, { ...BASE, services: MANY_SERVICES }, 0.1),
    await compare(all, '5 to 200 endpoints', BASE, { ...BASE, endpoints: 200 }, 0.1),
    await compare(all, 'country to city database', { ...BASE, database: 'country' }, BASE, 0.25),
    await compareDisturbed(all),
    ...(await memoryBars(all)),
  ]
  const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown CPU'
  const { rounds, seconds } = settings
  print(
    `\`npm run bench:dns-scale -- --rounds ${rounds} --seconds ${seconds}\`: ${model}, ${cpus().length} cores, Node ${process.version}`,
  )
  print()
  for (const { what, found, isMet } of bars) print(`- ${isMet ? 'met' : 'MISSED'}: ${what}: ${found}`)
  print()
  printCompileTimes(print)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '4' },
      mmdb: { type: 'string' },
    },
  })
  const number = (name: 'rounds' | 'seconds', most: number): number => {
    const found = Number(values[name])
    if (found >= 1 && found <= most && Number.isInteger(found)) return found
    throw new Error(`--${name} is ${values[name]}; expected a whole number from 1 to ${most}`)
  }
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(`${name}: stopped`)))
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-bench-scale-'))
  const started: Running[] = []
  try {
    const settings = { rounds: number('rounds', 20), seconds: number('seconds', 30) }
    await run(settings, values.mmdb, folder, { signal: stop.signal, started })
  } catch (error) {
    const cause = stop.signal.aborted ? stop.signal.reason : error
    say(cause instanceof Error ? cause.message : String(cause))
    process.exitCode = 1
  } finally {
    await Promise.all(started.map((running) => running.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
