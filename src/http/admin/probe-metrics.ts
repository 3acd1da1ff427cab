import type { CheckKind } from '../../domain/check.ts'
import { HEALTH_STATES, type MonitoredFacts } from '../../domain/facts.ts'
import type { HealthEvent, ProbeResult } from '../../domain/health.ts'
import { Counter, Gauge, Histogram, type Registry } from './prom.ts'

/** What the metrics want to know of a probe. */
export interface MeasuredProbe {
  readonly target: { readonly check: { readonly kind: CheckKind; readonly everySeconds: number } }
  readonly result: Pick<ProbeResult, 'outcome' | 'timings'>
  /** How long it had to wait for its turn, ms. */
  readonly lateMs: number
}

/** Asked when the metrics are read. */
export interface WatchedMonitor {
  readonly load: () => { readonly targets: number; readonly underWay: number; readonly waiting: number }
  /** By service, then by endpoint. */
  readonly health: () => ReadonlyMap<string, ReadonlyMap<string, MonitoredFacts>>
}

export interface ProbeMetrics {
  onProbed(probe: MeasuredProbe): void
  onHealthEvent(event: HealthEvent): void
  watch(monitor: WatchedMonitor): void
}

/** As wide as the jitter of the probes: what is later than that was kept waiting. */
const LATE_SHARE = 0.1
const DELAY_BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Metrics of probing and of what is believed. Labels come from the policies and from closed sets. */
export function createProbeMetrics(registry: Registry): ProbeMetrics {
  const registers = [registry]
  const probes = new Counter({
    name: 'nearcast_probes_total',
    help: 'Probes that came to an end, by kind of check and outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'nearcast_probe_duration_seconds',
    help: 'How long a probe took, with its retries.',
    labelNames: ['kind'],
    buckets: BUCKETS_SECONDS,
    registers,
  })
  const delay = new Histogram({
    name: 'nearcast_probe_delay_seconds',
    help: 'How long after its time a probe began.',
    buckets: DELAY_BUCKETS_SECONDS,
    registers,
  })
  const late = new Counter({
    name: 'nearcast_probes_late_total',
    help: 'Probes that began later than a tenth of their interval after their time, because of checks.rate or checks.concurrency.',
    registers,
  })
  const changes = new Counter({
    name: 'nearcast_health_changes_total',
    help: 'Changes of what is believed of endpoints.',
    labelNames: ['service', 'endpoint', 'to'],
    registers,
  })
  return {
    onProbed({ target: { check }, result, lateMs }) {
      probes.inc({ kind: check.kind, outcome: result.outcome })
      duration.observe({ kind: check.kind }, result.timings.totalMs / 1_000)
      delay.observe(lateMs / 1_000)
      if (lateMs > check.everySeconds * 1_000 * LATE_SHARE) late.inc()
    },
    onHealthEvent({ check, service, endpoint, to }) {
      if (check === null) changes.inc({ service, endpoint, to })
    },
    watch: (monitor) => createGauges(registry, monitor),
  }
}

/** Read only when somebody asks: ten thousand endpoints are not written down with every probe. */
function createGauges(registry: Registry, { load, health }: WatchedMonitor): void {
  const registers = [registry]
  const counts = {
    nearcast_probe_targets: ['Checks at addresses that this node probes or hears from.', () => load().targets],
    nearcast_probes_in_flight: ['Probes under way.', () => load().underWay],
    nearcast_probes_waiting: ['Probes whose time has come and that wait for their turn.', () => load().waiting],
  } as const
  for (const [name, [help, read]] of Object.entries(counts)) {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) })
  }
  const states: Gauge<'service' | 'endpoint' | 'state'> = new Gauge({
    name: 'nearcast_endpoint_health',
    help: '1 for the state that is believed of the endpoint, before any override.',
    labelNames: ['service', 'endpoint', 'state'],
    registers,
    collect() {
      states.reset()
      each(health(), (service, endpoint, facts) => {
        for (const state of HEALTH_STATES) states.set({ service, endpoint, state }, facts.health === state ? 1 : 0)
      })
    },
  })
  const loads: Gauge<'service' | 'endpoint' | 'metric'> = new Gauge({
    name: 'nearcast_endpoint_load',
    help: 'What the endpoint reported last, by the name of the metric in its policy.',
    labelNames: ['service', 'endpoint', 'metric'],
    registers,
    collect() {
      loads.reset()
      each(health(), (service, endpoint, facts) => {
        for (const [metric, value] of Object.entries(facts.load)) loads.set({ service, endpoint, metric }, value)
      })
    },
  })
}

function each(
  services: ReturnType<WatchedMonitor['health']>,
  task: (service: string, endpoint: string, facts: MonitoredFacts) => void,
): void {
  for (const [service, endpoints] of services) {
    for (const [endpoint, facts] of endpoints) task(service, endpoint, facts)
  }
}
