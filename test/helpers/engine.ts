/** Clients and facts for tests, and beside them the policies of compact-policy.ts, in a compact notation. */

import { normaliseAddress } from '../../src/domain/address.ts'
import type { Client, FrontEnd } from '../../src/domain/client.ts'
import { COUNTRIES } from '../../src/domain/countries.ts'
import {
  type EndpointFacts,
  type LatencyView,
  NO_FACTS,
  type OverrideState,
  type PolicyFacts,
  type Unreachable,
} from '../../src/domain/facts.ts'
import { type GeoPoint, type Location, NOWHERE } from '../../src/domain/place.ts'
import type { Policy } from '../../src/domain/policy.ts'
import { distanceView } from '../../src/latency/distance-view.ts'
import { prefix } from './compact-policy.ts'
import { siteNamed } from './compact-sites.ts'

export {
  type CompactEndpoint,
  type CompactPolicy,
  type CompactSelector,
  type CompactStep,
  makeCondition,
  makeEndpoint,
  makePolicy,
  makeStep,
} from './compact-policy.ts'
export { SITES } from './compact-sites.ts'

export interface CompactClient {
  /** A site's id or [lat, lon]; absent: nowhere, or in the middle of nothing but a country. */
  at?: string | readonly [number, number]
  country?: string
  subdivision?: string
  asn?: number
  radiusKm?: number
  /** Address or prefix; normalised as a front end does. */
  network?: string
  frontEnd?: FrontEnd
  request?: {
    host?: string
    path?: string
    headers?: Readonly<Record<string, string>>
    cookies?: Readonly<Record<string, string>>
    tenant?: Readonly<Record<string, string>>
  }
}

export type CompactFacts =
  | 'up'
  | 'down'
  | 'degraded'
  | 'drain'
  | {
      health?: EndpointFacts['health']
      override?: OverrideState
      v4?: number
      v6?: number
      load?: Readonly<Record<string, number>>
      nextChangeMs?: number
      returnedAtMs?: number
      shedShare?: Readonly<Record<number, number>>
      headroom?: Readonly<Record<string, number>>
      /** Clients of these ASNs or networks report that they cannot reach it, until `unreachableUntilMs`. */
      unreachable?: readonly (number | string)[]
      unreachableUntilMs?: number
      /** An estimate of its own instead of the distance prior; null: none. */
      rttMs?: number | null
    }

export function makeLocation(compact: CompactClient): Location {
  const point: GeoPoint | null =
    typeof compact.at === 'string'
      ? siteNamed(compact.at)
      : compact.at === undefined
        ? null
        : { lat: compact.at[0], lon: compact.at[1] }
  const country = compact.country ?? (typeof compact.at === 'string' ? siteNamed(compact.at).country : null)
  const known = country === null ? undefined : COUNTRIES.get(country)
  return {
    ...NOWHERE,
    country,
    subdivision: compact.subdivision ?? null,
    continent: known?.continent ?? null,
    subregion: known?.subregion ?? null,
    point: point === null ? null : { lat: point.lat, lon: point.lon },
    radiusKm: compact.radiusKm ?? null,
    precision: point !== null ? 'city' : country !== null ? 'country' : 'none',
    asn: compact.asn ?? null,
  }
}

/** A client at a site, a point, in a country or nowhere; a DNS client unless it says otherwise. */
export function makeClient(compact: CompactClient = {}): Client {
  const { request } = compact
  return {
    frontEnd: compact.frontEnd ?? (request === undefined ? 'dns' : 'redirect'),
    location: makeLocation(compact),
    network: networkOf(compact.network),
    request:
      request === undefined
        ? null
        : {
            host: request.host ?? 'test.example',
            path: request.path ?? '/',
            header: (name) => request.headers?.[name],
            cookie: (name) => request.cookies?.[name],
            tenant: request.tenant ?? null,
          },
  }
}

function networkOf(text: string | undefined): Client['network'] {
  if (text === undefined) return null
  const written = prefix(text)
  const normalised = normaliseAddress({ family: written.family, bytes: written.bytes })
  // Only v4-mapped and NAT64 forms (/96) occur in tests; both keep their address in the last 32 bits.
  const isEmbedded = normalised.family !== written.family
  return { address: normalised, prefixLength: isEmbedded ? written.length - 96 : written.length }
}

/** Facts by endpoint id; endpoints that are not named have none. */
export function makeFacts(policy: Policy, compact: Readonly<Record<string, CompactFacts>> = {}): PolicyFacts {
  const rtts = new Map<string, number | null>()
  for (const [id, facts] of Object.entries(compact)) {
    if (typeof facts === 'object' && facts.rttMs !== undefined) rtts.set(id, facts.rttMs)
  }
  const latency: LatencyView = {
    networks: distanceView.networks,
    estimate(endpoint, client) {
      const rttMs = rtts.get(endpoint.id)
      if (rttMs === null) return null
      if (rttMs !== undefined) return { rttMs, sdMs: 1, source: 'distance', samples: 0 }
      return distanceView.estimate(endpoint, client)
    },
  }
  return {
    endpoints: policy.endpoints.map((endpoint) =>
      endpointFacts(compact[endpoint.id], `${policy.service}/${endpoint.id}`),
    ),
    latency: rtts.size === 0 ? distanceView : latency,
    unreachable: policy.endpoints.flatMap(({ id, index }) => unreachableOf(compact[id], index)),
  }
}

function unreachableOf(compact: CompactFacts | undefined, endpoint: number): readonly Unreachable[] {
  if (typeof compact !== 'object') return []
  return (compact.unreachable ?? []).map((network) => ({
    endpoint,
    network: typeof network === 'number' ? { asn: network } : { prefix: prefix(network) },
    expiresAtMs: compact.unreachableUntilMs ?? Number.MAX_SAFE_INTEGER,
  }))
}

function endpointFacts(compact: CompactFacts | undefined, target: string): EndpointFacts {
  if (compact === undefined) return NO_FACTS
  const override = (state: OverrideState) => ({
    target,
    state,
    owner: 'test',
    reason: 'test',
    setAtMs: 0,
    expiresAtMs: null,
  })
  if (compact === 'drain') return { ...NO_FACTS, override: override('drain') }
  if (typeof compact === 'string') return { ...NO_FACTS, health: compact }
  return {
    ...NO_FACTS,
    health: compact.health ?? 'unknown',
    ipv4UpShare: compact.v4 ?? 1,
    ipv6UpShare: compact.v6 ?? 1,
    override: compact.override === undefined ? null : override(compact.override),
    load: compact.load ?? {},
    nextChangeMs: compact.nextChangeMs ?? null,
    returnedAtMs: compact.returnedAtMs ?? null,
    shedShare: compact.shedShare ?? {},
    headroom: compact.headroom ?? {},
  }
}
