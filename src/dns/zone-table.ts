import type { Zone } from '../domain/zone.ts'
import { parentOf, ROOT, type WireName } from './wire/name.ts'
import type { RRset } from './wire/record-data.ts'

/** An ALIAS record: answered with the addresses of its target. */
export interface Alias {
  readonly target: WireName
  readonly ttlSeconds: number
}

/** A name that exists. One without anything of its own is an empty non-terminal (RFC 4592 §2.2.2). */
export interface ZoneNode {
  readonly rrsets: ReadonlyMap<number, RRset>
  /** Key of the service in `Snapshot.byDnsName`, or null. */
  readonly service: string | null
  readonly alias: Alias | null
  /** A delegation: neither this name nor what is below is ours (RFC 1034 §4.2.1). */
  readonly isCut: boolean
}

export interface ZoneTable {
  readonly apex: WireName
  readonly zone: Zone
  readonly soa: RRset
  /** RFC 2308 §3: the lesser of the SOA's own TTL and its MINIMUM. */
  readonly negativeTtlSeconds: number
  /** The apex with its SOA. */
  readonly apexNode: ZoneNode
  /** The same object for as long as the zone's contents, the serial apart, are the same: the apex is in it without its SOA. */
  readonly nodes: ReadonlyMap<WireName, ZoneNode>
  /** Nodes with a service or an ALIAS: answers there may need addresses from elsewhere. */
  readonly leading: readonly ZoneNode[]
}

/** All zones of one policy set by apex. */
export type ZoneTables = Pick<ReadonlyMap<WireName, ZoneTable>, 'get' | 'has' | 'values'>

/** The zone with the longest apex around a name, or null. */
export function findZone<T>(zones: Pick<ReadonlyMap<WireName, T>, 'get'>, name: WireName): T | null {
  for (let rest = name; ; rest = parentOf(rest)) {
    const zone = zones.get(rest)
    if (zone !== undefined) return zone
    if (rest === ROOT) return null
  }
}
