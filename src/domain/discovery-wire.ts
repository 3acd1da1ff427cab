/** The JSON of the discovery API, as clients read it. The SDK shares these types and nothing else with the server. */

import type { RttEstimate } from './facts.ts'
import type { Dependency, Outcome } from './plan.ts'

/** Where a client can connect to. */
export interface Reach {
  /** Policy id; null for a static answer outside the list. */
  readonly endpoint: string | null
  /** What operators call the area of its site nearest to the client; null without a site. */
  readonly region: string | null
  readonly url: string | null
  readonly hostname: string | null
  readonly addresses: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] }
  /** From where the client is taken to be, to the endpoint's nearest site; null when either has no place. */
  readonly distanceKm: number | null
}

/** The answer of `GET /v1/services/{service}`; docs/discovery-api.md describes it field by field. */
export interface ServiceAnswer extends Reach {
  readonly service: string
  /** Seconds for which the answer may be kept. */
  readonly ttl: number
  /** ISO 8601: a time window of the policy ends then, whatever the ttl says; null without one. */
  readonly validUntil: string | null
  readonly outcome: Outcome
  readonly decision: string
  /** The others that the policy hands out, best first; `rank` 1 is the answer itself. */
  readonly alternatives: readonly (Reach & { readonly rank: number })[]
  /** When and where to ask again. */
  readonly next: { readonly refreshAfterSeconds: number; readonly url: string }
  /** Proves for five minutes, to a client of the same network, that it was given these endpoints; null for a static answer outside the list. */
  readonly token: string | null
  /** Where to report by that token what the endpoints were like; null where this node takes no reports. */
  readonly reports: string | null
  readonly explain?: ExplainedAnswer
}

/** The body of `POST /v1/reports`; docs/reports.md describes it. */
export interface Report {
  /** Of the answer that gave the endpoints. */
  readonly token: string
  /** One to sixteen. */
  readonly measurements: readonly ReportedMeasurement[]
}

export interface ReportedMeasurement {
  readonly endpoint: string
  /** `ok` when left out. */
  readonly outcome?: 'ok' | 'unreachable'
  /** Milliseconds of one phase each; left out where it was not seen. */
  readonly connectMs?: number
  readonly tlsMs?: number
  readonly firstByteMs?: number
}

/** What was taken of a report. */
export interface ReportReceipt {
  /** Ids of endpoints. */
  readonly taken: readonly string[]
  /**
   * By position in `measurements`: not among the token's endpoints; measured often enough by this network; or faster than light,
   * or slower than anybody waits.
   */
  readonly ignored: readonly {
    readonly measurement: number
    readonly reason: 'notGiven' | 'enough' | 'implausible'
  }[]
}

/** What `?explain=1` adds: how the answer came about, in words. */
export interface ExplainedAnswer {
  readonly outcome: string
  readonly client: {
    readonly address: string
    readonly source: string
    readonly country: string | null
    readonly subdivision: string | null
    readonly asn: number | null
    readonly precision: string
  }
  /** What of the client was read; the answer is the same for all who agree in these. */
  readonly dependsOn: readonly Dependency[]
  readonly steps: readonly {
    readonly step: string
    readonly effect: string
    readonly because: string | null
    readonly before: readonly string[]
    readonly after: readonly string[]
    /** What `fastest` took the round-trip times to be, ± one standard deviation; empty for other steps. */
    readonly estimates: readonly (RttEstimate & { readonly endpoint: string })[]
  }[]
  readonly excluded: readonly {
    readonly endpoint: string
    /** Null: after the last step. */
    readonly step: string | null
    readonly reason: string
  }[]
}
