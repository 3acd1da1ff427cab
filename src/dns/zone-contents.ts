import type { IpAddress } from '../domain/address.ts'
import type { Turns } from '../domain/turns.ts'
import type { RecordData, StaticRecord, Zone } from '../domain/zone.ts'
import { TYPE } from './wire/codes.ts'
import { isWildcard, isWithin, parentOf, type WireName } from './wire/name.ts'
import {
  addressData,
  composeData,
  nameData,
  type RRset,
  TYPE_NUMBER,
  type WireData,
  wireNameOf,
} from './wire/record-data.ts'
import type { Alias, ZoneNode, ZoneTable } from './zone-table.ts'

/** All that the contents of a zone come from. */
export interface ZoneOutline {
  readonly zone: Zone
  /** Name servers of any zone that stand in this one, by name, TTL and addresses. */
  readonly servers: ReadonlyMap<string, ZoneServer>
  /** Zones of ours right below this one. */
  readonly children: ReadonlyMap<WireName, Zone>
  /** Names of services, as the documents have them. */
  readonly services: readonly string[]
}

export interface ZoneServer {
  readonly name: WireName
  readonly addresses: readonly IpAddress[]
  readonly ttlSeconds: number
}

export type ZoneContents = Pick<ZoneTable, 'apex' | 'nodes' | 'leading'>

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

/** Records and names put in from one pause to the next. */
const STEPS_PER_TURN = 256

/** Everything in a zone but its SOA. */
export function* compileContents(apex: WireName, outline: ZoneOutline): Turns<ZoneContents> {
  const { zone, servers, children, services } = outline
  const draft: Draft = { apex, zone, nodes: new Map() }
  let done = 0
  const { rrsets } = nodeOf(draft, apex)
  for (const { name } of zone.ns) add(rrsets, TYPE.NS, zone.nsTtlSeconds, nameData(wireNameOf(name)))
  for (const record of zone.records) {
    addRecord(draft, record)
    if (++done % STEPS_PER_TURN === 0) yield
  }
  for (const server of servers.values()) addServer(draft, server)
  for (const [name, child] of children) {
    addDelegation(draft, name, child)
    if (++done % STEPS_PER_TURN === 0) yield
  }
  for (const text of services) nodeOf(draft, wireNameOf(text)).service = text

  const nodes = new Map<WireName, ZoneNode>()
  for (const [name, node] of draft.nodes) {
    // NS at a wildcard is no delegation (RFC 4592 §4.2 leaves it undefined).
    nodes.set(name, { ...node, isCut: name !== apex && node.rrsets.has(TYPE.NS) && !isWildcard(name) })
    if (nodes.size % STEPS_PER_TURN === 0) yield
  }
  const leading = [...nodes.values()].filter(({ service, alias }) => service !== null || alias !== null)
  return { apex, nodes, leading }
}

/** The node, made with all empty non-terminals between it and the apex if it was not there. */
function nodeOf(draft: Draft, name: WireName): DraftNode {
  const known = draft.nodes.get(name)
  if (known !== undefined) return known
  if (!isWithin(name, draft.apex)) throw new Error(`a record of zone ${draft.zone.name} is outside of it`)
  for (let rest = name; !draft.nodes.has(rest); rest = parentOf(rest)) {
    draft.nodes.set(rest, { rrsets: new Map(), service: null, alias: null })
    if (rest === draft.apex) break
  }
  return draft.nodes.get(name) as DraftNode
}

function addRecord(draft: Draft, record: StaticRecord): void {
  const node = nodeOf(draft, wireNameOf(record.name))
  if (record.type === 'ALIAS') node.alias = { target: wireNameOf(record.target), ttlSeconds: record.ttlSeconds }
  else add(node.rrsets, typeNumberOf(record), record.ttlSeconds, composeData(record))
}

const typeNumberOf = (record: RecordData): number =>
  record.type === 'octets' ? record.typeNumber : TYPE_NUMBER[record.type as keyof typeof TYPE_NUMBER]

function addServer(draft: Draft, { name, addresses, ttlSeconds }: ZoneServer): void {
  const { rrsets } = nodeOf(draft, name)
  for (const { family, bytes } of addresses) {
    add(rrsets, family === 4 ? TYPE.A : TYPE.AAAA, ttlSeconds, addressData(bytes))
  }
}

/** A zone of ours below another zone of ours is delegated there, whether or not the operator wrote it down: DS is asked of the parent. */
function addDelegation(draft: Draft, name: WireName, child: Zone): void {
  const { rrsets } = nodeOf(draft, name)
  if (rrsets.has(TYPE.NS)) return
  for (const server of child.ns) add(rrsets, TYPE.NS, child.nsTtlSeconds, nameData(wireNameOf(server.name)))
}

/** RFC 2181 §5: no duplicates (§5), and one TTL for the set (§5.2), here the least. */
function add(rrsets: Map<number, RRset>, type: number, ttlSeconds: number, data: WireData): void {
  const before = rrsets.get(type)
  const known = before?.data ?? []
  rrsets.set(type, {
    type,
    ttlSeconds: Math.min(before?.ttlSeconds ?? ttlSeconds, ttlSeconds),
    data: known.some((other) => isSameData(other, data)) ? known : [...known, data],
  })
}

const isSameData = (a: WireData, b: WireData): boolean =>
  a.head.length === b.head.length &&
  a.tail.length === b.tail.length &&
  a.names.length === b.names.length &&
  a.names.every((name, index) => name === b.names[index]) &&
  Buffer.compare(a.head, b.head) === 0 &&
  Buffer.compare(a.tail, b.tail) === 0
