import type { Command } from 'commander'
import { checkDocuments } from '../app/check-documents.ts'
import { type Config, loadConfig, type Origins } from '../app/config.ts'
import { assembleFacts } from '../app/facts.ts'
import { geoCache } from '../app/node.ts'
import { readPolicyDirectory } from '../app/policy-directory.ts'
import { withDown } from '../app/explain.ts'
import type { PolicyFacts } from '../domain/facts.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import { openGeo } from '../geo/open-geo.ts'
import { formatProblem } from '../policy/load.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Store } from '../ports/store.ts'
import { openMemoryStore } from '../state/memory/open-memory-store.ts'
import { compileSnapshot } from '../steering/compile.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { CommandFailure, EXIT, type Io } from './io.ts'
import { progressLine } from './progress.ts'

/** The settings in force for this command. */
export async function readSettings(command: Command, io: Io): Promise<{ config: Config; origins: Origins }> {
  const loaded = loadConfig({ flags: command.optsWithGlobals(), env: io.env })
  if ('problems' in loaded) throw new CommandFailure(loaded.problems.join('\n'), EXIT.usage)
  return loaded
}

export async function openGeoData(config: Config, io: Io): Promise<GeoLocator> {
  const progress = progressLine(io)
  try {
    return await openGeo({ directory: config.geoData, cacheDirectory: geoCache(config), onProgress: progress.on })
  } finally {
    progress.end()
  }
}

/** The policies as they stand in the directory; with errors, the command ends. */
export async function openPolicies(config: Config, io: Io): Promise<{ set: PolicySet }> {
  const source = await readPolicyDirectory(config.policies)
  const checked = checkDocuments(source.documents, await openGeoData(config, io), io.nowMs())
  const errors = [...source.problems, ...checked.problems].filter(({ severity }) => severity === 'error')
  if (checked.set === null || errors.length > 0) {
    const lines = errors.map(formatProblem).join('\n')
    throw new CommandFailure(`${lines}\nthe policies in ${config.policies} have ${errors.length} errors`)
  }
  return { set: checked.set }
}

export const openStore = (config: Config, io: Io): Promise<Store> =>
  openMemoryStore({ directory: config.state, nowMs: io.nowMs, onProblem: io.say })

/** The facts of one service as the overrides in the state directory make them. */
export async function openFacts(
  config: Config,
  io: Io,
  set: PolicySet,
  service: string,
  nowMs: number,
): Promise<PolicyFacts> {
  const store = await openStore(config, io)
  try {
    const facts = assembleFacts(set.policies, await store.overrides(nowMs), nowMs, null)
    const found = facts.of.get(service)
    if (found === undefined) throw new CommandFailure(`no service "${service}"`)
    return found
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
  const { set } = await openPolicies(config, io)
  const policy = set.policies.find(({ service }) => service === question.service)
  if (policy === undefined) {
    const known = set.policies.map(({ service }) => service).join(', ')
    throw new CommandFailure(`no service "${question.service}"; there are: ${known}`)
  }
  const nowMs = parseTime(question.at, io)
  const facts = withDown(policy, await openFacts(config, io, set, policy.service, nowMs), question.down)
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
