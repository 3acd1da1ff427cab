import type { Check } from '../../src/domain/check.ts'
import type { Endpoint } from '../../src/domain/endpoint.ts'
import type { HealthEvent, ProbeResult } from '../../src/domain/health.ts'
import type { Policy } from '../../src/domain/policy.ts'
import { NO_LAST_RUN } from '../../src/monitor/belief/last-run.ts'
import { hostKey } from '../../src/monitor/belief/target.ts'
import { toldResult } from '../../src/monitor/live-target.ts'
import { createMonitor, type Monitored, type MonitorParts } from '../../src/monitor/monitor.ts'
import type { Probed } from '../../src/monitor/probing.ts'
import { createTargetGuard } from '../../src/monitor/target-guard.ts'
import { formatProblem, loadDocuments } from '../../src/policy/load.ts'
import { manualClock } from './manual-clock.ts'

export const policiesOf = (...texts: readonly string[]): readonly Policy[] => {
  const { set, problems } = loadDocuments(texts.map((text, index) => ({ path: `p${index}.yaml`, text })))
  if (set === null) throw new Error(problems.map(formatProblem).join('\n'))
  return set.policies
}

export interface FakeProbe {
  readonly check: Check
  readonly endpoint: Endpoint
  /** The address; null for the endpoint as a whole. */
  readonly host: string | null
  readonly atMs: number
  readonly signal: AbortSignal
}

export const pass = toldResult('pass', 'it answers')
export const fail = toldResult('fail', 'it is broken')

/** A monitor over a clock that is turned by hand. `answer` is asked at every probe; `hang` ends with the signal. */
export function startMonitor(answer: (probe: FakeProbe) => ProbeResult | 'hang', changes: Partial<MonitorParts> = {}) {
  const clock = manualClock(1_000_000)
  const probes: FakeProbe[] = []
  const told: { readonly atMs: number; readonly monitored: Monitored }[] = []
  const events: HealthEvent[] = []
  const probed: Probed[] = []
  const monitor = createMonitor({
    createCheck: (check) =>
      check.kind === 'exec' || check.kind === 'heartbeat'
        ? null
        : {
            async probe({ endpoint, host }, signal) {
              const probe = { check, endpoint, host: hostKey(host), atMs: clock.nowMs(), signal }
              probes.push(probe)
              const result = answer(probe)
              if (result !== 'hang') return result
              await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
              return toldResult('fail', 'time ran out')
            },
          },
    lookUp: async () => [],
    guard: createTargetGuard({ allow: [], deny: [] }),
    nowMs: clock.nowMs,
    schedule: clock.schedule,
    // The middle of every range.
    dice: () => 2 ** 31,
    perSecond: 1_000,
    atOnce: 1_000,
    lastRun: NO_LAST_RUN,
    onChange: (monitored) => told.push({ atMs: clock.nowMs(), monitored }),
    onEvent: (event) => events.push(event),
    onProbed: (each) => probed.push(each),
    ...changes,
  })
  /** Time goes on in small steps; what was answered is heard in between. */
  const run = async (ms: number, stepMs = 50): Promise<void> => {
    for (let done = 0; done < ms; done += stepMs) {
      clock.advance(Math.min(stepMs, ms - done))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const healthOf = (service: string, endpoint: string) =>
    monitor.monitored().get(service)?.get(endpoint)?.health ?? null
  return { monitor, clock, run, probes, told, events, probed, healthOf }
}
