import type { PolicySet } from '../domain/policy-set.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import type { Zone } from '../domain/zone.ts'
import { TYPE } from './wire/codes.ts'
import { parentOf, ROOT, type WireName } from './wire/name.ts'
import { type RRset, soaData, wireNameOf } from './wire/record-data.ts'
import { compileContents, type ZoneContents, type ZoneOutline, type ZoneServer } from './zone-contents.ts'
import { findZone, type ZoneNode, type ZoneTable, type ZoneTables } from './zone-table.ts'

/** What zones are made of: the documents of one revision. */
export interface ZoneSource {
  readonly set: PolicySet
  readonly revision: { readonly number: number }
}

/** The tables of zones, compiled once for everybody who asks for them; a zone that reads as before is not compiled again. */
export interface Zones {
  /** As prepared, or compiled at once. @throws Error when a name is none: documents are checked before they get here. */
  of(source: ZoneSource): ZoneTables
  /** Compiles them with pauses. A snapshot is published after it, so that no query waits for it. @throws Error as `of` */
  prepare(source: ZoneSource): Turns<ZoneTables>
}

export function createZones(): Zones {
  const known = new WeakMap<PolicySet, { readonly revision: number; readonly zones: ZoneTables }>()
  let before: ReadonlyMap<WireName, Compiled> = new Map()

  function* prepare({ set, revision }: ZoneSource): Turns<ZoneTables> {
    const ready = known.get(set)
    if (ready?.revision === revision.number) return ready.zones
    const next = yield* compile(set, before)
    const zones = new Map<WireName, ZoneTable>()
    for (const [apex, compiled] of next) {
      zones.set(apex, tableOf(compiled, revision.number))
      if (zones.size % ZONES_PER_TURN === 0) yield
    }
    before = next
    known.set(set, { revision: revision.number, zones })
    return zones
  }
  return { prepare, of: (source) => atOnce(prepare(source)) }
}

/** Zones looked at from one pause to the next. */
const ZONES_PER_TURN = 64

/** Compiles the zones of a policy set that nobody keeps: for tests and tools. */
export const compileZones = (set: PolicySet, revisionNumber: number): ZoneTables =>
  createZones().of({ set, revision: { number: revisionNumber } })

interface Compiled {
  readonly outline: ZoneOutline
  readonly contents: ZoneContents
}

function* compile(set: PolicySet, before: ReadonlyMap<WireName, Compiled>): Turns<ReadonlyMap<WireName, Compiled>> {
  const compiled = new Map<WireName, Compiled>()
  for (const [apex, outline] of yield* outlineZones(set)) {
    const known = before.get(apex)
    const isSame = known !== undefined && isSameOutline(known.outline, outline)
    compiled.set(apex, isSame ? known : { outline, contents: yield* compileContents(apex, outline) })
    if (compiled.size % ZONES_PER_TURN === 0) yield
  }
  return compiled
}

interface Draft extends ZoneOutline {
  readonly servers: Map<string, ZoneServer>
  readonly children: Map<WireName, Zone>
  readonly services: string[]
}

/** Each zone's document with what other documents bring into the zone. */
function* outlineZones(set: PolicySet): Turns<ReadonlyMap<WireName, ZoneOutline>> {
  const drafts = new Map<WireName, Draft>()
  for (const zone of set.zones) {
    drafts.set(wireNameOf(zone.name), { zone, servers: new Map(), children: new Map(), services: [] })
    if (drafts.size % ZONES_PER_TURN === 0) yield
  }
  let done = 0
  for (const [apex, { zone }] of drafts) {
    // Name servers below one of our apexes have their addresses there, as answers or as glue.
    for (const { name, addresses } of zone.ns) {
      const wireName = wireNameOf(name)
      const key = `${name} ${zone.nsTtlSeconds} ${addresses.map(({ bytes }) => bytes.join('.')).join()}`
      if (addresses.length === 0) continue
      findZone(drafts, wireName)?.servers.set(key, { name: wireName, addresses, ttlSeconds: zone.nsTtlSeconds })
    }
    const parent = apex === ROOT ? null : findZone(drafts, parentOf(apex))
    parent?.children.set(apex, zone)
    if (++done % ZONES_PER_TURN === 0) yield
  }
  for (const policy of set.policies) {
    for (const text of policy.names.dns) findZone(drafts, wireNameOf(text))?.services.push(text)
    if (++done % ZONES_PER_TURN === 0) yield
  }
  return drafts
}

const isSameOutline = (a: ZoneOutline, b: ZoneOutline): boolean =>
  a.zone === b.zone &&
  areSame([...a.servers.keys()], [...b.servers.keys()]) &&
  areSame([...a.children.keys()], [...b.children.keys()]) &&
  [...a.children].every(([apex, zone]) => areServersSame(zone, b.children.get(apex))) &&
  areSame(a.services, b.services)

const areServersSame = (a: Zone, b: Zone | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a.nsTtlSeconds === b.nsTtlSeconds &&
    areSame(
      a.ns.map(({ name }) => name),
      b.ns.map(({ name }) => name),
    ))

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index])

/** The serial moves with every revision, so that all nodes that serve one say so; the contents stay as they are. */
function tableOf({ outline: { zone }, contents }: Compiled, revisionNumber: number): ZoneTable {
  const { apex, nodes } = contents
  const node = nodes.get(apex) as ZoneNode
  const soa: RRset = {
    type: TYPE.SOA,
    ttlSeconds: zone.soa.ttlSeconds,
    data: [soaData({ ...zone.soa, serial: zone.soa.serial ?? revisionNumber })],
  }
  return {
    apex,
    zone,
    soa,
    negativeTtlSeconds: Math.min(zone.soa.ttlSeconds, zone.soa.minimumSeconds),
    apexNode: { ...node, rrsets: new Map([[TYPE.SOA, soa], ...node.rrsets]) },
    nodes,
    leading: contents.leading,
  }
}
