import type { PolicySet } from '../domain/policy-set.ts'
import type { StaticRecord, Zone } from '../domain/zone.ts'
import { TYPE } from './wire/codes.ts'
import { isWildcard, isWithin, parentOf, ROOT, type WireName } from './wire/name.ts'
import {
  addressData,
  composeData,
  nameData,
  type RRset,
  soaData,
  TYPE_NUMBER,
  type WireData,
  wireNameOf,
} from './wire/record-data.ts'

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
  readonly nodes: ReadonlyMap<WireName, ZoneNode>
}

/** All zones of one policy set by apex. */
export type ZoneTables = ReadonlyMap<WireName, ZoneTable>

interface Draft {
  readonly apex: WireName
  readonly zone: Zone
  readonly nodes: Map<WireName, DraftNode>
}

interface DraftNode {
  readonly rrsets: Map<number, RRset>
  service: string | null
  alias: Alias | null
}

/**
 * Compiles the zones of a policy set into tables of names.
 * @throws Error when a name in it is none: documents are checked before they get here.
 */
export function compileZones(set: PolicySet, revisionNumber: number): ZoneTables {
  const drafts = new Map<WireName, Draft>()
  for (const zone of set.zones) {
    const apex = wireNameOf(zone.name)
    drafts.set(apex, { apex, zone, nodes: new Map() })
  }
  for (const draft of drafts.values()) addApex(draft, revisionNumber)
  for (const draft of drafts.values()) {
    for (const record of draft.zone.records) addRecord(draft, record)
  }
  for (const draft of drafts.values()) addNameServerAddresses(drafts, draft)
  for (const draft of drafts.values()) addDelegationFromParent(drafts, draft)
  for (const policy of set.policies) {
    for (const text of policy.names.dns) {
      const name = wireNameOf(text)
      const draft = findZone(drafts, name)
      if (draft !== null) nodeOf(draft, name).service = text
    }
  }
  return new Map([...drafts].map(([apex, draft]) => [apex, tableOf(draft, revisionNumber)]))
}

/** The zone with the longest apex around a name, or null. */
export function findZone<T>(zones: ReadonlyMap<WireName, T>, name: WireName): T | null {
  for (let rest = name; ; rest = parentOf(rest)) {
    const zone = zones.get(rest)
    if (zone !== undefined) return zone
    if (rest === ROOT) return null
  }
}

/** The node, made with all empty non-terminals between it and the apex if it was not there. */
function nodeOf(draft: Draft, name: WireName): DraftNode {
  if (!isWithin(name, draft.apex)) throw new Error(`a record of zone ${draft.zone.name} is outside of it`)
  for (let rest = name; !draft.nodes.has(rest); rest = parentOf(rest)) {
    draft.nodes.set(rest, { rrsets: new Map(), service: null, alias: null })
    if (rest === draft.apex) break
  }
  return draft.nodes.get(name) as DraftNode
}

function addApex(draft: Draft, revisionNumber: number): void {
  const { zone } = draft
  const { rrsets } = nodeOf(draft, draft.apex)
  rrsets.set(TYPE.SOA, soaOf(zone, revisionNumber))
  for (const { name } of zone.ns) add(rrsets, TYPE.NS, zone.nsTtlSeconds, nameData(wireNameOf(name)))
}

const soaOf = (zone: Zone, revisionNumber: number): RRset => ({
  type: TYPE.SOA,
  ttlSeconds: zone.soa.ttlSeconds,
  data: [soaData({ ...zone.soa, serial: zone.soa.serial ?? revisionNumber })],
})

function addRecord(draft: Draft, record: StaticRecord): void {
  const node = nodeOf(draft, wireNameOf(record.name))
  if (record.type === 'ALIAS') node.alias = { target: wireNameOf(record.target), ttlSeconds: record.ttlSeconds }
  else add(node.rrsets, TYPE_NUMBER[record.type], record.ttlSeconds, composeData(record))
}

/** Name servers below one of our apexes have their addresses there, as answers or as glue. */
function addNameServerAddresses(drafts: ReadonlyMap<WireName, Draft>, { zone }: Draft): void {
  for (const { name, addresses } of zone.ns) {
    const wireName = wireNameOf(name)
    const home = findZone(drafts, wireName)
    if (home === null || addresses.length === 0) continue
    const { rrsets } = nodeOf(home, wireName)
    for (const { family, bytes } of addresses) {
      add(rrsets, family === 4 ? TYPE.A : TYPE.AAAA, zone.nsTtlSeconds, addressData(bytes))
    }
  }
}

/** A zone of ours below another zone of ours is delegated there, whether or not the operator wrote it down: DS is asked of the parent. */
function addDelegationFromParent(drafts: ReadonlyMap<WireName, Draft>, { apex, zone }: Draft): void {
  const parent = apex === ROOT ? null : findZone(drafts, parentOf(apex))
  if (parent === null) return
  const { rrsets } = nodeOf(parent, apex)
  if (rrsets.has(TYPE.NS)) return
  for (const { name } of zone.ns) add(rrsets, TYPE.NS, zone.nsTtlSeconds, nameData(wireNameOf(name)))
}

/** RFC 2181 §5: no duplicates (§5), and one TTL for the set (§5.2), here the least. */
function add(rrsets: Map<number, RRset>, type: number, ttlSeconds: number, data: WireData): void {
  const before = rrsets.get(type)
  const known = before?.data ?? []
  const duplicate = known.some((other) => identityOf(other) === identityOf(data))
  rrsets.set(type, {
    type,
    ttlSeconds: Math.min(before?.ttlSeconds ?? ttlSeconds, ttlSeconds),
    data: duplicate ? known : [...known, data],
  })
}

const identityOf = ({ head, names, tail }: WireData): string =>
  `${Buffer.from(head).toString('hex')}|${names.join('|')}|${Buffer.from(tail).toString('hex')}`

function tableOf({ apex, zone, nodes }: Draft, revisionNumber: number): ZoneTable {
  const soa = soaOf(zone, revisionNumber)
  const frozen = new Map<WireName, ZoneNode>()
  for (const [name, node] of nodes) {
    // NS at a wildcard is no delegation (RFC 4592 §4.2 leaves it undefined).
    frozen.set(name, { ...node, isCut: name !== apex && node.rrsets.has(TYPE.NS) && !isWildcard(name) })
  }
  return {
    apex,
    zone,
    soa,
    negativeTtlSeconds: Math.min(zone.soa.ttlSeconds, zone.soa.minimumSeconds),
    nodes: frozen,
  }
}
