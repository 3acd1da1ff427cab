import { formatPrefix } from '../../domain/address.ts'
import type { Turns } from '../../domain/turns.ts'
import type { Zone } from '../../domain/zone.ts'
import { find } from '../lookup.ts'
import { zoneHash } from '../rate-limit.ts'
import { hostnamesOf } from '../service-answer.ts'
import { RCODE, TYPE } from '../wire/codes.ts'
import { isWildcard, isWithin, parentOf, ROOT, type WireName, wildcardBelow } from '../wire/name.ts'
import { wireNameOf } from '../wire/record-data.ts'
import { findZone, type ZoneNode, type ZoneTable, type ZoneTables } from '../zone-table.ts'
import { createPacker, type Part } from './packer.ts'
import { type Asked, createInterner, type Oracle, type Rendered, render, renderBelow } from './render.ts'
import { ENTRY, NAME, OTHER_TYPE, PUNT } from './table.ts'

/** A name of the table; what is null is handed over to the complete path. */
interface CompiledName {
  readonly name: WireName
  readonly entries: readonly CompiledEntry[]
  /** For every type without an entry. */
  readonly other: Rendered | null
  readonly hasWildcard: boolean
  /** For names below that do not exist. */
  readonly below: Rendered | null
}

interface CompiledEntry {
  readonly type: number
  readonly rendered: Rendered | null
  readonly steer: Steer | null
}

interface Steer {
  readonly service: string
  readonly ecs: Zone['ecs']
}

/** A name and type that a service answers. */
export interface SteeredEntry extends Steer {
  readonly name: WireName
  readonly type: number
  /** Where its entry stands in the part. */
  readonly entryAt: number
}

/** The names of one zone. */
export interface CompiledZone {
  readonly part: Part
  readonly steered: readonly SteeredEntry[]
  /** Names that do not exist but are in the index. */
  readonly ghosts: ReadonlySet<WireName>
}

const TYPE_HTTPS = 65
const TYPE_SVCB = 64
/** What a name that leads elsewhere may have that its own records do not show; CNAME is where it ends, DS belongs before a cut. */
const LED_TYPES = [TYPE.A, TYPE.AAAA, TYPE_SVCB, TYPE_HTTPS, TYPE.CNAME, TYPE.DS]
const ABSENT_NAME: WireName = '\x03\x00\x01\x02\0'

/** One zone while it is compiled. */
interface Job {
  readonly oracle: Oracle
  readonly table: ZoneTable
  readonly ghosts: Set<WireName>
  readonly nowMs: number
}

/** Compiles all that hangs on the zones alone, for the names that one of them answers. */
export function* compileZoneNames(oracle: Oracle, table: ZoneTable, nowMs: number): Turns<CompiledZone> {
  const job: Job = { oracle, table, ghosts: new Set(), nowMs }
  const collected = collectNames(table)
  const denials = createDenials(job)
  for (const [name, node] of table.nodes) {
    if (!isAnsweredBy(oracle.zones, table, name)) continue
    if (node.isCut) {
      collected.add(compileCut(job, name))
    } else {
      const hasWildcard = exists(oracle.zones, wildcardBelow(name))
      const below = hasWildcard ? null : denials(name)
      collected.add({ name, ...compileTypes(job, name, node), hasWildcard, below })
    }
    yield
  }
  for (const name of job.ghosts) collected.add(compileGhost(job, name))
  return { ...collected.finish(), ghosts: job.ghosts }
}

/** What is said about names outside all zones; null when a zone is the root. */
export const compileRefused = (oracle: Oracle, nowMs: number): Rendered | null =>
  oracle.zones.has(ROOT) ? null : render(oracle.ask(ABSENT_NAME, TYPE.A, nowMs), ABSENT_NAME, TYPE.A)

/** Packs names one after the other. */
function collectNames({ apex }: ZoneTable) {
  const packer = createPacker()
  const intern = createInterner()
  const zone = zoneHash(apex)
  const steered: SteeredEntry[] = []
  const numbers = new Map<WireName, number>()
  const withWildcard: (readonly [number: number, wildcard: WireName])[] = []
  return {
    add({ name, entries, other, hasWildcard, below }: CompiledName): void {
      const words = entries.flatMap(({ type, rendered }) => [type, packer.template(intern(rendered)), PUNT])
      const typesAt = packer.words(words)
      for (const [index, { type, steer }] of entries.entries()) {
        if (steer !== null) steered.push({ ...steer, name, type, entryAt: typesAt + index * ENTRY.size })
      }
      const rest = [typesAt, entries.length, packer.template(intern(other)), -1, packer.template(intern(below)), zone]
      const number = packer.name(name, rest)
      if (isWildcard(name)) numbers.set(name, number)
      if (hasWildcard) withWildcard.push([number, wildcardBelow(name)])
    },
    finish(): Pick<CompiledZone, 'part' | 'steered'> {
      const part = packer.finish()
      for (const [number, wildcard] of withWildcard) {
        part.names[number * NAME.size + NAME.wildcard] = numbers.get(wildcard) ?? PUNT
      }
      return { part, steered }
    },
  }
}

/** Whether the zones answer for a name as one that exists. */
function exists(zones: ZoneTables, name: WireName): boolean {
  const table = findZone(zones, name)
  return table?.nodes.has(name) === true && isAnsweredBy(zones, table, name)
}

const isKnown = ({ oracle, table, ghosts }: Job, name: WireName): boolean =>
  isIndexed(oracle.zones, table, ghosts, name)

/** Whether a name within a zone is in the index, or in another zone, whose names are there for themselves. */
export const isIndexed = (
  zones: ZoneTables,
  table: ZoneTable,
  ghosts: ReadonlySet<WireName>,
  name: WireName,
): boolean => ghosts.has(name) || findZone(zones, name) !== table || exists(zones, name)

/** Not what another zone of ours has taken over, nor what is below a delegation. */
function isAnsweredBy(zones: ZoneTables, table: ZoneTable, name: WireName): boolean {
  if (findZone(zones, name) !== table) return false
  if (name === table.apex) return true
  for (let rest = parentOf(name); rest !== table.apex; rest = parentOf(rest)) {
    if (table.nodes.get(rest)?.isCut === true) return false
  }
  return true
}

function compileTypes(job: Job, name: WireName, node: ZoneNode): Pick<CompiledName, 'entries' | 'other'> {
  const { oracle, nowMs } = job
  const one = (type: number) => {
    const made = renderName(oracle, name, type, nowMs)
    if (made !== null && isWildcard(name)) addGhosts(job, made.asked, parentOf(name))
    return made
  }
  const other = one(OTHER_TYPE)
  const reached = other === null ? [name] : reachedBy(job, other.asked)
  const visited = reached.flatMap((it) => nodeAt(oracle.zones, it))
  const leads = visited.length > 1 || node.service !== null || node.rrsets.has(TYPE.CNAME) || node.alias !== null
  // DS at an apex is the parent's to answer.
  const atApex = reached.some((it) => oracle.zones.has(it))
  const types = new Set([
    ...visited.flatMap((it) => [...it.rrsets.keys()]),
    ...(leads ? LED_TYPES : []),
    ...(atApex ? [TYPE.DS] : []),
    TYPE.ANY,
  ])
  const entries = [...types].map((type): CompiledEntry => {
    const made = one(type)
    if (made === null) return { type, rendered: null, steer: null }
    if (made.asked.services.length === 0) return { type, rendered: templateOf(made), steer: null }
    return { type, rendered: null, steer: steerOf(made.asked) }
  })
  if (other === null) return { entries, other: null }
  if (other.asked.services.length === 0) return { entries, other: templateOf(other) }
  return { entries: [...entries, { type: OTHER_TYPE, rendered: null, steer: steerOf(other.asked) }], other: null }
}

/** The names of the answer, and those of the answers that its services could give as well. */
function reachedBy({ oracle, nowMs }: Job, { visited, services }: Asked): readonly WireName[] {
  const policies = services.flatMap((id) => oracle.snapshot.services.get(id)?.policy ?? [])
  const leads = policies.flatMap(hostnamesOf).map(wireNameOf)
  return [...visited, ...leads.flatMap((lead) => oracle.ask(lead, OTHER_TYPE, nowMs).visited)]
}

/** A referral for the name and all below it; DS is answered here (RFC 4035 §3.1.4.1). */
function compileCut(job: Job, name: WireName): CompiledName {
  const { oracle, nowMs } = job
  const below = renderBelow(oracle, name, OTHER_TYPE, nowMs)
  if (below !== null) addGhosts(job, below.asked, name)
  const ds = renderName(oracle, name, TYPE.DS, nowMs)?.rendered ?? null
  const referral = compileReferral(job, name, below?.rendered ?? null)
  return { ...referral, entries: [...referral.entries, { type: TYPE.DS, rendered: ds, steer: null }] }
}

/** The same for every type, ANY too. */
function compileReferral({ oracle, nowMs }: Job, name: WireName, below: Rendered | null): CompiledName {
  const other = renderName(oracle, name, OTHER_TYPE, nowMs)?.rendered ?? null
  return { name, entries: [{ type: TYPE.ANY, rendered: other, steer: null }], other, hasWildcard: false, below }
}

const nodeAt = (zones: ZoneTables, name: WireName): readonly ZoneNode[] => {
  const table = findZone(zones, name)
  const found = table === null ? null : find(table, name, OTHER_TYPE)
  return found?.kind === 'node' ? [found.node] : []
}

/** Asks at a name, or, at a wildcard, at the names that it stands for. */
export function renderName(
  oracle: Oracle,
  name: WireName,
  type: number,
  nowMs: number,
): { readonly rendered: Rendered; readonly asked: Asked } | null {
  if (isWildcard(name)) return renderBelow(oracle, parentOf(name), type, nowMs)
  const asked = oracle.ask(name, type, nowMs)
  const rendered = render(asked, name, type)
  return rendered === null ? null : { rendered, asked }
}

/** What was learned outside changes by itself. */
const templateOf = ({ rendered, asked }: { readonly rendered: Rendered; readonly asked: Asked }): Rendered | null =>
  asked.learned ? null : rendered

const steerOf = ({ services: [service], ecs }: Asked): CompiledEntry['steer'] =>
  service === undefined || ecs === null ? null : { service, ecs }

/** The same for zones that believe the same client subnets. */
export const ecsKey = (ecs: Zone['ecs']): string =>
  typeof ecs === 'string' ? ecs : ecs.trusted.map(formatPrefix).sort().join()

/** Names strictly below `parent` that an answer for everything there mentions: at and below them it would be compressed otherwise. */
function addGhosts(job: Job, asked: Asked, parent: WireName): void {
  for (const name of ghostsOf(asked, parent)) if (!isKnown(job, name)) job.ghosts.add(name)
}

export function ghostsOf({ reply, visited }: Asked, parent: WireName): readonly WireName[] {
  const sections = [...reply.answer, ...reply.authority, ...reply.requiredGlue, ...reply.additional]
  const mentioned = sections.flatMap(({ owner, data }) => [owner, ...data.flatMap((it) => it.names)])
  return mentioned.flatMap((name) => {
    const below: WireName[] = []
    for (let rest = name; rest.length > parent.length; rest = parentOf(rest)) {
      if (rest !== visited[0] && isWithin(rest, parent)) below.push(rest)
    }
    return below
  })
}

type Denials = (name: WireName) => Rendered | null

/**
 * NXDOMAIN for what is below a name. One serves the whole zone, but for the names that its SOA mentions and what is below them:
 * there compression finds more.
 */
function createDenials(job: Job): Denials {
  const { oracle, table, nowMs } = job
  const made = new Map<WireName, Rendered | null>()
  const denialBelow = (name: WireName): Rendered | null => {
    const below = renderBelow(oracle, name, OTHER_TYPE, nowMs)
    if (below === null || below.rendered.rcode !== RCODE.NXDOMAIN || below.asked.services.length > 0) return null
    addGhosts(job, below.asked, name)
    return below.rendered
  }
  return (name) => {
    const mentioned = table.soa.data.flatMap((data) => data.names)
    let anchor = name
    while (anchor !== table.apex && !mentioned.some((it) => isWithin(it, anchor))) anchor = parentOf(anchor)
    // A wildcard there would answer instead.
    if (isKnown(job, wildcardBelow(anchor))) return denialBelow(name)
    const before = made.get(anchor)
    const denial = before === undefined ? denialBelow(anchor) : before
    made.set(anchor, denial)
    return denial
  }
}

/** Where a wildcard would answer for the ghost, the complete path does. */
function compileGhost(job: Job, name: WireName): CompiledName {
  const { oracle, table, nowMs } = job
  const handedOver: CompiledName = { name, entries: [], other: null, hasWildcard: false, below: null }
  let encloser = parentOf(name)
  while (!exists(oracle.zones, encloser) && encloser !== table.apex) encloser = parentOf(encloser)
  const node = table.nodes.get(encloser)
  if (node?.isCut === true) {
    return compileReferral(job, name, renderBelow(oracle, name, OTHER_TYPE, nowMs)?.rendered ?? null)
  }
  if (node === undefined || exists(oracle.zones, wildcardBelow(encloser))) return handedOver
  const other = renderName(oracle, name, OTHER_TYPE, nowMs)
  const below = renderBelow(oracle, name, OTHER_TYPE, nowMs)
  if (other?.rendered.rcode !== RCODE.NXDOMAIN || below?.rendered.rcode !== RCODE.NXDOMAIN) return handedOver
  return { ...handedOver, other: other.rendered, below: below.rendered }
}
