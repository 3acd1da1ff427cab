import type { IpAddress, IpPrefix } from './address.ts'
import type { Check } from './check.ts'
import type { FrontEnd } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import type { Continent } from './place.ts'

/** One place in a policy file: what a message or a trace points at. 1-based. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `when`: all parts of an `all` must hold, one of an `any`. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'country'; readonly in: readonly string[] }
  | { readonly kind: 'continent'; readonly in: readonly Continent[] }
  /** ISO 3166-2 with the country: `US-VA`. */
  | { readonly kind: 'subdivision'; readonly in: readonly string[] }
  | { readonly kind: 'asn'; readonly in: readonly number[] }
  | { readonly kind: 'cidr'; readonly in: readonly IpPrefix[] }
  /** Whether any database or override places the client. */
  | { readonly kind: 'located'; readonly is: boolean }
  | TimeWindow
  | { readonly kind: 'frontEnd'; readonly in: readonly FrontEnd[] }
  /** Values are globs with `*`; a missing attribute, header or cookie matches nothing. */
  | { readonly kind: 'tenant'; readonly attribute: string; readonly in: readonly string[] }
  | { readonly kind: 'header' | 'cookie'; readonly name: string; readonly in: readonly string[] }
  | { readonly kind: 'path'; readonly prefixes: readonly string[] }
  /** Host names, lower case; `*.` in front stands for one or more labels. */
  | { readonly kind: 'host'; readonly in: readonly string[] }
  /** A stable share of client networks, 0…100. Clients in 10% are also in 20%. */
  | { readonly kind: 'percent'; readonly percent: number }

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** Local wall-clock time in an IANA zone. `from` inclusive, `to` exclusive; `to` ≤ `from` runs over midnight and belongs to the day it began. */
export interface TimeWindow {
  readonly kind: 'time'
  readonly days: readonly Weekday[]
  /** Minutes since midnight, 0…1439. */
  readonly fromMinute: number
  /** Minutes since midnight, 1…1440. */
  readonly toMinute: number
  readonly timeZone: string
}

/** Names endpoints. Keys are alternatives of the same kind (`tag: [a, b]`); different kinds must all match. */
export interface Selector {
  /** Ids or globs with `*`. */
  readonly ids?: readonly string[]
  readonly tags?: readonly string[]
  readonly sites?: readonly string[]
  readonly countries?: readonly string[]
  readonly continents?: readonly Continent[]
  readonly subdivisions?: readonly string[]
  readonly asns?: readonly number[]
  /** Endpoints with an address inside. */
  readonly prefixes?: readonly IpPrefix[]
}

export type Sticky =
  | { readonly by: 'none' | 'network' | 'tenant' | 'path' }
  /** Lower case. */
  | { readonly by: 'header'; readonly name: string }

interface StepBase {
  /** Position in `Policy.steps`. */
  readonly index: number
  readonly when: Condition | null
  /** What a front end takes `when` to be if it cannot see what is asked for; null: false. */
  readonly assume: boolean | null
  readonly because: string | null
  readonly at: SourcePosition
}

export type StepAction =
  /**
   * Drops endpoints that are down, disabled, draining or overridden to down. `threshold`: the share of a family's
   * addresses that must be up (gdnsd multifo `up_thresh`). `minHealthy`: a group (endpoints that share a site, or a
   * tag) with fewer survivors is dropped whole (Cloudflare `minimum_origins`).
   */
  | {
      readonly kind: 'up'
      readonly threshold: { readonly ipv4: number; readonly ipv6: number }
      readonly minHealthy: { readonly per: 'site' | { readonly tags: readonly string[] }; readonly n: number } | null
      /** What becomes of those that are degraded: nothing, fall behind the others, or go. */
      readonly degraded: 'keep' | 'behind' | 'drop'
      /** Over how long an endpoint that comes back takes its clients back; 0: at once. */
      readonly slowStartSeconds: number
      /**
       * Where the clients of one that is gone go. `next`: to the next of each client's order. `headroom`: they are dealt
       * over the survivors in proportion to what those can still carry of `metric` (gdnsd #126).
       */
      readonly failover: { readonly to: 'next' } | { readonly to: 'headroom'; readonly metric: string }
    }
  /** Soft: those that do not match fall behind those that do (NS1 fence). Hard: they are gone, even if nothing remains. */
  | { readonly kind: 'keep' | 'drop'; readonly match: Selector; readonly hard: boolean }
  | { readonly kind: 'geofence'; readonly hard: boolean }
  /** Tiers: the first with a survivor wins. `tricklePercent` of the clients go to the next one (GCP trickle ratio). */
  | { readonly kind: 'prefer'; readonly tiers: readonly Selector[]; readonly tricklePercent: number }
  /**
   * Orders by great-circle distance. `within`: as near as the nearest plus so many km, or within so many times its
   * distance, counts as equal. `foreignFactor` multiplies distances into another country (M-Lab Locate: 2).
   */
  | {
      readonly kind: 'nearest'
      readonly within: { readonly km: number } | { readonly ratio: number } | null
      readonly foreignFactor: number
      /** Endpoint index → bias, over `Endpoint.bias`. */
      readonly bias: ReadonlyMap<number, number>
    }
  /**
   * Orders by estimated RTT. Within so many ms of the best counts as equal. `explorePercent` of the clients get the second
   * best first, where measurements have a voice, so that it is measured too; 0: none.
   */
  | { readonly kind: 'fastest'; readonly withinMs: number; readonly explorePercent: number }
  /**
   * Moves a share away that rises from 0 at `low` to all at `high` (NS1 shed_load). The share changes by at most
   * `percentPerMinute` (mirrorbits #222); 100 and more: at once.
   */
  | {
      readonly kind: 'shed'
      readonly metric: string
      readonly low: number
      readonly high: number
      readonly percentPerMinute: number
    }
  /** `headroom`: by what of its capacity an endpoint does not report as used, of `metric`. */
  | {
      readonly kind: 'spread'
      readonly by: 'weight' | 'capacity' | 'equal' | 'headroom'
      readonly metric: string
      readonly sticky: Sticky
    }
  | { readonly kind: 'take'; readonly n: number }

export type StepKind = StepAction['kind']
export const STEP_KINDS = [
  'up',
  'keep',
  'drop',
  'geofence',
  'prefer',
  'nearest',
  'fastest',
  'shed',
  'spread',
  'take',
] as const satisfies readonly StepKind[]

export type Step = StepBase & StepAction

export interface StaticTarget {
  readonly a: readonly IpAddress[]
  readonly aaaa: readonly IpAddress[]
  readonly hostname: string | null
  readonly url: string | null
}

export type OnAllDown =
  /** The best tier that passes the hard fences, health ignored. */
  | { readonly mode: 'lastResort' }
  | { readonly mode: 'failClosed' }
  /** One of the endpoints (it must pass the hard fences), or a target outside the list. */
  | { readonly mode: 'static'; readonly endpoint: number }
  | { readonly mode: 'static'; readonly target: StaticTarget }

/** Who is asked for in `tests:`; `place` is a country, subdivision or network. */
export interface PolicyTest {
  readonly from: { readonly prefix: IpPrefix } | { readonly country: string; readonly subdivision: string | null }
  /** Endpoint globs; the first answer must match one. */
  readonly expect: readonly string[]
  /** Endpoint globs; no answer may match one. */
  readonly never: readonly string[]
  /** Endpoint globs taken to be down. */
  readonly down: readonly string[]
  readonly at: SourcePosition
}

/** How the endpoints of a service speak HTTPS, beside their addresses. */
export interface HttpsService {
  /** ALPN protocol ids in order of preference (RFC 9460 §7.1); `http/1.1` is always understood to be there. */
  readonly alpn: readonly string[]
  /** Null: 443. */
  readonly port: number | null
}

export const MISSING_FAMILY = ['nodata', 'nextEndpoint'] as const
/** `nextEndpoint`: the addresses of the next endpoint of the same ranked list that has some of the family. */
export type MissingFamily = (typeof MISSING_FAMILY)[number]

/** How a tenant is told from a request. The first source that yields an id wins. */
export type TenantSource =
  /** The labels that `*.` stands for in one of the service's HTTP hosts. */
  | { readonly from: 'host' }
  /** Only from a trusted proxy: a client may not claim a tenant. */
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'path' }

/** A service's document, checked: every id resolved, every unit fixed. */
export interface Policy {
  readonly service: string
  readonly names: {
    /** Lower case, no trailing dot; `*.` in front is a wildcard. */
    readonly dns: readonly string[]
    /** Lower case, without port; `*.` in front stands for one or more labels. */
    readonly http: readonly string[]
    readonly discovery: string | null
  }
  readonly ttlSeconds: number
  /** What HTTPS records of its DNS names say (RFC 9460 §9); null: it has none. */
  readonly https: HttpsService | null
  /** What is answered where the chosen endpoints have no address of the family that is asked for. */
  readonly missingFamily: MissingFamily
  readonly redirect: { readonly status: 302 | 303 | 307 | 308 }
  readonly tenants: readonly TenantSource[]
  readonly endpoints: readonly Endpoint[]
  readonly checks: readonly Check[]
  /** Overrides that would leave fewer endpoints in service are refused, unless they are forced. */
  readonly minInService: number
  readonly steps: readonly Step[]
  readonly onAllDown: OnAllDown
  readonly tests: readonly PolicyTest[]
  readonly at: SourcePosition
}
