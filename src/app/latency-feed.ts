import type { IpFamily } from '../domain/address.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { LatencyView } from '../domain/facts.ts'
import type { ProbeTimings } from '../domain/health.ts'
import type { GeoPoint } from '../domain/place.ts'
import type { LatencyMetrics } from '../http/admin/latency-metrics.ts'
import { createEstimator, type ReportSample, type Verdict } from '../latency/estimator.ts'
import type { Schedule } from '../ports/schedule.ts'
import { loadNodeMemory, saveNodeMemory } from '../state/node-memory.ts'
import { every } from './every.ts'
import { inTurns } from './in-turns.ts'
import type { Logger } from './logger.ts'

/** A new view plans every location anew for whoever steers by `fastest`. */
const VIEW_EVERY_MS = 60_000
const SAVE_EVERY_MS = 300_000
/** What the node remembers of latency, in its memory. */
export const LATENCY_MEMORY = 'latency'

export interface LatencyFeedParts {
  readonly stateDirectory: string
  /** Where this node is; null: unknown, then its probes say nothing of distances. */
  readonly nodeLocation: GeoPoint | null
  readonly log: Pick<Logger, 'warn'>
  readonly metrics: LatencyMetrics
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Brings a view into force. */
  readonly publish: (latency: LatencyView) => Promise<unknown>
}

export interface LatencyFeed {
  /** In force from the start: what the run before had learnt. */
  readonly first: LatencyView
  /** Told of every probe's timings. */
  probed(endpoint: Endpoint, family: IpFamily, timings: ProbeTimings): void
  addReport(report: ReportSample): Verdict
  /** Takes what an endpoint measured of its own connections. */
  addPassive(sample: ReportSample): Verdict
  /** Counts round trips of endpoints that are not for the estimator, and why. */
  passedOver(why: 'tooOften' | 'busy' | 'notGlobal', count: number): void
  /** Saves what was learnt. */
  close(): Promise<void>
}

/** Feeds the estimator with probes and reports, and brings what it publishes into force at most once a minute. */
export async function openLatencyFeed(parts: LatencyFeedParts): Promise<LatencyFeed> {
  const { stateDirectory, nodeLocation, log, metrics, nowMs, schedule } = parts
  const estimator = createEstimator()
  const saved = await loadNodeMemory(stateDirectory, LATENCY_MEMORY, (message) => log.warn(message))
  const damaged = saved === null ? 0 : estimator.restore(saved, nowMs())
  if (damaged > 0) log.warn(`${damaged} of the latency records of the last run are damaged and left out`)

  metrics.watch(estimator.counts)

  const first = estimator.view(nowMs())
  let inForce = first
  let isLooking = false
  let saving: Promise<void> = Promise.resolve()

  const save = (): Promise<void> => {
    saving = saving
      .then(() => saveNodeMemory(stateDirectory, LATENCY_MEMORY, estimator.save()))
      .catch((error: Error) => log.warn(error.message))
    return saving
  }
  const publish = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      const view = await inTurns(estimator.viewSteps(nowMs()))
      if (view === inForce) return
      await parts.publish(view)
      inForce = view
      // The command line explains by what is saved.
      await save()
    } finally {
      isLooking = false
    }
  }
  const complain = (error: Error): void => log.warn(`a new latency view is not in force: ${error.message}`)
  const callOffs = [
    every(schedule, VIEW_EVERY_MS, () => publish().catch(complain)),
    every(schedule, SAVE_EVERY_MS, save),
  ]
  return {
    first,
    probed(endpoint, family, { connectMs }) {
      // The one phase that is a single round trip, and needs nothing of the server's.
      if (nodeLocation === null || connectMs === null) return
      const sample = { endpoint, family, rttMs: connectMs, node: nodeLocation, atMs: nowMs() }
      metrics.onSample('probe', estimator.addProbe(sample))
    },
    addReport(report) {
      const verdict = estimator.addReport(report)
      metrics.onSample('report', verdict)
      return verdict
    },
    addPassive(sample) {
      const verdict = estimator.addReport(sample)
      metrics.onSample('endpoint', verdict)
      return verdict
    },
    passedOver(why, count) {
      for (let each = 0; each < count; each++) metrics.onSample('endpoint', why)
    },
    async close() {
      for (const callOff of callOffs) callOff()
      await save()
    },
  }
}
