import type { EndpointHealth, HealthEvent } from '../../domain/health.ts'

/** What the monitor has to say; given by app/. */
export interface MonitorWords {
  readonly health: () => readonly EndpointHealth[]
  /** Those numbered higher, oldest first. */
  readonly events: (after: number) => readonly HealthEvent[]
}

/** What `GET /v1/health` says: every check at every address, with its last results. */
export const composeHealth = ({ health }: MonitorWords) => ({ endpoints: health() })

/**
 * What `GET /v1/events?after=NUMBER` says: changes of health, oldest first; their numbers tell whether any are missing. Null when
 * `after` is not a number.
 */
export function composeEvents({ events }: MonitorWords, after: unknown) {
  if (after === undefined) return { events: events(0) }
  return typeof after === 'string' && /^\d{1,15}$/.test(after) ? { events: events(Number(after)) } : null
}
