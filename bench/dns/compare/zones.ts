/** Random zones as master files: wildcards, delegations, CNAME chains and loops, empty non-terminals, every type, names and sets at their limits. */

import { type Draw, oneIn, oneOf } from './draw.ts'
import { RECORD_TYPES, recordText } from './records.ts'

export interface ZoneRecord {
  readonly owner: string
  readonly type: string
  readonly text: string
}

export interface GeneratedZone {
  readonly apex: string
  readonly records: readonly ZoneRecord[]
  /** One and the same for all responders. */
  readonly masterFile: string
}

const LABELS = ['a', 'b', 'c', 'd', 'www', 'x1', '_sip', '_tcp', 'Mixed', 'e-f']
const TTLS = [0, 1, 30, 60, 300, 3600, 86_400]
const MOST_NAME = 253
const MOST_LABEL = 63

interface Draft {
  readonly apex: string
  readonly types: Map<string, Set<string>>
  readonly records: (ZoneRecord & { readonly ttl: number })[]
  readonly nameServers: ReadonlyMap<string, readonly string[]>
}

/** Every tenth zone is a child of the one before. */
export function generateZones(count: number, die: Draw): GeneratedZone[] {
  const apexes = Array.from({ length: count }, (_, i) => (i % 10 === 9 ? `sub.z${i - 1}.cmp.test` : `z${i}.cmp.test`))
  const drafts = apexes.map((apex) => draftZone(apex, apexes, die))
  return drafts.map((draft) => {
    const child = drafts.find(({ apex }) => apex === `sub.${draft.apex}`)
    // What a parent holds below its child's apex is for nobody but as glue.
    const records =
      child === undefined ? draft.records : draft.records.filter(({ owner }) => !isWithin(owner, child.apex))
    return { apex: draft.apex, records, masterFile: writeMasterFile({ ...draft, records }, child, die) }
  })
}

const isWithin = (name: string, apex: string): boolean => `.${name.toLowerCase()}`.endsWith(`.${apex}`)

function draftZone(apex: string, apexes: readonly string[], die: Draw): Draft {
  const nameServers = new Map<string, readonly string[]>([
    [`ns1.${apex}`, ['192.0.2.1', '2001:db8::1'].slice(0, 1 + (die() % 2))],
    ...(oneIn(2, die) ? [['ns.outside.test', []] as const] : []),
    ...(oneIn(3, die) ? [[`ns2.deep.${apex}`, ['192.0.2.2']] as const] : []),
  ])
  const draft: Draft = { apex, types: new Map([[apex, new Set(['NS', 'SOA'])]]), records: [], nameServers }
  for (const name of nameServers.keys()) draft.types.set(name, new Set(['A', 'AAAA']))
  const owners: string[] = []
  for (let i = 4 + (die() % 10); i > 0; i--) owners.push(drawOwner(apex, owners, die))
  const target = (): string => drawTarget(apex, apexes, owners, die)
  for (const owner of owners) {
    const isApex = owner === apex
    if (!isApex && oneIn(4, die)) addSet(draft, owner, 'CNAME', target, die)
    else if (!isApex && !owner.startsWith('*') && oneIn(7, die)) delegate(draft, owner, target, die)
    else for (let i = 1 + (die() % 3); i > 0; i--) addSet(draft, owner, oneOf(RECORD_TYPES, die), target, die)
  }
  return draft
}

function drawOwner(apex: string, owners: readonly string[], die: Draw): string {
  const base = oneIn(10, die)
    ? apex
    : oneIn(25, die)
      ? longestBelow(apex)
      : owners.length > 0 && oneIn(3, die)
        ? below(oneOf(owners, die).replace(/^\*\./, ''), 2, die)
        : below(apex, 4, die)
  return oneIn(5, die) && base.length < MOST_NAME - 2 ? `*.${base}` : base
}

function drawTarget(apex: string, apexes: readonly string[], owners: readonly string[], die: Draw): string {
  const kind = die() % 20
  if (kind < 9) return oneOf(owners, die).replace(/^\*\./, oneIn(2, die) ? 'any.' : '')
  if (kind < 13) return below(apex, 3, die)
  if (kind < 16) return below(oneOf(apexes, die), 2, die)
  return kind < 18 ? apex : `host.outside${die() % 3}.test`
}

function below(apex: string, mostLabels: number, die: Draw): string {
  let name = apex
  for (let labels = 1 + (die() % mostLabels); labels > 0; labels--) {
    const next = `${oneIn(33, die) ? 'l'.repeat(40 + (die() % 24)) : oneOf(LABELS, die)}.${name}`
    if (next.length > MOST_NAME) break
    name = next
  }
  return name
}

function longestBelow(apex: string): string {
  let name = apex
  while (name.length + 2 <= MOST_NAME) {
    const room = Math.min(MOST_LABEL, MOST_NAME - name.length - 1)
    name = `${'abcdefghij'.repeat(7).slice(0, room)}.${name}`
  }
  return name
}

/** One RRset, unless something else at the name forbids it. */
function addSet(draft: Draft, owner: string, type: string, target: () => string, die: Draw): void {
  const key = owner.toLowerCase()
  const types = draft.types.get(key) ?? new Set<string>()
  draft.types.set(key, types)
  if (types.has(type) || types.has('CNAME') || (type === 'CNAME' && types.size > 0)) return
  types.add(type)
  const ttl = oneOf(TTLS, die)
  const count = type === 'CNAME' ? 1 : oneIn(16, die) ? 12 + (die() % 60) : 1 + (die() % 3)
  const texts = Array.from({ length: count }, () => recordText(type, target, die))
  const distinct = new Map(texts.map((text) => [text.toLowerCase(), text]))
  for (const text of distinct.values()) draft.records.push({ owner, type, ttl, text })
}

/** A cut, with glue below it, beside it, or missing. */
function delegate(draft: Draft, owner: string, target: () => string, die: Draw): void {
  const key = owner.toLowerCase()
  const types = draft.types.get(key) ?? new Set<string>()
  if (types.size > 0) return
  draft.types.set(key, types.add('NS'))
  const ttl = oneOf(TTLS, die)
  const servers = new Set<string>()
  for (let i = oneIn(10, die) ? 15 : 1 + (die() % 3); i > 0; i--) {
    const inside = oneIn(2, die) ? `ns${i}.${owner}` : oneIn(3, die) ? owner : null
    const server = (inside ?? (oneIn(2, die) ? target() : `ns${i}.outside.test`)).toLowerCase()
    if (server.length > MOST_NAME || servers.has(server)) continue
    servers.add(server)
    draft.records.push({ owner, type: 'NS', ttl, text: `${server}.` })
    if (!isWithin(server, key) || oneIn(6, die)) continue
    addSet(draft, server, 'A', target, die)
    if (oneIn(2, die)) addSet(draft, server, 'AAAA', target, die)
  }
  // Without NS beside it, Nearcast leaves a DS out, and says so.
  if (servers.size > 0 && oneIn(3, die)) addSet(draft, owner, 'DS', target, die)
  if (oneIn(2, die)) addSet(draft, below(owner, 2, die), oneOf(['A', 'TXT', 'MX'], die), target, die)
}

/** As people write them: relative and absolute names, owners left out, several lines, other bases. */
function writeMasterFile(draft: Draft, child: Draft | undefined, die: Draw): string {
  const { apex, records } = draft
  const nameTtl = oneOf([60, 3600], die)
  const minimum = oneOf([0, 30, 300, 7200], die)
  const lines = [
    '; generated',
    `$ORIGIN ${apex}.`,
    `$TTL ${oneIn(2, die) ? '1h' : '3600'}`,
    `@ ${oneOf(TTLS, die)} IN SOA ns1 hostmaster (\n    ${1 + (die() % 1_000_000)} ; serial\n    7200 900\n    1209600 ${minimum} )`,
  ]
  const addServers = ({ apex: of, nameServers }: Draft): void => {
    for (const [name, addresses] of nameServers) {
      lines.push(`${of}. ${nameTtl} IN NS ${name}.`)
      if (!isWithin(name, apex)) continue
      for (const address of addresses)
        lines.push(`${name}. ${nameTtl} ${address.includes(':') ? 'AAAA' : 'A'} ${address}`)
    }
  }
  addServers(draft)
  if (child !== undefined) addServers(child)
  let last = ''
  for (const { owner, ttl, type, text } of records) {
    const relative = owner === apex ? '@' : owner.slice(0, -apex.length - 1)
    const written = owner === last && oneIn(2, die) ? ' ' : oneIn(2, die) ? relative : `${owner}.`
    lines.push(`${written} ${ttl} ${oneIn(2, die) ? 'IN ' : ''}${type} ${text}`)
    last = owner
  }
  return `${lines.join('\n')}\n`
}
