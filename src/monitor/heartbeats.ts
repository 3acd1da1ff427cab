import type { ProbeOutcome, ProbeResult } from '../domain/health.ts'
import type { Heartbeat, HeartbeatStatus } from '../ports/heartbeat-sink.ts'
import { toldResult } from './live-target.ts'

const OUTCOMES: Readonly<Record<HeartbeatStatus, ProbeOutcome>> = {
  up: 'pass',
  degraded: 'degraded',
  down: 'fail',
  // What it still serves is served well; who keeps new clients away is src/app/heartbeats.ts.
  drain: 'pass',
}

export const heartbeatResult = ({ status, load }: Heartbeat): ProbeResult =>
  toldResult(OUTCOMES[status], `it says ${status}`, load)

export const silenceResult = (expireSeconds: number): ProbeResult =>
  toldResult('fail', `no heartbeat for ${expireSeconds} s`)
