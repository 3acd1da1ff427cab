import type { IpAddress, IpPrefix } from './address.ts'
import type { SourcePosition } from './policy.ts'

/**
 * Record data by type. Names are lower case without a trailing dot (`''` is the root); a dot or a backslash inside a label, and
 * octets that are not printable, are written `\DDD`, so that each dot stands between two labels.
 */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: IpAddress }
  | { readonly type: 'CNAME' | 'NS' | 'PTR' | 'ALIAS'; readonly target: string }
  | { readonly type: 'MX'; readonly preference: number; readonly target: string }
  /** Character strings of at most 255 octets each (RFC 1035 §3.3.14), as octets. */
  | { readonly type: 'TXT'; readonly strings: readonly Uint8Array[] }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | { readonly type: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  /** RFC 9460 §2: priority 0 is AliasMode; a target of `''` is ".". */
  | {
      readonly type: 'SVCB' | 'HTTPS'
      readonly priority: number
      readonly target: string
      /** In strictly increasing order of key, each key once (RFC 9460 §2.2). */
      readonly params: readonly SvcParam[]
    }
  /** Any other type as octets of the wire, names in it uncompressed and lower case (RFC 3597 §4). */
  | {
      readonly type: 'octets'
      readonly typeNumber: number
      /** `TLSA`, or `TYPE65280` of RFC 3597 §5. */
      readonly typeName: string
      readonly octets: Uint8Array
    }

/** A service parameter (RFC 9460 §2.1). */
export interface SvcParam {
  readonly key: number
  /** SvcParamValue as octets of the wire; `auto` in ipv4hint (4) and ipv6hint (6): the addresses that the target's name is answered with. */
  readonly value: Uint8Array | 'auto'
}

export type StaticRecord = {
  /** Absolute, lower case, no trailing dot; `*.` in front is a wildcard (RFC 4592). */
  readonly name: string
  readonly ttlSeconds: number
  readonly at: SourcePosition
} & RecordData

/** A DNS zone the node is authoritative for. Services live in it by their names. */
export interface Zone {
  /** Apex, lower case, no trailing dot. */
  readonly name: string
  readonly soa: {
    readonly mname: string
    readonly rname: string
    /** Null: derived from the revision's number. */
    readonly serial: number | null
    readonly refreshSeconds: number
    readonly retrySeconds: number
    readonly expireSeconds: number
    /** Negative TTL (RFC 2308 §4). */
    readonly minimumSeconds: number
    readonly ttlSeconds: number
  }
  readonly ns: readonly { readonly name: string; readonly addresses: readonly IpAddress[] }[]
  readonly nsTtlSeconds: number
  readonly records: readonly StaticRecord[]
  /** Whose client subnets are believed (RFC 7871 §11): everybody's, nobody's, or those of resolvers in the listed networks. */
  readonly ecs: 'always' | 'never' | { readonly trusted: readonly IpPrefix[] }
  readonly at: SourcePosition
}
