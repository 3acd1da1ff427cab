import type { IpAddress } from '../domain/address.ts'

/** Addresses of one family, learned off the query path. */
export interface LearnedAddresses {
  /** Empty when the name has none of this family. */
  readonly addresses: readonly IpAddress[]
  /** From then on they are stale: the last good ones, kept because nothing newer could be learned. */
  readonly validUntilMs: number
}

/** What is known of a name outside our zones; a family is null while nothing was ever learned about it. */
export interface AliasAddresses {
  readonly a: LearnedAddresses | null
  readonly aaaa: LearnedAddresses | null
}

/** Looks up, and never waits. Names are lower case without a trailing dot; null when the name is not resolved at all. */
export type FindAliasAddresses = (name: string) => AliasAddresses | null
