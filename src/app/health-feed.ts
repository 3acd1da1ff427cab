import type { HealthEvent } from '../domain/health.ts'
import type { ProbeMetrics } from '../http/admin/probe-metrics.ts'
import { readLastRun } from '../monitor/belief/last-run.ts'
import { createHealthCheck } from '../monitor/checks/registry.ts'
import { createResolve, remembering } from '../monitor/hostnames.ts'
import { createMonitor, type Monitor, type Monitored } from '../monitor/monitor.ts'
import type { Probed } from '../monitor/probing.ts'
import { retrying } from '../monitor/retrying-check.ts'
import { createTargetGuard } from '../monitor/target-guard.ts'
import type { Schedule } from '../ports/schedule.ts'
import { loadNodeMemory, saveNodeMemory } from '../state/node-memory.ts'
import type { Config } from './config.ts'
import { formatListenAddress } from './config-values.ts'
import { every } from './every.ts'
import type { HealthFacts } from './facts.ts'
import type { Logger } from './logger.ts'
import { createProbeDns } from './probe-dns.ts'
import { NO_LOADS, settleLoads } from './settled-loads.ts'

export interface HealthFeedParts {
  readonly config: Config
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly metrics: ProbeMetrics
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Brings what is believed into force. */
  readonly publish: (health: HealthFacts) => Promise<unknown>
  /** Told of every probe. */
  readonly onProbed: (probed: Probed) => void
}

/** The monitor of a node, and what it takes to have its word in force. */
export interface HealthFeed {
  readonly monitor: Monitor
  /** What it says at the moment, loads rounded. */
  readonly health: () => HealthFacts
  /** Resolves after the first round of probes with what it found in force. Until then nothing else is published. */
  firstRound(): Promise<void>
  /** Remembers what is believed for the next run. */
  close(): Promise<void>
}

const MEMORY_NAME = 'health'
/** Well below the ten minutes after which it would not be believed any more. */
const SAVE_EVERY_MS = 60_000
const LOADS_EVERY_MS = 2_000

/** Opens the monitor with what the last run of this node believed. It probes nothing before it is given policies. */
export async function openHealthFeed(parts: HealthFeedParts): Promise<HealthFeed> {
  const { config, log, metrics, nowMs, schedule, dice, onProbed } = parts
  const remembered = await loadNodeMemory(config.state, MEMORY_NAME, (message) => log.warn(message))
  let settled = NO_LOADS
  let loadsAtMs = -Infinity
  let callOffLoads: (() => void) | null = null
  let isFirstRound = true
  let saving: Promise<void> = Promise.resolve()

  const settle = (told: Monitored): void => {
    // A clock that is set back does not keep loads waiting for longer than others.
    const sinceMs = Math.abs(nowMs() - loadsAtMs)
    const isDue = sinceMs >= LOADS_EVERY_MS
    const before = settled.health
    settled = settleLoads(told, settled, isDue ? 'takeOver' : 'keep')
    if (isDue) loadsAtMs = nowMs()
    else callOffLoads ??= schedule(takeOverLoads, LOADS_EVERY_MS - sinceMs)
    // Nobody is answered yet, and every probe is news.
    if (isFirstRound || saysTheSame(before, settled.health)) return
    void parts.publish(settled.health).catch((error: Error) => {
      log.warn(`what checks found is not in force: ${error.message}. The next change is tried again.`)
    })
  }
  const takeOverLoads = (): void => {
    callOffLoads = null
    settle(monitor.monitored())
  }
  const save = (): Promise<void> => {
    const task = () => saveNodeMemory(config.state, MEMORY_NAME, monitor.remember())
    saving = saving.then(task).catch((error: Error) => log.warn(error.message))
    return saving
  }

  const guard = createTargetGuard({ allow: config.checksAllow, deny: config.checksDeny })
  const lookUp = remembering({ lookUp: createResolve(config.resolvers.map(serverText)), nowMs })
  const tools = {
    lookUp,
    guard,
    askDns: createProbeDns({ nowMs: steadyMs, schedule, dice }),
    exec: config.checksExec,
    nowMs: steadyMs,
  }
  const monitor = createMonitor({
    createCheck(check) {
      const made = createHealthCheck(check, tools)
      if (made === null) return null
      return retrying(made, { retries: check.retries, timeoutMs: check.timeoutSeconds * 1_000, schedule })
    },
    lookUp,
    guard,
    nowMs,
    schedule,
    dice,
    perSecond: config.checksRate,
    atOnce: config.checksConcurrency,
    lastRun: readLastRun(remembered, nowMs()),
    onChange: settle,
    onEvent(event) {
      metrics.onHealthEvent(event)
      tellEvent(log, event)
    },
    onProbed(probed) {
      metrics.onProbed(probed)
      onProbed(probed)
    },
  })
  metrics.watch({ load: monitor.load, health: monitor.monitored })
  const callOffSave = every(schedule, SAVE_EVERY_MS, save)
  return {
    monitor,
    health: () => settled.health,
    async firstRound() {
      await monitor.firstRound(config.checksStartWithin)
      isFirstRound = false
      await parts.publish(settled.health)
    },
    async close() {
      callOffSave()
      callOffLoads?.()
      monitor.close()
      await save()
    },
  }
}

/** Never set back: differences of two times are durations. */
const steadyMs = (): number => performance.timeOrigin + performance.now()

const serverText = ({ address, port }: Config['resolvers'][number]): string =>
  formatListenAddress({ host: address, port })

const saysTheSame = (a: HealthFacts, b: HealthFacts): boolean =>
  a.size === b.size && [...b].every(([service, endpoints]) => a.get(service) === endpoints)

/** Of an endpoint as a whole; its targets are in the event log. */
function tellEvent(log: HealthFeedParts['log'], { service, endpoint, check, from, to, detail }: HealthEvent): void {
  if (check !== null) return
  const text = `${service}/${endpoint} is ${to}, was ${from}: ${detail}`
  if (to === 'down' || to === 'degraded') log.warn(text)
  else log.info(text)
}
