import { join } from 'node:path'
import { createZones } from '../dns/zones.ts'
import type { Problem } from '../domain/problem.ts'
import { openGeo } from '../geo/open-geo.ts'
import { watchGeo } from '../geo/watch-geo.ts'
import { createMetrics } from '../http/admin/metrics.ts'
import type { Listener, NodeStatus } from '../http/admin/status.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { openMemoryStore } from '../state/memory/open-memory-store.ts'
import { createLiveSnapshot } from '../steering/live.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { createAdmissions } from './admissions.ts'
import type { Config } from './config.ts'
import { openFronts } from './fronts.ts'
import { giveBackMemory } from './give-back-memory.ts'
import type { Logger } from './logger.ts'
import { watchOverrides } from './override-feed.ts'
import { firstRevision, watchPolicies } from './policy-feed.ts'
import { createSnapshots, type Schedule } from './snapshots.ts'

export interface NodeParts {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Told while a geo database is compiled. */
  readonly onProgress: (progress: { readonly phase: string; readonly done: number; readonly total: number }) => void
}

export interface RunningNode {
  readonly listeners: readonly Listener[]
  readonly snapshot: () => Snapshot
  /** Warnings about the policies in force. */
  readonly problems: readonly Problem[]
  /** Errors that keep the policy directory from being in force; null when it is. */
  readonly refused: readonly Problem[] | null
  /** Stops watching, lets answers under way leave, and closes everything. */
  close(): Promise<void>
}

/**
 * Starts one node: state, geo database, policies, first snapshot, front ends, watchers, in this order, so that nothing
 * answers before there is something to answer from.
 * @throws NoPolicies, ListenFailure, GeoDataError, or what kept the state directory from opening; then nothing is left running.
 */
export async function startNode(parts: NodeParts): Promise<RunningNode> {
  const onClose: (() => unknown)[] = []
  const close = async (): Promise<void> => {
    for (const step of onClose.splice(0).reverse()) await step()
  }
  try {
    return { ...(await start(parts, (step) => onClose.push(step))), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @param closing told of every step of closing, to be taken in the opposite order */
async function start(parts: NodeParts, closing: (step: () => unknown) => void): Promise<Omit<RunningNode, 'close'>> {
  const { config, log, nowMs, schedule } = parts
  const startedAtMs = nowMs()

  const store = await openMemoryStore({ directory: config.state, nowMs, onProblem: (message) => log.warn(message) })
  closing(() => store.close())

  const geoOptions = { directory: config.geoData, cacheDirectory: geoCache(config), onProgress: parts.onProgress }
  let geo: GeoLocator = await openGeo({
    ...geoOptions,
    onRefused: (error) => log.error(`${error.message}. It is left out.`),
  })

  const feed = { directory: config.policies, zones: config.zones, store, geo: () => geo, nowMs }
  const first = await firstRevision(feed)
  const live = createLiveSnapshot()
  const metrics = createMetrics(parts.version)
  live.subscribe(metrics.setSnapshot)
  const overrides = await store.overrides(nowMs())
  const zones = createZones()
  const snapshots = createSnapshots(
    live,
    { ...first.read, overrides, geo },
    { nowMs, schedule, prepare: zones.prepare },
  )
  closing(() => snapshots.close())
  const admissions = createAdmissions({ first, snapshots, metrics, log, nowMs })

  const geoWatch = watchGeo({
    ...geoOptions,
    current: geo,
    async onSwap(locator) {
      geo = locator
      await snapshots.update({ geo })
      log.info({ database: locator.info.name }, `the geo database ${locator.info.name} is in force`)
    },
    onRefused: (error, meanwhile) => log.error(`${error.message}. ${meanwhile}`),
  })
  closing(() => geoWatch.close())

  let listeners: readonly Listener[] = []
  const status = (): NodeStatus => {
    const missing = listeners.length === 0 ? ['front ends are not open yet'] : []
    return { startedAtMs, listeners, refused: admissions.refused(), refusedGeo: geoWatch.refused(), missing }
  }
  const fronts = await openFronts({ ...parts, live, zones, metrics, status })
  closing(() => fronts.close())
  listeners = fronts.listeners

  const onFailure = (error: Error) => log.error(error.message)
  const policies = watchPolicies(feed, first.read.revision, admissions.take, onFailure)
  closing(() => policies.close())
  closing(watchOverrides({ store, snapshots, log, nowMs }))
  closing(schedule(giveBackMemory, STARTED_AFTER_MS))

  return {
    listeners,
    snapshot: () => live.current() as Snapshot,
    problems: first.read.problems,
    refused: first.refused,
  }
}

/** By then the documents have been read twice: to start with, and by whoever watches them. */
const STARTED_AFTER_MS = 3_000

/** Where compiled geo databases are kept. */
export const geoCache = (config: Config): string => join(config.state, 'geo')
