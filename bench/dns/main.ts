/**
 * Nearcast beside gdnsd, Knot and PowerDNS: the same zone, the same database, one server thread each, the same generator. Linux, loopback only.
 *
 *     npm run bench:dns -- [--rounds 3] [--seconds 4] [--only gdnsd,nearcast] [--mmdb FILE]
 *
 * As root it installs the Debian packages of the peers that are missing; without, it leaves those peers out and says so.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureDebianPackages } from '../../scripts/install-debian.ts'
import { fetchDatabase } from './database.ts'
import { compileC, createGenerator, type Generator, type Outcome, WINDOW } from './generator.ts'
import { LAUNCH, PACKAGES, RESPONDERS, type Responder } from './launch.ts'
import { cpuMicroseconds, freePort, type Running, residentMegabytes, startResponder } from './processes.ts'
import { composeQueries, MIXES, type Mix, QUERY_COUNT } from './queries.ts'
import { composeBars, composeTable, type Measured, type Reported, rateOf } from './report.ts'

const WARM_UP_SECONDS = 1
/** In the check. On a busy machine a few queries are lost; more than one in a thousand is a fault of the responder. */
const MOST_UNANSWERED = QUERY_COUNT / 1000

interface Settings {
  readonly rounds: number
  readonly seconds: number
  readonly only: readonly Responder[]
  readonly mmdb: string | undefined
}

interface Started {
  readonly responder: Responder
  readonly version: string
  readonly port: number
  readonly process: Running
}

const print = (line = '') => process.stdout.write(`${line}\n`)
const say = (line: string) => process.stderr.write(`${line}\n`)

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '4' },
      only: { type: 'string', default: RESPONDERS.join(',') },
      mmdb: { type: 'string' },
    },
  })
  const number = (name: 'rounds' | 'seconds', most: number): number => {
    const found = Number(values[name])
    if (found >= 1 && found <= most && Number.isInteger(found)) return found
    throw new Error(`--${name} is ${values[name]}; expected a whole number from 1 to ${most}`)
  }
  const only = values.only.split(',').map((name) => {
    const known = RESPONDERS.find((responder) => responder === name.trim())
    if (known === undefined) throw new Error(`--only names ${name}; known are ${RESPONDERS.join(', ')}`)
    return known
  })
  const mmdb = values.mmdb === undefined ? undefined : realpathSync(values.mmdb)
  return { rounds: number('rounds', 20), seconds: number('seconds', 30), only, mmdb }
}

/** Those that are installed, or could be. */
function ensureInstalled(wanted: readonly Responder[]): Responder[] {
  return wanted.filter((responder) => {
    const obstacle = ensureDebianPackages(PACKAGES[responder] ?? [])
    if (obstacle !== null) say(`${responder} is left out: ${obstacle}`)
    return obstacle === null
  })
}

function versionOf(responder: Responder): string {
  const name = PACKAGES[responder]?.[0]
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg-query's own syntax
  const args = ['--show', '--showformat=${Version}', name ?? '']
  return name === undefined ? '' : execFileSync('dpkg-query', args, { encoding: 'utf8' })
}

/**
 * One worker thread, as the peers have one server thread. Rate limits are on, and nobody is exempt: every answer is counted; no network of
 * the generator comes to so many a second.
 */
const NEARCAST_FLAGS = ['--dns-workers', '1', '--dns-rate-limit', '1000000', '--dns-rate-limit-exempt', 'none'] as const

async function bench(settings: Settings, folder: string, started: Started[], signal: AbortSignal): Promise<void> {
  const responders = ensureInstalled(settings.only)
  const cache = join(tmpdir(), 'nearcast-bench-dns')
  mkdirSync(cache, { recursive: true })
  const mmdb = settings.mmdb ?? fetchDatabase(cache, Date.now())
  const mmdbFolder = join(folder, 'geo-data')
  mkdirSync(mmdbFolder)
  symlinkSync(mmdb, join(mmdbFolder, 'city.mmdb'))
  const programs = join(folder, 'bin')
  mkdirSync(programs)
  const generator = createGenerator(compileC('generator', programs), folder, signal)
  const place = { mmdb, mmdbFolder, cache, echoProgram: compileC('echo', programs), nearcastFlags: NEARCAST_FLAGS }
  const files = Object.fromEntries(
    MIXES.map((mix) => {
      const path = join(folder, `${mix}.queries`)
      writeFileSync(path, composeQueries(mix))
      return [mix, path]
    }),
  ) as Record<Mix, string>
  const probe = composeQueries('no-ecs')
  const first = probe.subarray(6, 6 + probe.readUInt16LE(0))
  for (const responder of responders) {
    const own = join(folder, responder)
    mkdirSync(own)
    const port = await freePort()
    const launch = LAUNCH[responder]({ ...place, folder: own, port })
    say(`starting ${responder} on 127.0.0.1:${port}`)
    const running = await startResponder(launch, own, port, first, signal)
    started.push({ responder, version: versionOf(responder), port, process: running })
  }

  const loadBefore = loadavg()
  const tables: [Mix, Reported][] = []
  for (const mix of MIXES) tables.push([mix, await measureMix(generator, mix, files[mix], started, settings)])
  printHead(settings, responders, loadBefore, place.nearcastFlags.join(' '))
  for (const [mix, reported] of tables) {
    print(`\n${HEADINGS[mix]}\n`)
    print(composeTable(reported))
    for (const line of composeBars(reported)) print(line)
  }
}

const COUNT = QUERY_COUNT.toLocaleString('en-US')
const HEADINGS: Readonly<Record<Mix, string>> = {
  ecs: `**${COUNT} queries, each with a client subnet of its own**, A and AAAA in turn, EDNS 1232, DO:`,
  'no-ecs': `**${COUNT} queries without client subnet, each from an address of 127.0.0.0/8 drawn for it**, else alike:`,
}

/** Every query once, then the rounds, one responder after the other in each, then the paced rounds. */
async function measureMix(
  generator: Generator,
  mix: Mix,
  queries: string,
  started: readonly Started[],
  { rounds, seconds }: Settings,
): Promise<Reported> {
  const measured = started.map((one) => ({
    ...one,
    sites: Buffer.alloc(0) as Buffer,
    rounds: [] as { outcome: Outcome; cpuUs: number }[],
    paced: [] as Outcome[],
  }))
  for (const one of measured) {
    say(`${mix}: checking ${one.responder}`)
    const { outcome, sites } = await generator.check(one.port, queries)
    one.process.assertAlive()
    one.sites = sites
    // The echo's answers have no address.
    const wrong = one.responder === 'echo' ? 0 : sites.filter((site) => site === 0).length
    if (wrong > MOST_UNANSWERED || outcome.bad > 0) {
      throw new Error(
        `${one.responder}: ${wrong} of ${QUERY_COUNT} queries got no right answer (${outcome.lost} lost, ${outcome.bad} without an answer record)`,
      )
    }
    await generator.closed(one.port, queries, WARM_UP_SECONDS)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const one of measured) {
      const before = cpuMicroseconds(one.process.pid)
      const outcome = await generator.closed(one.port, queries, seconds)
      one.process.assertAlive()
      one.rounds.push({ outcome, cpuUs: cpuMicroseconds(one.process.pid) - before })
      say(`${mix}: round ${round}: ${one.responder}: ${Math.round(outcome.answered / outcome.seconds)} queries/s`)
    }
  }
  const reference = measured.find(({ responder }) => responder === 'gdnsd') ?? measured[0]!
  const pace = rateOf(reference) / 2
  for (let round = 1; round <= rounds; round++) {
    for (const one of measured) {
      const outcome = await generator.paced(one.port, queries, seconds, pace)
      one.process.assertAlive()
      one.paced.push(outcome)
      say(
        `${mix}: paced round ${round}: ${one.responder}: p99 ${outcome.p99Us} µs, ${outcome.lost} lost, ${outcome.slippedMs} ms put off`,
      )
    }
  }
  const rows = measured.map((one): Measured => ({ ...one, residentMegabytes: residentMegabytes(one.process.pid) }))
  return { rows, reference: reference.responder, pace }
}

function printHead(settings: Settings, responders: readonly Responder[], before: number[], flags: string): void {
  const { rounds, seconds } = settings
  const load = (averages: readonly number[]) => averages.map((average) => average.toFixed(2)).join(' ')
  const only = responders.length === RESPONDERS.length ? '' : ` --only ${responders.join(',')}`
  print(
    `\`npm run bench:dns -- --rounds ${rounds} --seconds ${seconds}${only}\`: ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, ` +
      `Linux ${release()}, Node ${process.version}, Nearcast ${flags}; load average ${load(before)} before the rounds and ${load(loadavg())} after them; ` +
      `generator on the same machine, ${WINDOW} queries outstanding; best of ${rounds} interleaved rounds, the median in brackets.`,
  )
}

/** Runs it in a folder of its own; whatever happens, nothing is left running and the folder goes. */
async function main(): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(`${name}: stopped`)))
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-bench-dns-'))
  const started: Started[] = []
  try {
    await bench(readSettings(), folder, started, stop.signal)
  } catch (error) {
    const cause = stop.signal.aborted ? stop.signal.reason : error
    say(cause instanceof Error ? cause.message : String(cause))
    process.exitCode = 1
  } finally {
    await Promise.all(started.map((one) => one.process.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
