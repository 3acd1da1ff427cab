/** Networks of clients and what they report, in a compact notation. */

import { createEstimator, type Estimator, type ReportSample, type Verdict } from '../../src/latency/estimator.ts'
import { prefix } from './compact-policy.ts'
import { type CompactClient, makeEndpoint, makeLocation } from './engine.ts'

export const START_MS = Date.parse('2026-01-15T12:00:00Z')
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** In Frankfurt, London and Washington. */
export const ENDPOINTS = {
  fra: makeEndpoint('fra', 0, { site: 'fra' }),
  lhr: makeEndpoint('lhr', 1, { site: 'lhr' }),
  iad: makeEndpoint('iad', 2, { site: 'iad' }),
}
export type EndpointId = keyof typeof ENDPOINTS

export interface CompactReport {
  prefix: string
  /** Default: at Frankfurt. */
  from?: CompactClient
  asn?: number | null
  to: EndpointId
  rttMs: number
  /** Default: 5. */
  times?: number
  atMs?: number
  family?: 4 | 6
}

export const reportOf = (compact: CompactReport): ReportSample => ({
  prefix: prefix(compact.prefix),
  location: makeLocation(compact.from ?? { at: 'fra' }),
  asn: compact.asn ?? null,
  endpoint: ENDPOINTS[compact.to],
  family: compact.family ?? 4,
  rttMs: compact.rttMs,
  atMs: compact.atMs ?? START_MS,
})

export function report(estimator: Pick<Estimator, 'addReport'>, compact: CompactReport): readonly Verdict[] {
  return Array.from({ length: compact.times ?? 5 }, () => estimator.addReport(reportOf(compact)))
}

/** So many networks, each in a /20 of its own from 20.<x>.0.0 on, all with the same times. */
export function reportFrom(
  estimator: Pick<Estimator, 'addReport'>,
  networks: { readonly first?: number; readonly count: number },
  rttMs: Partial<Record<EndpointId, number>>,
  rest: Partial<Omit<CompactReport, 'prefix' | 'to' | 'rttMs'>> = {},
): void {
  for (let i = 0; i < networks.count; i++) {
    for (const [to, ms] of Object.entries(rttMs)) {
      report(estimator, {
        ...rest,
        prefix: networkNumbered((networks.first ?? 0) + i),
        to: to as EndpointId,
        rttMs: ms,
      })
    }
  }
}

export const networkNumbered = (n: number): string => `20.${n >> 4}.${(n & 15) << 4}.0/24`

/** Estimates of all three endpoints, ms, for a client (default: at Frankfurt). */
export function estimates(
  view: ReturnType<Estimator['view']>,
  client: CompactClient & { network?: string } = { at: 'fra' },
): Record<EndpointId, number> {
  const network = client.network === undefined ? null : prefix(client.network)
  const who = {
    location: makeLocation(client),
    network: network === null ? null : { address: network, prefixLength: network.length },
  }
  const of = (id: EndpointId): number => view.estimate(ENDPOINTS[id], who)?.rttMs ?? Number.NaN
  return { fra: of('fra'), lhr: of('lhr'), iad: of('iad') }
}

export const newEstimator = (mostPrefixCells = 50_000): Estimator => createEstimator({ mostPrefixCells })
