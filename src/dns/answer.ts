import { addAdditional, storedAddresses, targetsOf } from './additional.ts'
import {
  type Answering,
  type Ask,
  answerAddresses,
  denyWith,
  type FlatAddresses,
  STALE_TTL_SECONDS,
  wantsAddresses,
} from './answering.ts'
import { find, zoneFor } from './lookup.ts'
import { emptyReply, type Reply } from './reply.ts'
import { answerService } from './service-answer.ts'
import { withHints } from './svcb.ts'
import { EDE, RCODE, TYPE } from './wire/codes.ts'
import { isWithin, nameToText, type WireName } from './wire/name.ts'
import { type RRset, textData } from './wire/record-data.ts'
import type { ZoneNode, ZoneTable } from './zone-table.ts'

/** Where the chain of names ended: in zones of ours, or at a name that others answer for. */
export type ChainEnd = { readonly kind: 'inside' } | { readonly kind: 'outside'; readonly name: WireName }

const INSIDE: ChainEnd = { kind: 'inside' }
/** CNAMEs and ALIASes together. BIND stops at 16 too. */
const MAX_NAMES = 16
/** For one question. Services whose endpoints are names of services, and so on, must not make one question into thousands. */
const MAX_DECISIONS = 64
/** RFC 8482 §4.2: "large enough to suppress frequent subsequent ANY queries". */
const ANY_TTL_SECONDS = 3600

/** Answers a question. The result is in `answering.reply`. */
export function answerName(answering: Answering, qname: WireName): ChainEnd {
  const end = walk(answering, qname)
  addAdditional(answering, askFor(answering))
  return end
}

/** RFC 1034 §4.3.2: finds the zone, walks down it, follows CNAMEs to their end. */
function walk(answering: Answering, qname: WireName): ChainEnd {
  const { reply, zones, type, visited, decisions } = answering
  let name: WireName | null = qname
  while (name !== null) {
    // A loop, or a chain without end, ends where it was noticed; what was found is the answer.
    if (visited.includes(name) || visited.length >= MAX_NAMES || usesOf(decisions) >= MAX_DECISIONS) return INSIDE
    const table = zoneFor(zones, name, type)
    if (table === null) return { kind: 'outside', name }
    visited.push(name)
    const found = find(table, name, type)
    switch (found.kind) {
      case 'delegation':
        // RFC 1035 §4.1.1: AA is about "the first owner name in the answer section", so a CNAME of ours keeps it.
        reply.authoritative = reply.answer.length > 0
        referTo(answering, found.cut, found.node)
        return { kind: 'outside', name }
      case 'nxDomain':
        // RFC 6604 §3: the RCODE is about the last name of the chain.
        reply.authoritative = true
        reply.rcode = RCODE.NXDOMAIN
        denyWith(reply, table, table.negativeTtlSeconds)
        return INSIDE
      case 'node':
        reply.authoritative = true
        name = answerNode(answering, table, found.node, name)
    }
  }
  return INSIDE
}

const usesOf = (decisions: Answering['decisions']): number => decisions.reduce((sum, { uses }) => sum + uses, 0)

/** What is found for another question belongs to this one's answer, and so does its scope. */
function askFor(answering: Answering): Ask {
  return (name, type) => {
    const reply = emptyReply()
    walk({ ...answering, type, reply, visited: [] }, name)
    widen(answering.reply, reply)
    return reply
  }
}

function widen(reply: Reply, { scopePrefixLength }: Reply): void {
  reply.scopePrefixLength = Math.max(reply.scopePrefixLength, scopePrefixLength)
}

/** Answers from one node; returns the next name of the chain, or null at its end. */
function answerNode(answering: Answering, table: ZoneTable, node: ZoneNode, name: WireName): WireName | null {
  const service = node.service === null ? undefined : answering.snapshot.byDnsName.get(node.service)
  if (service === undefined) return answerStored(answering, table, node, name, table.negativeTtlSeconds)
  const flatten = (target: WireName) => addressesOf(answering, target)
  const answered = answerService(answering, table, node, service, name, { flatten, ask: askFor(answering) })
  switch (answered.kind) {
    case 'done':
      return null
    case 'next':
      return answered.name
    case 'stored':
      return answerStored(answering, table, node, name, answered.negativeTtlSeconds)
  }
}

/** What the zone itself holds at a node. */
function answerStored(
  answering: Answering,
  table: ZoneTable,
  node: ZoneNode,
  name: WireName,
  negativeTtlSeconds: number,
): WireName | null {
  const { reply, type } = answering
  const cname = node.rrsets.get(TYPE.CNAME)
  const rrset = node.rrsets.get(type)
  if (cname !== undefined) {
    reply.answer.push({ owner: name, ...cname })
    // RFC 1034 §4.3.2 step 3a: "If the data at the node is a CNAME, and QTYPE doesn't match CNAME". It answers ANY too.
    return type === TYPE.CNAME || type === TYPE.ANY ? null : (cname.data[0]?.names[0] ?? null)
  }
  if (rrset !== undefined) {
    reply.answer.push({ owner: name, ...withHints(rrset, name, askFor(answering)) })
  } else if (type === TYPE.ANY && (node.rrsets.size > 0 || node.alias !== null || node.service !== null)) {
    reply.answer.push({ owner: name, ...RFC8482_HINFO })
  } else if (node.alias !== null && wantsAddresses(type)) {
    const flat = addressesOf(answering, node.alias.target)
    const ttlSeconds = Math.min(node.alias.ttlSeconds, flat.ttlSeconds)
    answerAddresses(answering, table, name, { ...flat, ttlSeconds })
  } else {
    denyWith(reply, table, negativeTtlSeconds)
  }
  return null
}

/** RFC 8482 §4.2: "The CPU field of the HINFO RDATA SHOULD be set to "RFC8482"", the OS field "to the null string". */
const RFC8482_HINFO: RRset = {
  type: TYPE.HINFO,
  ttlSeconds: ANY_TTL_SECONDS,
  data: [textData([Buffer.from('RFC8482'), new Uint8Array(0)])],
}

function referTo({ reply, zones }: Answering, cut: WireName, node: ZoneNode): void {
  const servers = node.rrsets.get(TYPE.NS) as RRset
  reply.authority.push({ owner: cut, ...servers })
  for (const name of targetsOf(servers)) {
    // RFC 9471 §2.1: in-domain name servers are those below the cut; without their addresses nobody can go there.
    const section = isWithin(name, cut) ? reply.requiredGlue : reply.additional
    section.push(...storedAddresses(zones, name))
  }
}

const UNKNOWN: FlatAddresses = { kind: 'unknown', addresses: [], ttlSeconds: STALE_TTL_SECONDS }

/** Flattens a name to addresses of the question's type: by answering it inside our zones, by what has been learned outside. */
function addressesOf(answering: Answering, target: WireName): FlatAddresses {
  const reply = emptyReply()
  // A copy: the next endpoint may lead to the same name, and that is no loop.
  const end = walk({ ...answering, reply, visited: [...answering.visited] }, target)
  widen(answering.reply, reply)
  answering.reply.error ??= reply.error
  if (end.kind === 'outside') return learnedAddresses(answering, end.name, leastTtl(reply.answer))

  const rrsets = reply.answer.length > 0 ? reply.answer : reply.authority
  // Nothing at all: a loop, or a target that is itself not known yet.
  if (rrsets.length === 0) return UNKNOWN
  const family = answering.type === TYPE.A ? 4 : 6
  const addresses = reply.answer
    .filter((rrset) => rrset.type === answering.type)
    .flatMap((rrset) => rrset.data.map((data) => ({ family, bytes: data.head }) as const))
  const kind = reply.error?.code === EDE.STALE_ANSWER ? 'stale' : 'known'
  return { kind, addresses, ttlSeconds: leastTtl([...rrsets, ...reply.authority]) }
}

const leastTtl = (rrsets: readonly RRset[]): number => Math.min(...rrsets.map((rrset) => rrset.ttlSeconds))

function learnedAddresses(answering: Answering, name: WireName, chainTtlSeconds: number): FlatAddresses {
  const known = answering.findAliasAddresses(nameToText(name))
  const learned = (answering.type === TYPE.A ? known?.a : known?.aaaa) ?? null
  if (learned === null) return UNKNOWN
  const leftSeconds = Math.ceil((learned.validUntilMs - answering.nowMs) / 1000)
  const kind = leftSeconds <= 0 ? 'stale' : 'known'
  const ttlSeconds = Math.min(chainTtlSeconds, kind === 'stale' ? STALE_TTL_SECONDS : leftSeconds)
  return { kind, addresses: learned.addresses, ttlSeconds }
}
