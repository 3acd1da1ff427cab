import type { IpAddress } from './address.ts'

/** What a response's text must be like; all that are given must hold. Only the first `BODY_OCTETS` are read. */
export interface BodyExpectation {
  readonly contains: string | null
  /** Source of a regular expression with the flags `su`. */
  readonly matches: string | null
  /** RFC 9535 path without filters, such as `$.status`, and what must stand there; null: that something stands there. */
  readonly json: { readonly path: string; readonly equals: string | number | boolean | null } | null
}

/** Route 53 reads 5,120 octets; JSON status pages are longer. */
export const BODY_OCTETS = 65_536

export interface TlsExpectation {
  /** SNI and the name that the certificate must have; null: the host that is asked, or none for a bare address. */
  readonly serverName: string | null
  /** `insecure` takes any certificate (field.md: Route 53 never verifies). */
  readonly verify: 'verify' | 'insecure'
  /** A certificate that ends within so many days makes the endpoint degraded; 0: never. */
  readonly warnDays: number
}

/** Where the load that an endpoint reports is read from a response. */
export interface LoadReading {
  readonly metric: string
  /** `json`: an RFC 9535 path to a number; `prometheus`: name of a metric, with labels as in `load{zone="a"}`. */
  readonly from: { readonly json: string } | { readonly prometheus: string }
}

export type CheckAction =
  | {
      readonly kind: 'http'
      readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS'
      readonly path: string
      /** Null: that of the endpoint's URL, or http. */
      readonly scheme: 'http' | 'https' | null
      readonly port: number | null
      /** The `Host` header; null: that of the endpoint's URL or hostname, or the address. */
      readonly host: string | null
      readonly headers: readonly (readonly [name: string, value: string])[]
      /** Statuses that count as success. */
      readonly expect: readonly number[]
      readonly body: BodyExpectation | null
      readonly tls: TlsExpectation
      /** How many redirects are followed; they stay on the probed address. */
      readonly redirects: number
      readonly load: readonly LoadReading[]
    }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'tls'; readonly port: number; readonly tls: TlsExpectation; readonly alpn: readonly string[] }
  | {
      readonly kind: 'dns'
      readonly port: number
      readonly transport: 'udp' | 'tcp'
      readonly qname: string
      readonly qtype: string
      readonly rcode: string
      /** One of the answers must have one of these as its data, in presentation form; empty: any answer will do. */
      readonly answers: readonly string[]
    }
  /** grpc.health.v1: `service` empty asks for the server as a whole. */
  | { readonly kind: 'grpc'; readonly port: number; readonly service: string; readonly tls: TlsExpectation | null }
  /** The endpoint pushes. `tokenSha256`: hex digest of the bearer token that it must show. */
  | { readonly kind: 'heartbeat'; readonly expireSeconds: number; readonly tokenSha256: string }
  /** Exit status 0 is up, 1 degraded, all others down. NEARCAST_* in its environment say what is probed. */
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  /** Of other checks of the policy, by their names. `atLeast` n of m (Route 53 calculated). */
  | { readonly kind: 'all' | 'any'; readonly of: readonly string[] }
  | { readonly kind: 'atLeast'; readonly n: number; readonly of: readonly string[] }
  | { readonly kind: 'not'; readonly of: string }

export type CheckKind = CheckAction['kind']

export interface CheckBase {
  readonly name: string
  readonly everySeconds: number
  readonly timeoutSeconds: number
  /** So many failures, and it is down; `rise` successes in a row between them make them good (gdnsd). */
  readonly fall: number
  /** So many successes in a row, and it is up. */
  readonly rise: number
  /**
   * So many further attempts within the time of one probe before it counts as failed (Cloudflare `retries`, 2): a lost packet
   * is no failure. Default 2. Heartbeats and composites have none.
   */
  readonly retries: number
  /** A success that took longer is degraded, ms; null: never. */
  readonly degradedMs: number | null
}

export type Check = CheckBase & CheckAction

/** What one probe asks: an address, or a host name of one family; null where nobody is asked (heartbeat, exec, composite). */
export type ProbeHost = { readonly address: IpAddress } | { readonly hostname: string; readonly family: 4 | 6 } | null

/** Names of the checks that a composite goes by; none of other kinds. */
export function membersOf(check: CheckAction): readonly string[] {
  switch (check.kind) {
    case 'all':
    case 'any':
    case 'atLeast':
      return check.of
    case 'not':
      return [check.of]
    case 'http':
    case 'tcp':
    case 'tls':
    case 'dns':
    case 'grpc':
    case 'heartbeat':
    case 'exec':
      return []
  }
}

/** The checks of a policy that are of one endpoint. */
export interface AppliedChecks {
  /** Their worst is the endpoint's health. */
  readonly counted: readonly Check[]
  /** All that there must be results of: those, and what composites among them name, to any depth. */
  readonly needed: readonly Check[]
}

/** @param endpoint names checks; where it names none, all count but those that a composite goes by */
export function appliedChecks(
  { checks }: { readonly checks: readonly Check[] },
  endpoint: { readonly checks: readonly string[] },
): AppliedChecks {
  const counted = countedChecks(checks, endpoint.checks)
  // A set grows while it is walked: members of members are reached, and a circle ends.
  const needed = new Set(counted)
  for (const check of needed) {
    const members = membersOf(check)
    for (const other of checks) if (members.includes(other.name)) needed.add(other)
  }
  return { counted, needed: checks.filter((check) => needed.has(check)) }
}

function countedChecks(checks: readonly Check[], named: readonly string[]): readonly Check[] {
  if (named.length > 0) return checks.filter(({ name }) => named.includes(name))
  const members = new Set(checks.flatMap(membersOf))
  return checks.filter(({ name }) => !members.has(name))
}
