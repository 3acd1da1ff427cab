/**
 * Policies for tests, from a compact notation close to the policy files'. It is a translator without checks: shape and
 * meaning are the business of src/policy and its own tests.
 */

import { type IpAddress, type IpPrefix, parseAddress, parsePrefix } from '../../src/domain/address.ts'
import type { FrontEnd } from '../../src/domain/client.ts'
import type { ClientArea, Endpoint } from '../../src/domain/endpoint.ts'
import type { Continent } from '../../src/domain/place.ts'
import {
  type Condition,
  type OnAllDown,
  type Policy,
  type Selector,
  type Step,
  type StepAction,
  type Sticky,
  WEEKDAYS,
  type Weekday,
} from '../../src/domain/policy.ts'
import { site, siteNamed } from './compact-sites.ts'

type Many<T> = T | readonly T[]

const many = <T>(value: Many<T> | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]

export interface CompactSelector {
  id?: Many<string>
  tag?: Many<string>
  site?: Many<string>
  country?: Many<string>
  continent?: Many<Continent>
  subdivision?: Many<string>
  asn?: Many<number>
  cidr?: Many<string>
}

export interface CompactEndpoint {
  /** Ids of {@link SITES}. */
  site?: Many<string>
  /** A site of its own: [lat, lon, country]. */
  at?: readonly [number, number, string]
  a?: readonly string[]
  aaaa?: readonly string[]
  url?: string
  weight?: number
  capacity?: number
  tags?: readonly string[]
  serves?: Omit<CompactSelector, 'id' | 'tag' | 'site'>
  bias?: number
  asn?: number
  enabled?: boolean
}

/** A step: its bare name, or its name with parameters, as in a policy file. Distances in km, RTTs in ms. */
export type CompactStep = string | Readonly<Record<string, unknown>>

export interface CompactPolicy {
  service?: string
  ttl?: number
  endpoints: Readonly<Record<string, CompactEndpoint>>
  steer: readonly CompactStep[]
  onAllDown?: 'lastResort' | 'failClosed' | { readonly static: string | { url?: string; a?: readonly string[] } }
}

const address = (text: string): IpAddress => {
  const parsed = parseAddress(text)
  if (parsed === null) throw new Error(`not an address: ${text}`)
  return parsed
}

export const prefix = (text: string): IpPrefix => {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`not a prefix: ${text}`)
  return parsed.prefix
}

const NOWHERE_IN_FILE = { file: 'test.yaml', line: 1, column: 1 }

export function makeEndpoint(id: string, index: number, compact: CompactEndpoint = {}): Endpoint {
  const own = compact.at === undefined ? [] : [site(`${id}-site`, compact.at[0], compact.at[1], compact.at[2])]
  return {
    id,
    index,
    sites: [...many(compact.site).map(siteNamed), ...own],
    a: (compact.a ?? []).map(address),
    aaaa: (compact.aaaa ?? []).map(address),
    hostname: null,
    url: compact.url ?? null,
    weight: compact.weight ?? 1,
    capacity: compact.capacity ?? null,
    tags: compact.tags ?? [],
    serves: compact.serves === undefined ? null : areaOf(compact.serves),
    bias: compact.bias ?? 0,
    asn: compact.asn ?? null,
    enabled: compact.enabled ?? true,
    checks: [],
  }
}

const areaOf = (serves: NonNullable<CompactEndpoint['serves']>): ClientArea => ({
  countries: many(serves.country),
  continents: many(serves.continent),
  subdivisions: many(serves.subdivision),
  asns: many(serves.asn),
  prefixes: many(serves.cidr).map(prefix),
})

function selectorOf(compact: CompactSelector): Selector {
  return {
    ...(compact.id !== undefined && { ids: many(compact.id) }),
    ...(compact.tag !== undefined && { tags: many(compact.tag) }),
    ...(compact.site !== undefined && { sites: many(compact.site) }),
    ...(compact.country !== undefined && { countries: many(compact.country) }),
    ...(compact.continent !== undefined && { continents: many(compact.continent) }),
    ...(compact.subdivision !== undefined && { subdivisions: many(compact.subdivision) }),
    ...(compact.asn !== undefined && { asns: many(compact.asn) }),
    ...(compact.cidr !== undefined && { prefixes: many(compact.cidr).map(prefix) }),
  }
}

const minuteOf = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

/** A `when` in the notation of policy files. */
export function makeCondition(when: Readonly<Record<string, unknown>>): Condition {
  const parts = Object.entries(when).map(([key, value]): Condition => {
    const texts = many(value as Many<string>)
    if (key.startsWith('tenant.')) return { kind: 'tenant', attribute: key.slice('tenant.'.length), in: texts }
    switch (key) {
      case 'all':
      case 'any':
        return { kind: key, of: (value as readonly Record<string, unknown>[]).map(makeCondition) }
      case 'not':
        return { kind: 'not', of: makeCondition(value as Record<string, unknown>) }
      case 'country':
      case 'subdivision':
      case 'host':
        return { kind: key, in: texts }
      case 'continent':
        return { kind: key, in: texts as readonly Continent[] }
      case 'frontEnd':
        return { kind: key, in: texts as readonly FrontEnd[] }
      case 'asn':
        return { kind: key, in: many(value as Many<number>) }
      case 'cidr':
        return { kind: key, in: texts.map(prefix) }
      case 'located':
        return { kind: key, is: value as boolean }
      case 'path':
        return { kind: key, prefixes: texts }
      case 'percent':
        return { kind: key, percent: value as number }
      case 'header':
      case 'cookie': {
        const names = Object.entries(value as Record<string, Many<string>>)
        const tests = names.map(([name, globs]): Condition => ({ kind: key, name, in: many(globs) }))
        return tests.length === 1 ? tests[0]! : { kind: 'all', of: tests }
      }
      case 'time': {
        const window = value as { days?: readonly Weekday[]; from?: string; to?: string; zone: string }
        return {
          kind: 'time',
          days: window.days ?? WEEKDAYS,
          fromMinute: minuteOf(window.from ?? '00:00'),
          toMinute: minuteOf(window.to ?? '24:00'),
          timeZone: window.zone,
        }
      }
    }
    throw new Error(`no condition ${key}`)
  })
  return parts.length === 1 ? parts[0]! : { kind: 'all', of: parts }
}

export function makeStep(compact: CompactStep, index: number, ids: readonly string[] = []): Step {
  const [kind, params] = typeof compact === 'string' ? [compact, {}] : Object.entries(compact)[0]!
  const options = typeof compact === 'string' ? {} : (compact as Record<string, never>)
  const base = {
    index,
    when: options.when === undefined ? null : makeCondition(options.when),
    assume: options.assume ?? null,
    because: options.because ?? null,
    at: NOWHERE_IN_FILE,
  }
  return { ...base, ...actionOf(kind, params ?? {}, options.hard ?? false, ids) }
}

function actionOf(kind: string, params: unknown, hard: boolean, ids: readonly string[]): StepAction {
  const p = params as Record<string, never>
  switch (kind) {
    case 'up': {
      return {
        kind,
        threshold: thresholdOf(p.threshold ?? 0.5),
        minHealthy: minHealthyOf(p.minHealthy),
        degraded: p.degraded ?? 'keep',
        slowStartSeconds: p.slowStart ?? 0,
        failover: p.failover === 'headroom' ? { to: 'headroom', metric: p.metric ?? 'load' } : { to: 'next' },
      }
    }
    case 'keep':
    case 'drop':
      return { kind, match: selectorOf(p as CompactSelector), hard }
    case 'geofence':
      return { kind, hard }
    case 'prefer': {
      const tiers = Array.isArray(params) ? (params as CompactSelector[]) : (p.tiers as unknown as CompactSelector[])
      return { kind, tiers: tiers.map(selectorOf), tricklePercent: Array.isArray(params) ? 0 : (p.trickle ?? 0) }
    }
    case 'nearest': {
      const bias = Object.entries((p.bias ?? {}) as Record<string, number>)
      return {
        kind,
        within: p.within ?? null,
        foreignFactor: p.foreignFactor ?? 1,
        bias: new Map(bias.map(([id, value]) => [ids.indexOf(id), value])),
      }
    }
    case 'fastest':
      return { kind, withinMs: p.within ?? 0, explorePercent: p.explore ?? 0 }
    case 'shed':
      return {
        kind,
        metric: p.metric ?? 'load',
        low: p.low ?? 0.7,
        high: p.high ?? 0.9,
        percentPerMinute: p.perMinute ?? 100,
      }
    case 'spread':
      return { kind, by: p.by ?? 'weight', metric: p.metric ?? 'load', sticky: stickyOf(p.sticky ?? 'none') }
    case 'take':
      return { kind, n: params as number }
  }
  throw new Error(`no step ${kind}`)
}

const thresholdOf = (value: number | { ipv4: number; ipv6: number }) =>
  typeof value === 'number' ? { ipv4: value, ipv6: value } : value

function minHealthyOf(value: { per: 'site' | { tag: Many<string> }; n: number } | undefined) {
  if (value === undefined) return null
  return { per: value.per === 'site' ? ('site' as const) : { tags: many(value.per.tag) }, n: value.n }
}

const stickyOf = (value: 'none' | 'network' | 'tenant' | 'path' | { header: string }): Sticky =>
  typeof value === 'string' ? { by: value } : { by: 'header', name: value.header }

export function makePolicy(compact: CompactPolicy): Policy {
  const ids = Object.keys(compact.endpoints)
  return {
    service: compact.service ?? 'test',
    names: { dns: [], http: [], discovery: null },
    ttlSeconds: compact.ttl ?? 30,
    https: null,
    missingFamily: 'nodata',
    minInService: 1,
    redirect: { status: 302 },
    tenants: [],
    endpoints: ids.map((id, index) => makeEndpoint(id, index, compact.endpoints[id])),
    checks: [],
    steps: compact.steer.map((step, index) => makeStep(step, index, ids)),
    onAllDown: onAllDownOf(compact.onAllDown ?? 'lastResort', ids),
    tests: [],
    at: NOWHERE_IN_FILE,
  }
}

function onAllDownOf(value: NonNullable<CompactPolicy['onAllDown']>, ids: readonly string[]): OnAllDown {
  if (typeof value === 'string') return { mode: value }
  if (typeof value.static === 'string') return { mode: 'static', endpoint: ids.indexOf(value.static) }
  const { url = null, a = [] } = value.static
  return { mode: 'static', target: { a: a.map(address), aaaa: [], hostname: null, url } }
}
