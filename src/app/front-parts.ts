import type { Zones } from '../dns/zones.ts'
import type { MonitorWords } from '../http/admin/health.ts'
import type { Metrics } from '../http/admin/metrics.ts'
import type { NodeStatus } from '../http/admin/status.ts'
import type { HeartbeatSink } from '../ports/heartbeat-sink.ts'
import type { ReportSink } from '../ports/report-sink.ts'
import type { Schedule } from '../ports/schedule.ts'
import type { LiveSnapshot } from '../steering/live.ts'
import type { Config } from './config.ts'
import type { Logger } from './logger.ts'

/** What the front ends of a node are made of. */
export interface FrontParts {
  readonly config: Config
  readonly live: LiveSnapshot
  /** Prepared for every snapshot before it is live. */
  readonly zones: Zones
  readonly metrics: Metrics
  readonly status: () => NodeStatus
  readonly monitor: MonitorWords
  readonly heartbeats: HeartbeatSink
  /** Null where they are not taken. */
  readonly reports: ReportSink | null
  readonly version: string
  readonly nowMs: () => number
  readonly dice: () => number
  readonly schedule: Schedule
  readonly log: Logger
}
