import type { Unreachable } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import type { Estimator, Verdict } from '../latency/estimator.ts'
import { createUnreachability } from '../latency/unreachability.ts'
import type { MeasurementVerdict, ReportSink } from '../ports/report-sink.ts'
import type { Schedule } from '../ports/schedule.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { placeOfClient } from './client-place.ts'

export interface ReportsParts {
  readonly current: () => Snapshot | null
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** What learns from the times that clients measured. */
  readonly latency: Pick<Estimator, 'addReport'>
  /** Told when {@link Reports.unreachable} has become another. */
  readonly onUnreachable: () => void
}

export interface Reports extends ReportSink {
  /** By service, for the endpoints as these policies number them. The same object while nothing changes. */
  unreachable(policies: readonly Policy[], nowMs: number): ReadonlyMap<string, readonly Unreachable[]>
  close(): void
}

/** Whoever makes many networks complain makes steering maps be compiled so often, and no oftener. */
const TELL_EVERY_MS = 2_000

const VERDICTS: Readonly<Record<Verdict, MeasurementVerdict>> = {
  taken: 'taken',
  outOfRange: 'implausible',
  fasterThanLight: 'implausible',
  wideNetwork: 'implausible',
  bucketFull: 'enough',
  tableFull: 'enough',
}

/** Brings what clients report to those who learn from it. Who they are and where is looked up here, never asked of them. */
export function createReports({ current, nowMs, schedule, latency, onUnreachable }: ReportsParts): Reports {
  const ledger = createUnreachability()
  let told = ledger.facts([], nowMs())
  let toldAtMs = -Infinity
  let dueAtMs = Infinity
  let callOff = (): void => {}

  const wake = (atMs: number): void => {
    if (dueAtMs <= atMs) return
    callOff()
    dueAtMs = atMs
    callOff = schedule(look, Math.max(0, atMs - nowMs()))
  }
  const look = (): void => {
    dueAtMs = Infinity
    const snapshot = current()
    if (snapshot === null) return
    const now = ledger.facts(snapshot.set.policies, nowMs())
    if (now !== told) {
      told = now
      toldAtMs = nowMs()
      onUnreachable()
    }
    const nextMs = ledger.nextExpiryMs()
    if (nextMs !== null) wake(nextMs)
  }
  return {
    take({ service, address, prefix, measurements, atMs }) {
      const snapshot = current()
      const policy = snapshot?.services.get(service)?.policy
      if (snapshot === null || policy === undefined) return []
      const { location, asn } = placeOfClient(snapshot.geo, address)
      const { family } = address
      const verdicts = measurements.map(({ endpoint: id, outcome, rttMs }): MeasurementVerdict => {
        const endpoint = policy.endpoints.find((each) => each.id === id)
        // Taken out of the policy since the answer was given.
        if (endpoint === undefined) return 'taken'
        ledger.add({ service, endpoint: id, prefix, asn, outcome, atMs })
        if (rttMs === null) return 'taken'
        const known = asn === 0 ? null : asn
        return VERDICTS[latency.addReport({ prefix, location, asn: known, endpoint, family, rttMs, atMs })]
      })
      // At most: the clock may have been set back.
      wake(Math.min(atMs + TELL_EVERY_MS, Math.max(atMs, toldAtMs + TELL_EVERY_MS)))
      return verdicts
    },
    unreachable: (policies, atMs) => ledger.facts(policies, atMs),
    close: () => callOff(),
  }
}
