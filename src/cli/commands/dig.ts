import { randomInt } from 'node:crypto'
import { type Command, Option } from 'commander'
import { reachable } from '../../app/ask-admin.ts'
import type { Config } from '../../app/config.ts'
import { formatListenAddress } from '../../app/config-values.ts'
import { type DigParts, type DigResult, dig, isAnswering } from '../../app/dig.ts'
import { digClients } from '../../app/dig-clients.ts'
import { createOutsideNames } from '../../app/dig-outside.ts'
import { createPredictor } from '../../app/dig-predict.ts'
import { askNode, type ChosenRevision, chooseRevision } from '../../app/dig-revision.ts'
import { askFacts, factsOfPolicy } from '../../app/known-facts.ts'
import { readPolicyDirectory } from '../../app/policy-directory.ts'
import { createCookieJar } from '../../dns/client/ask-server.ts'
import { type NameServer, parseNameServer, systemNameServers } from '../../dns/name-servers.ts'
import { nameFromText, type WireName } from '../../dns/wire/name.ts'
import { typeFromText } from '../../dns/wire/type-names.ts'
import type { GeoLocator } from '../../ports/geo-locator.ts'
import { compileSnapshot } from '../../steering/compile.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openGeoData, openPolicies, openStore, readSettings } from '../open.ts'
import { collectList } from '../options.ts'
import { digJson } from './dig-json.ts'
import { digText } from './dig-text.ts'
import { type DigView, serverText } from './dig-view.ts'

interface DigOptions {
  readonly from?: readonly string[]
  readonly server?: string
  readonly tcp?: boolean
  readonly tls?: boolean
  readonly offline?: boolean
  readonly count: string
  readonly verbose?: boolean
  readonly json?: boolean
}

const AFTERWORD = `
Without --from: a resolver that names no client, and clients around the world. Without types: A, AAAA, and what else the name has.
The exit code is 1 when an answer is not as predicted, or there is none.

Examples:
  nearcast dig api.geo.example
  nearcast dig api.geo.example A --from DE,US-VA,81.2.69.0/24 --verbose
  nearcast dig api --from world --offline
  nearcast dig api.geo.example A --from none --count 200
  nearcast dig geo.example SOA NS MX --server 192.0.2.53 --tcp`

export function defineDig(program: Command, io: Io): void {
  program
    .command('dig')
    .argument('<name|type...>', 'DNS names (or services that have one), and record types')
    .description('what the node answers to whom and why, for many clients at once, beside what comes over the wire')
    .option(
      '--from <client>',
      'networks, addresses, countries (DE), parts of one (US-VA), world, or none for no client subnet; several with commas or by repeating it',
      collectList,
    )
    .option('--server <address>', 'ask this DNS server, with or without a port, instead of the node (listen.dns)')
    .option('--tcp', 'ask over TCP')
    .addOption(new Option('--tls', 'ask over TLS (listen.dot), whatever the certificate').conflicts('tcp'))
    .option('--offline', 'ask nobody: the prediction alone, from the policy directory')
    .option('--count <n>', 'so many queries for each client and type, to measure a split', '1')
    .option('--verbose', 'add every step of the policy for each client')
    .option('--json', 'print JSON')
    .addHelpText('after', AFTERWORD)
    .action((words: string[], options: DigOptions, command: Command) => run(words, options, command, io))
}

async function run(words: readonly string[], options: DigOptions, command: Command, io: Io): Promise<void> {
  const count = readCount(options.count)
  const { names, types } = readWords(words)
  const { config } = await readSettings(command, io)
  const wanted = options.offline === true ? null : serverOf(options, config)
  const geo = await openGeoData(config, io)
  const clients = digClients(options.from ?? [], geo)
  if (typeof clients === 'string') throw new CommandFailure(clients, EXIT.usage)

  const transport = options.tls === true ? 'tls' : options.tcp === true ? 'tcp' : 'udp'
  const ask = { transport, nowMs: () => performance.now(), schedule } as const
  const cookies = createCookieJar(dice)
  const probe = wanted === null ? null : await isAnswering(wanted, wireName(names[0] ?? ''), { ask, cookies, dice })
  const isThere = probe !== null && (probe.kind === 'answer' || probe.kind === 'malformed')
  const { chosen, snapshot, geoNote } = await openRevision(config, geo, options, isThere ? 'a node' : 'nobody', io)

  const parts: DigParts = {
    predictor: createPredictor({
      snapshot,
      outside: createOutsideNames(config.resolvers.length > 0 ? config.resolvers : systemNameServers(), io.nowMs),
    }),
    server: isThere ? wanted : null,
    ask,
    cookies,
    nowMs: io.nowMs,
    count,
    serial: chosen.isInForce ? 'compared' : 'ignored',
    dice,
  }
  const wireNames = names.map((text) => wireName(dnsNameOf(text, snapshot)))
  const askFor = options.from === undefined ? 'whereSteered' : 'all'
  const results = await dig({ names: wireNames, types, clients, askFor }, parts)
  const silent = probe !== null && !isThere && wanted !== null ? [silentNote(wanted, probe)] : []
  const notes = [...silent, ...chosen.notes, ...geoNote]
  const view = {
    results,
    snapshot,
    chosen,
    server: parts.server,
    transport,
    count,
    notes,
    nowMs: snapshot.compiledAtMs,
  } as const
  print(view, options, io)
  if (silent.length > 0 || results.some(isWrong)) throw new CommandFailure('')
}

const silentNote = (server: NameServer, probe: { readonly message?: string }): string =>
  `${serverText(server)} does not answer (${probe.message ?? ''}): this is the prediction alone`

const isWrong = ({ verdict }: DigResult): boolean => verdict.kind === 'different' || verdict.kind === 'noAnswer'

function print(view: DigView, options: DigOptions, io: Io): void {
  if (options.json === true) io.out(JSON.stringify(digJson(view), null, 2))
  else io.out(digText(view, options.verbose === true ? 'all steps' : 'in short', io))
}

function readCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count
  throw new CommandFailure(`--count ${text} is no whole number from 1 to 10000`, EXIT.usage)
}

/** What is the name of a type is one; `mx.` with a dot at its end is a name all the same. */
function readWords(words: readonly string[]): { readonly names: readonly string[]; readonly types: readonly number[] } {
  const types = words.flatMap((word) => typeFromText(word) ?? [])
  const names = words.filter((word) => typeFromText(word) === null)
  if (names.length === 0) throw new CommandFailure('name at least one DNS name beside the types', EXIT.usage)
  for (const name of names) wireName(name)
  return { names, types: [...new Set(types)] }
}

function wireName(text: string): WireName {
  const name = nameFromText(text)
  if (name === null) throw new CommandFailure(`"${text}" is neither a DNS name nor a record type`, EXIT.usage)
  return name
}

/** The first DNS name of a service, when a text names one; else the text. */
function dnsNameOf(text: string, { services }: Snapshot): string {
  const service = services.get(text)
  if (service === undefined) return text
  const [name] = service.policy.names.dns
  if (name === undefined) throw new CommandFailure(`the service ${text} has no name in DNS`)
  return name
}

/** Null when there is nobody to ask: DNS is off. */
function serverOf({ server: text, tls }: DigOptions, config: Config): NameServer | null {
  if (text !== undefined) {
    const server = parseNameServer(text)
    if (server === null) {
      throw new CommandFailure(
        `--server ${text} is no address; write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353`,
        EXIT.usage,
      )
    }
    return tls === true && !HAS_PORT.test(text) ? { ...server, port: DOT_PORT } : server
  }
  const listen = tls === true ? config.dot : config.dns
  if (listen === null && tls === true) throw new CommandFailure('--tls: listen.dot is off; name a --server', EXIT.usage)
  if (listen === null) return null
  const { host, port } = reachable(listen)
  return { address: host, port }
}

const HAS_PORT = /^(?:\[.*\]|[\d.]+):\d+$/
/** RFC 7858 §3.1. */
const DOT_PORT = 853

interface OpenRevision {
  readonly chosen: ChosenRevision
  readonly snapshot: Snapshot
  readonly geoNote: readonly string[]
}

/** What the node that is asked answers from, as far as it can be told from here. */
async function openRevision(
  config: Config,
  geo: GeoLocator,
  { server }: DigOptions,
  asks: 'a node' | 'nobody',
  io: Io,
): Promise<OpenRevision> {
  // The admin port is that of the configured node: of another server it says nothing.
  const isOwn = server === undefined || server === formatListenAddress(config.dns)
  const node = asks === 'a node' && isOwn ? await askNode(config.admin) : null
  const source = await readPolicyDirectory(config.policies, config.zones)
  const nowMs = io.nowMs()
  const store = await openStore(config, io)
  try {
    const documents = source.problems.length > 0 ? null : source.documents
    const chosen = await chooseRevision({ store, documents, directory: config.policies, node, asks, nowMs })
    if (chosen === null) {
      await openPolicies(config, geo, io)
      throw new CommandFailure(`nothing to predict from: neither ${config.policies} nor ${config.state} reads well`)
    }
    const { revision, set } = chosen
    const known = await askFacts(isOwn && asks === 'a node' ? config : { ...config, admin: null }, store, nowMs)
    const overrides = await store.overrides(nowMs)
    const of = new Map(set.policies.map((it) => [it.service, factsOfPolicy(known, it, overrides, nowMs)]))
    const facts = { number: known.node?.number ?? 1, of }
    const snapshot = compileSnapshot({ revision, set, facts, geo, nowMs, freshness: 'fresh' }, null)
    const geoNote =
      node?.geo === null || node === null || node.geo === geo.info.name
        ? []
        : [`the node places clients by ${node.geo}, this by ${geo.info.name}: answers may differ for that`]
    return { chosen, snapshot, geoNote }
  } finally {
    await store.close()
  }
}

const dice = (): number => randomInt(2 ** 32)

const schedule = (task: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}
