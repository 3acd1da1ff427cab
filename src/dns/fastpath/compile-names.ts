import { find, zoneFor } from '../lookup.ts'
import { RCODE, TYPE } from '../wire/codes.ts'
import { isWildcard, isWithin, parentOf, ROOT, type WireName, wildcardBelow } from '../wire/name.ts'
import { findZone, type ZoneNode, type ZoneTable, type ZoneTables } from '../zone-table.ts'
import { type Asked, type Interner, type Oracle, type Rendered, render, renderBelow } from './render.ts'

/** A name of the table; what is null is handed over to the complete path. */
export interface CompiledName {
  readonly name: WireName
  readonly entries: readonly CompiledEntry[]
  /** For every type without an entry. */
  readonly other: Rendered | null
  readonly hasWildcard: boolean
  /** For names below that do not exist. */
  readonly below: Rendered | null
}

export interface CompiledEntry {
  readonly type: number
  readonly rendered: Rendered | null
  readonly steer: { readonly service: string; readonly ecs: 'always' | 'never' } | null
}

export interface CompiledNames {
  readonly names: readonly CompiledName[]
  readonly known: ReadonlySet<WireName>
  /** Outside all zones; null when a zone is the root. */
  readonly refused: Rendered | null
}

/** A type that no name has: what is said about it is said about every type that is not there. */
const UNUSED_TYPE = 65_280
const TYPE_HTTPS = 65
const TYPE_SVCB = 64
/** What a name that leads elsewhere may have that its own records do not show. */
const LED_TYPES = [TYPE.A, TYPE.AAAA, TYPE_SVCB, TYPE_HTTPS]
const ABSENT_NAME: WireName = '\x03\x00\x01\x02\0'

/** Compiles all that hangs on the zones alone. */
export function compileNames(oracle: Oracle, intern: Interner, nowMs: number): CompiledNames {
  const { zones } = oracle
  const own = new Map<WireName, { readonly table: ZoneTable; readonly node: ZoneNode }>()
  for (const table of zones.values()) {
    for (const [name, node] of table.nodes) {
      if (isAnsweredBy(zones, table, name)) own.set(name, { table, node })
    }
  }
  const ghosts = new Set<WireName>()
  const names: CompiledName[] = []
  const known = new Set(own.keys())
  const denials = createDenials(oracle, known, ghosts, nowMs)
  for (const [name, { table, node }] of own) {
    const hasWildcard = !node.isCut && own.has(wildcardBelow(name))
    const below = node.isCut || hasWildcard ? null : denials(table, name)
    const types = node.isCut ? { entries: [], other: null } : compileTypes(oracle, name, node, known, ghosts, nowMs)
    names.push({ name, ...types, hasWildcard, below })
  }
  for (const name of ghosts) {
    known.add(name)
    names.push(compileGhost(oracle, own, name, nowMs))
  }
  const outside = render(oracle.ask(ABSENT_NAME, TYPE.A, nowMs), ABSENT_NAME, TYPE.A)
  const interned = names.map(({ entries, other, below, ...rest }) => ({
    ...rest,
    entries: entries.map((entry) => ({ ...entry, rendered: intern(entry.rendered) })),
    other: intern(other),
    below: intern(below),
  }))
  return { names: interned, known, refused: zones.has(ROOT) ? null : outside }
}

/** Not what another zone of ours has taken over, nor what is below a delegation. */
function isAnsweredBy(zones: ZoneTables, table: ZoneTable, name: WireName): boolean {
  if (findZone(zones, name) !== table) return false
  if (name === table.apex) return true
  for (let rest = parentOf(name); rest !== table.apex; rest = parentOf(rest)) {
    if (table.nodes.get(rest)?.isCut === true) return false
  }
  return true
}

function compileTypes(
  oracle: Oracle,
  name: WireName,
  node: ZoneNode,
  known: ReadonlySet<WireName>,
  ghosts: Set<WireName>,
  nowMs: number,
): Pick<CompiledName, 'entries' | 'other'> {
  const one = (type: number) => {
    const made = renderName(oracle, name, type, nowMs)
    if (made !== null && isWildcard(name)) addGhosts(made.asked, parentOf(name), known, ghosts)
    return made
  }
  const other = one(UNUSED_TYPE)
  const visited = (other?.asked.visited ?? [name]).flatMap((it) => nodeAt(oracle.zones, it))
  const leads = visited.length > 1 || node.service !== null || node.rrsets.has(TYPE.CNAME) || node.alias !== null
  // DS at an apex is the parent's to answer.
  const atApex = (other?.asked.visited ?? [name]).some((it) => oracle.zones.has(it))
  const types = new Set([
    ...visited.flatMap((it) => [...it.rrsets.keys()]),
    ...(leads ? LED_TYPES : []),
    ...(atApex ? [TYPE.DS] : []),
  ])
  const entries = [...types].map((type): CompiledEntry => {
    const made = one(type)
    if (made === null) return { type, rendered: null, steer: null }
    if (made.asked.services.length === 0) return { type, rendered: templateOf(made), steer: null }
    return { type, rendered: null, steer: steerOf(oracle, made.asked, type) }
  })
  return { entries, other: other === null || other.asked.services.length > 0 ? null : templateOf(other) }
}

const nodeAt = (zones: ZoneTables, name: WireName): readonly ZoneNode[] => {
  const table = findZone(zones, name)
  const found = table === null ? null : find(table, name, UNUSED_TYPE)
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

/** Null when the way to the service went over zones that treat client subnets differently, or over an ALIAS. */
function steerOf({ zones }: Oracle, asked: Asked, type: number): CompiledEntry['steer'] {
  const service = asked.services[0]
  const tables = asked.visited.flatMap((name) => zoneFor(zones, name, type) ?? [])
  const aliased = asked.visited.some((name) => nodeAt(zones, name).some((node) => node.alias !== null))
  const ecs = tables[0]?.zone.ecs
  if (service === undefined || ecs === undefined || aliased) return null
  return tables.every((table) => table.zone.ecs === ecs) ? { service, ecs } : null
}

/** Names strictly below `parent` that an answer for everything there mentions: at and below them it would be compressed otherwise. */
function addGhosts(asked: Asked, parent: WireName, known: ReadonlySet<WireName>, ghosts: Set<WireName>): void {
  for (const name of ghostsOf(asked, parent)) if (!known.has(name)) ghosts.add(name)
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

type Denials = (table: ZoneTable, name: WireName) => Rendered | null

/**
 * NXDOMAIN for what is below a name. One serves the whole zone, but for the names that its SOA mentions and what is below them:
 * there compression finds more.
 */
function createDenials(oracle: Oracle, known: ReadonlySet<WireName>, ghosts: Set<WireName>, nowMs: number): Denials {
  const made = new Map<WireName, Rendered | null>()
  const denialBelow = (name: WireName): Rendered | null => {
    const below = renderBelow(oracle, name, UNUSED_TYPE, nowMs)
    if (below === null || below.rendered.rcode !== RCODE.NXDOMAIN || below.asked.services.length > 0) return null
    addGhosts(below.asked, name, known, ghosts)
    return below.rendered
  }
  return (table, name) => {
    const mentioned = table.soa.data.flatMap((data) => data.names)
    let anchor = name
    while (anchor !== table.apex && !mentioned.some((it) => isWithin(it, anchor))) anchor = parentOf(anchor)
    // A wildcard there would answer instead.
    if (known.has(wildcardBelow(anchor))) return denialBelow(name)
    const before = made.get(anchor)
    const denial = before === undefined ? denialBelow(anchor) : before
    made.set(anchor, denial)
    return denial
  }
}

/** Where a wildcard would answer for the ghost, the complete path does. */
function compileGhost(
  oracle: Oracle,
  own: ReadonlyMap<WireName, { readonly node: ZoneNode }>,
  name: WireName,
  nowMs: number,
): CompiledName {
  const handedOver: CompiledName = { name, entries: [], other: null, hasWildcard: false, below: null }
  let encloser = parentOf(name)
  while (!own.has(encloser) && encloser !== ROOT) encloser = parentOf(encloser)
  const node = own.get(encloser)?.node
  if (node === undefined || node.isCut || own.has(wildcardBelow(encloser))) return handedOver
  const other = renderName(oracle, name, UNUSED_TYPE, nowMs)
  const below = renderBelow(oracle, name, UNUSED_TYPE, nowMs)
  if (other?.rendered.rcode !== RCODE.NXDOMAIN || below?.rendered.rcode !== RCODE.NXDOMAIN) return handedOver
  return { ...handedOver, other: other.rendered, below: below.rendered }
}
