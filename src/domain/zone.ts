import type { IpAddress } from './address.ts'
import type { SourcePosition } from './policy.ts'

/** Record data by type. Names are lower case without a trailing dot (`''` is the root). */
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
  /** Whether client subnets of queries are believed (RFC 7871). */
  readonly ecs: 'always' | 'never'
  readonly at: SourcePosition
}
