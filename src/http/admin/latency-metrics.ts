import { Counter, Gauge, type Registry } from './prom.ts'

/** What the metrics want to know of the estimator of round-trip times. */
export interface LatencyMetrics {
  /** @param verdict what became of the sample, from a closed set */
  onSample(source: 'probe' | 'report' | 'endpoint', verdict: string): void
  watch(counts: () => { readonly networks: number; readonly nodes: number }): void
}

/** Metrics of what is measured of round-trip times. No label comes from a client. */
export function createLatencyMetrics(registry: Registry): LatencyMetrics {
  const registers = [registry]
  const samples = new Counter({
    name: 'nearcast_latency_samples_total',
    help: 'Round-trip times that probes measured, clients reported and endpoints saw, by what became of them.',
    labelNames: ['source', 'verdict'],
    registers,
  })
  return {
    onSample: (source, verdict) => samples.inc({ source, verdict }),
    watch(counts) {
      const networks: Gauge = new Gauge({
        name: 'nearcast_latency_networks',
        help: 'Networks of clients × targets of which round-trip times are kept; bounded.',
        registers,
        collect: () => networks.set(counts().networks),
      })
      const nodes: Gauge = new Gauge({
        name: 'nearcast_latency_nodes',
        help: 'Steering nodes of which probes are kept.',
        registers,
        collect: () => nodes.set(counts().nodes),
      })
    },
  }
}
