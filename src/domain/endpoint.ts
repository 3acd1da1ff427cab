import type { IpAddress, IpPrefix } from './address.ts'
import type { Continent, Site } from './place.ts'

/** A set of clients, by where they are. Lists are alternatives; an empty list names nobody. */
export interface ClientArea {
  readonly countries: readonly string[]
  readonly continents: readonly Continent[]
  /** ISO 3166-2 with the country: `US-VA`. */
  readonly subdivisions: readonly string[]
  readonly asns: readonly number[]
  readonly prefixes: readonly IpPrefix[]
}

/** One place a client can be sent. */
export interface Endpoint {
  readonly id: string
  /** Position in `Policy.endpoints`; plans name endpoints by it. */
  readonly index: number
  /**
   * Where it is: none (then distance cannot rank it), one site, or several for an address announced by BGP from each
   * of them (hybrid anycast): its distance is that of the nearest.
   */
  readonly sites: readonly Site[]
  readonly a: readonly IpAddress[]
  readonly aaaa: readonly IpAddress[]
  /** Lower case, no trailing dot. Answered as CNAME, or resolved off the query path at an apex (ALIAS). */
  readonly hostname: string | null
  /** `http:` or `https:`, no credentials, no fragment. */
  readonly url: string | null
  /** 0 is standby: used only when all others of its group are gone (Route 53). */
  readonly weight: number
  /** In the unit of the `shed` metric or of `spread: { by: capacity }`; null when not stated. */
  readonly capacity: number | null
  readonly tags: readonly string[]
  /** Null: serves everybody. */
  readonly serves: ClientArea | null
  /** −99…99, Route 53's geoproximity bias. */
  readonly bias: number
  readonly asn: number | null
  readonly enabled: boolean
  /** Names of checks; empty means that every check of the policy applies. */
  readonly checks: readonly string[]
}
