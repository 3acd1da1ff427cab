/**
 * Nearcast beside Knot, BIND and NSD: the same master files, the same questions, every difference explained or printed. Linux, loopback only.
 *
 *     npm run compare:dns -- [--seed 1] [--zones 200] [--questions 40] [--only knot,bind,nsd]
 *
 * `--questions` are those of each zone. As root it installs the Debian packages that are missing; without, it leaves those peers out and says so.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureDebianPackages } from '../../../scripts/install-debian.ts'
import { startDns } from '../../../src/dns/server.ts'
import { givenZonePath } from '../../../src/policy/master-file/document-path.ts'
import { composeQuery, describeMessage } from '../../../test/helpers/dns-message.ts'
import { draws } from '../../../test/helpers/draws.ts'
import { completeFixture } from '../../../test/helpers/fastpath.ts'
import { makeSnapshot } from '../../../test/helpers/snapshot.ts'
import { freePort, type Running, startResponder } from '../processes.ts'
import { askOverTcp, createUdpAsker, type UdpAsker } from './ask.ts'
import { type Answer, compareAnswers } from './differences.ts'
import { LAUNCH_PEER, PACKAGES, PEERS, type Peer } from './peers.ts'
import { generateQuestions, type Question } from './questions.ts'
import { type GeneratedZone, generateZones } from './zones.ts'

const AT_ONCE = 24
const MOST_SAMPLES = 2
/** A zone by which a peer is known to be up. */
const READY = 'ready.test'

const print = (line: string) => process.stdout.write(`${line}\n`)

function readSettings() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      zones: { type: 'string', default: '200' },
      questions: { type: 'string', default: '40' },
      only: { type: 'string', default: PEERS.join(',') },
    },
  })
  const number = (name: 'seed' | 'zones' | 'questions'): number => {
    const found = Number(values[name])
    if (Number.isInteger(found) && found >= 1 && found <= 100_000) return found
    throw new Error(`--${name} is ${values[name]}; expected a whole number from 1 to 100000`)
  }
  const only = values.only.split(',').map((name) => {
    const peer = PEERS.find((known) => known === name)
    if (peer === undefined) throw new Error(`--only names ${name}; known are ${PEERS.join(', ')}`)
    return peer
  })
  return { seed: number('seed'), zones: number('zones'), questions: number('questions'), only }
}

interface Server {
  readonly port: number
  readonly udp: UdpAsker
}

/** Nearcast in this process, so that what is compared is the responder and not what a linter thinks of generated zones. */
async function startOurs(zones: readonly GeneratedZone[], failures: unknown[]) {
  const documents = zones.map(({ apex, masterFile }) => [givenZonePath(apex, `${apex}.zone`), masterFile] as const)
  const snapshot = makeSnapshot({ documents: Object.fromEntries(documents) })
  const respond = completeFixture(snapshot, Date.now, () => 0)
  return startDns({
    host: '127.0.0.1',
    port: 0,
    respond: (...query) => {
      try {
        return respond(...query)
      } catch (error) {
        failures.push(error)
        return 0
      }
    },
    schedule: (task, delayMs) => {
      const timer = setTimeout(task, delayMs)
      return () => clearTimeout(timer)
    },
  })
}

/** Names are compared without case, those in the RDATA of NAPTR, SVCB and HTTPS too. */
function lowerCase(line: string): string {
  const [, head, octets] = /^(.* (?:NAPTR|TYPE35|SVCB|TYPE64|HTTPS|TYPE65) \\# \d+ )([0-9a-f]*)$/.exec(line) ?? []
  if (head === undefined || octets === undefined) return line.toLowerCase()
  return `${head}${Buffer.from(octets, 'hex').toString('latin1').toLowerCase()}`.toLowerCase()
}

function describe(octets: Buffer): Answer {
  const described = describeMessage(octets)
  const lower = (lines: readonly string[]) => lines.map(lowerCase)
  return {
    ...described,
    question: described.question?.toLowerCase() ?? null,
    answer: lower(described.answer),
    authority: lower(described.authority),
    additional: lower(described.additional),
    octets: octets.length,
  }
}

/** Null is silence. */
async function ask({ port, udp }: Server, question: Question, overTcp: boolean): Promise<Answer | null> {
  const octets = overTcp ? await askOverTcp(port, question.octets) : await udp.ask(question.octets)
  return octets === null ? null : describe(octets)
}

interface Tally {
  asked: number
  readonly kinds: Map<string, { count: number; readonly isExplained: boolean; readonly samples: string[] }>
}

function note({ kinds }: Tally, what: string, isExplained: boolean, sample: string): void {
  const kind = kinds.get(what) ?? { count: 0, isExplained, samples: [] }
  kinds.set(what, kind)
  kind.count++
  if (!isExplained && kind.samples.length < MOST_SAMPLES) kind.samples.push(sample)
}

const show = ({ rcode, flags, octets, answer, authority, additional, edns }: Answer): string =>
  `${rcode} [${flags}] ${octets} octets, ${JSON.stringify({ answer, authority, additional, edns })}`.slice(0, 1500)

async function compareOne(
  question: Question,
  ours: Server,
  peers: ReadonlyMap<Peer, Server>,
  zones: readonly GeneratedZone[],
  tally: Tally,
  overTcp = question.overTcp,
): Promise<void> {
  tally.asked++
  const mine = await ask(ours, question, overTcp)
  if (mine === null) return note(tally, 'Nearcast is silent', false, question.text)
  for (const [peer, server] of peers) {
    const theirs = await ask(server, question, overTcp)
    if (theirs === null) {
      note(tally, `${peer} is silent`, false, question.text)
      continue
    }
    const difference = compareAnswers({ peer, question: { ...question, overTcp }, ours: mine, theirs, zones })
    if (difference === null) continue
    const { reason, parts } = difference
    const sample = `${question.text}\n      Nearcast ${show(mine)}\n      ${peer} ${show(theirs)}`
    note(tally, `${peer}: ${reason ?? `not explained: ${parts.join(', ')}`}`, reason !== null, sample)
  }
  if (mine.flags.includes('tc') && !overTcp) await compareOne(question, ours, peers, zones, tally, !overTcp)
}

async function startPeers(only: readonly Peer[], zones: readonly GeneratedZone[], folder: string, running: Running[]) {
  const zoneFolder = join(folder, 'zones')
  mkdirSync(zoneFolder)
  for (const { apex, masterFile } of zones) writeFileSync(join(zoneFolder, `${apex}.zone`), masterFile)
  // Theirs to refuse are the others: this one is loaded by all.
  writeFileSync(
    join(zoneFolder, `${READY}.zone`),
    `@ 60 IN SOA ns1 hostmaster 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n`,
  )
  const apexes = [...zones.map(({ apex }) => apex), READY]
  const query = composeQuery(`${READY} SOA`).bytes
  const peers = new Map<Peer, Server>()
  for (const peer of only) {
    const obstacle = ensureDebianPackages([PACKAGES[peer]])
    if (obstacle !== null) {
      print(`${peer} is left out: ${obstacle}`)
      continue
    }
    const port = await freePort()
    const place = { folder: join(folder, peer), port, zones: zoneFolder, apexes }
    mkdirSync(place.folder)
    running.push(
      await startResponder(LAUNCH_PEER[peer](place), place.folder, port, query, new AbortController().signal),
    )
    peers.set(peer, { port, udp: await createUdpAsker(port) })
  }
  return peers
}

function report({ asked, kinds }: Tally, failures: readonly unknown[], peers: readonly Peer[]): number {
  print(`${asked} questions, beside ${peers.join(', ') || 'nobody'}`)
  for (const [what, { count, samples }] of [...kinds].sort(([, a], [, b]) => b.count - a.count)) {
    print(`${String(count).padStart(6)}  ${what}`)
    for (const sample of samples) print(`      ${sample}`)
  }
  for (const failure of failures.slice(0, 3))
    print(`Nearcast failed: ${failure instanceof Error ? failure.stack : failure}`)
  const unexplained = [...kinds.values()].reduce((sum, { count, isExplained }) => (isExplained ? sum : sum + count), 0)
  print(`${unexplained} differences are not explained`)
  return unexplained + failures.length
}

const settings = readSettings()
const die = draws(settings.seed)
const zones = generateZones(settings.zones, die)
const questions = generateQuestions(zones, settings.questions, die)
const folder = mkdtempSync(join(tmpdir(), 'nearcast-compare-'))
const running: Running[] = []
const failures: unknown[] = []
const tally: Tally = { asked: 0, kinds: new Map() }
const server = await startOurs(zones, failures)
const ours: Server = { port: server.port, udp: await createUdpAsker(server.port) }
let peers: ReadonlyMap<Peer, Server> = new Map()
try {
  peers = await startPeers(settings.only, zones, folder, running)
  const waiting = questions.values()
  const lane = async (): Promise<void> => {
    for (const question of waiting) await compareOne(question, ours, peers, zones, tally)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  process.exitCode = report(tally, failures, [...peers.keys()]) === 0 ? 0 : 1
} finally {
  for (const { udp } of [ours, ...peers.values()]) udp.close()
  await server.close()
  for (const it of running) await it.stop()
  rmSync(folder, { recursive: true, force: true })
}
