import { createHash } from 'node:crypto'
import { formatAddress, type IpAddress } from '../../domain/address.ts'
import type { ExplainedAnswer, Reach, ServiceAnswer } from '../../domain/discovery-wire.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import { distanceKm, type GeoPoint, type Site } from '../../domain/place.ts'
import type { Decision } from '../../steering/decide.ts'

/** What makes an answer more than the decision: how to tell us about it, and how it came about. */
export type BesideDecision = Pick<ServiceAnswer, 'token' | 'reports'> & { readonly explain: ExplainedAnswer | null }

/** Null when the plan answers nothing. */
export function composeAnswer(decision: Decision, beside: BesideDecision): ServiceAnswer | null {
  const { token, reports, explain } = beside
  const { policy, plan, ttlSeconds, id } = decision
  const from = decision.client.location.point
  const [best, ...others] =
    plan.target === null ? decision.endpoints.map((endpoint) => reachOf(endpoint, from)) : [staticReach(plan.target)]
  if (best === undefined) return null
  return {
    service: policy.service,
    ...best,
    ttl: ttlSeconds,
    validUntil: plan.validUntilMs === Infinity ? null : new Date(plan.validUntilMs).toISOString(),
    outcome: plan.outcome,
    decision: id,
    alternatives: others.map((reach, index) => ({ rank: index + 2, ...reach })),
    next: { refreshAfterSeconds: ttlSeconds, url: serviceUrl(policy.names.discovery ?? policy.service) },
    token,
    reports,
    ...(explain === null ? {} : { explain }),
  }
}

export const serviceUrl = (name: string): string => `/v1/services/${encodeURIComponent(name)}`

/**
 * A weak validator (RFC 9110 §8.8.1): two answers that send the client to the same places are the same, though the
 * decision id tells which draw it was, the token is new each time, and the seconds run down towards the end of a time window.
 */
export function etagOf(answer: ServiceAnswer): string {
  const { decision: _decision, ttl: _ttl, next: _next, token: _token, ...lasting } = answer
  return `W/"${createHash('sha256').update(JSON.stringify(lasting)).digest('base64url').slice(0, 22)}"`
}

/** `If-None-Match` by weak comparison (RFC 9110 §13.1.2). */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag))
}

function reachOf(endpoint: Endpoint, from: GeoPoint | null): Reach {
  const nearest = nearestSite(endpoint.sites, from)
  return {
    endpoint: endpoint.id,
    region: nearest?.region ?? null,
    url: endpoint.url,
    hostname: endpoint.hostname,
    addresses: addressesOf(endpoint),
    distanceKm: nearest === null || from === null ? null : Math.round(distanceKm(from, nearest)),
  }
}

function staticReach(target: NonNullable<Decision['plan']['target']>): Reach {
  const { url, hostname } = target
  return { endpoint: null, region: null, url, hostname, addresses: addressesOf(target), distanceKm: null }
}

/** An address announced from several sites is met at the nearest of them. */
function nearestSite(sites: readonly Site[], from: GeoPoint | null): Site | null {
  const [first = null, ...rest] = sites
  if (first === null || from === null) return first
  return rest.reduce((a, b) => (distanceKm(from, b) < distanceKm(from, a) ? b : a), first)
}

const addressesOf = ({ a, aaaa }: { readonly a: readonly IpAddress[]; readonly aaaa: readonly IpAddress[] }) => ({
  ipv4: a.map(formatAddress),
  ipv6: aaaa.map(formatAddress),
})
