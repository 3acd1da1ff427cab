import type { Policy, Step } from '../../domain/policy.ts'

/** The metric of the endpoints' reports that a step goes by; null when it reads none. */
export function metricOf(step: Step): string | null {
  switch (step.kind) {
    case 'up':
      return step.failover.to === 'headroom' ? step.failover.metric : null
    case 'shed':
      return step.metric
    case 'spread':
      return step.by === 'headroom' ? step.metric : null
    case 'keep':
    case 'drop':
    case 'geofence':
    case 'prefer':
    case 'nearest':
    case 'fastest':
    case 'take':
      return null
  }
}

/** Metrics that checks read from responses; null when a heartbeat may report any. */
export function metricsReported({ checks }: Policy): ReadonlySet<string> | null {
  if (checks.some(({ kind }) => kind === 'heartbeat')) return null
  return new Set(checks.flatMap((check) => (check.kind === 'http' ? check.load.map(({ metric }) => metric) : [])))
}

/** Whether a step deals by what endpoints can still carry. */
export const goesByHeadroom = (step: Step): boolean =>
  (step.kind === 'up' && step.failover.to === 'headroom') || (step.kind === 'spread' && step.by === 'headroom')
