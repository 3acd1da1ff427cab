import { join } from 'node:path'
import { createZones } from '../dns/zones.ts'
import type { IpFamily } from '../domain/address.ts'
import type { ProbeHost } from '../domain/check.ts'
import type { EndpointHealth } from '../domain/health.ts'
import type { Problem } from '../domain/problem.ts'
import { openGeo } from '../geo/open-geo.ts'
import { watchGeo } from '../geo/watch-geo.ts'
import { createLatencyMetrics } from '../http/admin/latency-metrics.ts'
import { createMetrics } from '../http/admin/metrics.ts'
import { createProbeMetrics } from '../http/admin/probe-metrics.ts'
import type { Listener, NodeStatus } from '../http/admin/status.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Schedule } from '../ports/schedule.ts'
import { createLiveSnapshot } from '../steering/live.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { createAdmissions } from './admissions.ts'
import type { Config } from './config.ts'
import { openFronts } from './fronts.ts'
import { giveBackMemory } from './give-back-memory.ts'
import { openHealthFeed } from './health-feed.ts'
import { createHeartbeats } from './heartbeats.ts'
import { openLatencyFeed } from './latency-feed.ts'
import type { Logger } from './logger.ts'
import { openStore } from './open-store.ts'
import { watchOverrides } from './override-feed.ts'
import { createPassiveRtts } from './passive-rtts.ts'
import { firstRevision, watchPolicies } from './policy-feed.ts'
import { createReports } from './reports.ts'
import { createSnapshots } from './snapshots.ts'
import { stayAwake } from './stay-awake.ts'

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
  /** What is believed of every endpoint. */
  readonly health: () => readonly EndpointHealth[]
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
 * @throws NoPolicies, ListenFailure, GeoDataError, or what kept the store from opening; then nothing is left running.
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
  const onFailure = (error: Error) => log.error(error.message)
  const startedAtMs = nowMs()

  const store = await openStore({ config, nowMs, schedule, onProblem: (message) => log.warn(message) })
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
  const latency = await openLatencyFeed({
    ...{ log, nowMs, schedule },
    stateDirectory: config.state,
    nodeLocation: config.nodeLocation,
    metrics: createLatencyMetrics(metrics.registry),
    publish: (view) => snapshots.update({ latency: view }),
  })
  closing(() => latency.close())
  const reports = createReports({
    ...{ current: live.current, nowMs, schedule, latency },
    onUnreachable: () => void snapshots.update({}).catch(onFailure),
  })
  closing(() => reports.close())
  const health = await openHealthFeed({
    ...{ config, log, nowMs, schedule, dice: parts.dice },
    metrics: createProbeMetrics(metrics.registry),
    publish: (facts) => snapshots.update({ health: facts }),
    onProbed({ target: { host, asked }, result }) {
      if (host !== null) latency.probed(asked.endpoint, familyOf(host), result.timings)
    },
  })
  closing(() => health.close())
  const { monitor } = health
  const snapshots = createSnapshots(
    live,
    { ...first.read, overrides, geo, health: health.health(), latency: latency.first },
    { nowMs, schedule, prepare: zones.prepare, unreachable: reports.unreachable, onFailure },
  )
  closing(() => snapshots.close())
  closing(live.subscribe(({ set }) => monitor.setPolicies(set.policies)))
  monitor.setPolicies(first.read.set.policies)
  const heartbeats = createHeartbeats({
    ...{ monitor, schedule, rtts: createPassiveRtts({ current: live.current, latency }) },
    policies: () => live.current()?.set.policies ?? [],
    onDrains: (drains) => void snapshots.update({ drains }).catch(onFailure),
  })
  closing(() => heartbeats.close())
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
  await stayAwake(health.firstRound())
  const onHealth = { health: monitor.health, events: monitor.events }
  const taken = { heartbeats, reports: config.reports === 'on' ? reports : null }
  const fronts = await openFronts({ ...parts, ...taken, live, zones, metrics, status, monitor: onHealth })
  closing(() => fronts.close())
  listeners = fronts.listeners

  const policies = watchPolicies(feed, first.read.revision, admissions.take, onFailure)
  closing(() => policies.close())
  closing(watchOverrides({ store, snapshots, log, nowMs }))
  closing(schedule(giveBackMemory, STARTED_AFTER_MS))

  return {
    listeners,
    snapshot: () => live.current() as Snapshot,
    health: monitor.health,
    problems: first.read.problems,
    refused: first.refused,
  }
}

const familyOf = (host: NonNullable<ProbeHost>): IpFamily => ('address' in host ? host.address.family : host.family)

/** By then the documents have been read twice: to start with, and by whoever watches them. */
const STARTED_AFTER_MS = 3_000

/** Where compiled geo databases are kept. */
export const geoCache = (config: Config): string => join(config.state, 'geo')
