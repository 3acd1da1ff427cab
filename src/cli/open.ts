import type { Command } from 'commander'
import { checkDocuments } from '../app/check-documents.ts'
import { type Config, loadConfig, type Origins } from '../app/config.ts'
import { withDown } from '../app/explain.ts'
import { askFacts, factsOfPolicy } from '../app/known-facts.ts'
import { geoCache } from '../app/node.ts'
import { openStore as openConfiguredStore } from '../app/open-store.ts'
import { readPolicyDirectory } from '../app/policy-directory.ts'
import type { PolicyFacts } from '../domain/facts.ts'
import { matchesGlob } from '../domain/glob.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import { GeoDataError } from '../geo/geo-data-error.ts'
import { openGeo } from '../geo/open-geo.ts'
import { formatProblem, loadDocuments } from '../policy/load.ts'
import { didYouMean } from '../policy/suggest.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Store } from '../ports/store.ts'
import { compileSnapshot } from '../steering/compile.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { CommandFailure, EXIT, type Io } from './io.ts'
import { counted } from './options.ts'
import { progressLine } from './progress.ts'

/** The settings in force for this command. */
export async function readSettings(command: Command, io: Io): Promise<{ config: Config; origins: Origins }> {
  const loaded = loadConfig({ flags: command.optsWithGlobals(), env: io.env })
  if ('problems' in loaded) throw new CommandFailure(loaded.problems.join('\n'), EXIT.usage)
  return loaded
}

/** As a node opens it: what cannot be used is told of and left out. */
export async function openGeoData(config: Config, io: Io): Promise<GeoLocator> {
  const progress = progressLine(io)
  const onRefused = ({ message }: GeoDataError): void => {
    progress.end()
    io.say(`${message}. This goes on without it.`)
  }
  try {
    return await openGeo({
      directory: config.geoData,
      cacheDirectory: geoCache(config),
      onProgress: progress.on,
      onRefused,
    })
  } catch (error) {
    throw error instanceof GeoDataError ? new CommandFailure(error.message) : error
  } finally {
    progress.end()
  }
}

/**
 * The policies as they stand in the directory. Errors of meaning, such as a test that fails, are told of and no obstacle:
 * somebody is looking for their cause. When the documents make no set, the command ends.
 */
export async function openPolicies(config: Config, geo: GeoLocator, io: Io): Promise<{ set: PolicySet }> {
  const source = await readPolicyDirectory(config.policies, config.zones)
  const checked = checkDocuments(source.documents, geo, io.nowMs())
  const errors = [...source.problems, ...checked.problems].filter(({ severity }) => severity === 'error')
  const lines = errors.map(formatProblem).join('\n')
  const count = `the policies in ${config.policies} have ${counted(errors.length, 'error')}`
  const set = source.problems.length > 0 ? null : (checked.set ?? loadDocuments(source.documents).set)
  if (set === null || set.policies.length === 0) throw new CommandFailure(`${lines}\n${count}`)
  if (errors.length > 0) io.say(`${lines}\n${count} and would not come into force; this shows what they say`)
  return { set }
}

/** @throws CommandFailure when there is no such service. */
export function serviceOf(set: PolicySet, name: string): Policy {
  const policy = set.policies.find(({ service }) => service === name)
  if (policy !== undefined) return policy
  const known = set.policies.map(({ service }) => service)
  throw new CommandFailure(
    `no service "${name}"; ${known.length > 8 ? didYouMean(name, known) : `there are: ${known.join(', ')}`}`,
  )
}

export const openStore = (config: Config, io: Io): Promise<Store> =>
  openConfiguredStore({ config, nowMs: io.nowMs, onProblem: io.say })

/**
 * The facts of one service as the running node says them, if there is one, with the overrides in the state directory, and with
 * those endpoints down besides.
 */
export async function openFacts(
  config: Config,
  io: Io,
  policy: Policy,
  nowMs: number,
  down: readonly string[],
): Promise<PolicyFacts> {
  for (const glob of down) {
    const ids = policy.endpoints.map(({ id }) => id)
    if (ids.some((id) => matchesGlob(glob, id))) continue
    throw new CommandFailure(
      `--down "${glob}" names no endpoint of ${policy.service}; ${didYouMean(glob, ids)}`,
      EXIT.usage,
    )
  }
  const store = await openStore(config, io)
  try {
    const known = await askFacts(config, store, io.nowMs())
    return withDown(policy, factsOfPolicy(known, policy, await store.overrides(nowMs), nowMs), down)
  } finally {
    await store.close()
  }
}

export interface SnapshotQuestion {
  readonly service: string
  readonly down: readonly string[]
  readonly at: string | undefined
}

/** One service, compiled as a node would. */
export async function openSnapshot(config: Config, io: Io, question: SnapshotQuestion): Promise<Snapshot> {
  const geo = await openGeoData(config, io)
  const { set } = await openPolicies(config, geo, io)
  const policy = serviceOf(set, question.service)
  const nowMs = parseTime(question.at, io)
  const facts = await openFacts(config, io, policy, nowMs, question.down)
  const revision = { number: 0, digest: '', author: '', reason: '', atMs: nowMs }
  const parts = { revision, geo, nowMs, freshness: 'fresh' } as const
  return compileSnapshot(
    { ...parts, set: { ...set, policies: [policy] }, facts: { number: 1, of: new Map([[policy.service, facts]]) } },
    null,
  )
}

/** Now, when nothing is given. */
export function parseTime(text: string | undefined, io: Io): number {
  if (text === undefined) return io.nowMs()
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new CommandFailure(`--at ${text} is no time; write 2026-05-01T14:00Z`, EXIT.usage)
  return ms
}
