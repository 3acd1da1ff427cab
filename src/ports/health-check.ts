import type { ProbeHost } from '../domain/check.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ProbeResult } from '../domain/health.ts'

export interface ProbeTarget {
  readonly service: string
  readonly endpoint: Endpoint
  readonly host: ProbeHost
}

/** One check of a policy, ready to be run. One adapter a kind, one contract suite (test/suites/health-check-suite.ts). */
export interface HealthCheck {
  /**
   * Never rejects, and ends at the latest when `signal` aborts: then it has failed for its time. What the other side sends is
   * read up to a bound, and everything opened is closed when the promise resolves.
   */
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>
}
