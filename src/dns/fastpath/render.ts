import type { Outcome, PlanNode } from '../../domain/plan.ts'
import type { Zone } from '../../domain/zone.ts'
import type { Snapshot, SteeredService } from '../../steering/snapshot.ts'
import { answerName } from '../answer.ts'
import type { Answering } from '../answering.ts'
import { composeReply, emptyReply, type Reply } from '../reply.ts'
import { CLASS, EDE, RCODE, type Rcode, TYPE } from '../wire/codes.ts'
import type { WireName } from '../wire/name.ts'
import { HEADER_LENGTH } from '../wire/query.ts'
import type { ZoneTables } from '../zone-table.ts'
import { noteUses, type Uses } from './uses.ts'

/** An answer of the complete path, behind its question, ready to be copied. */
export interface Rendered {
  readonly octets: Uint8Array
  readonly counts: readonly [answers: number, authorities: number, additionals: number]
  readonly flags: number
  readonly rcode: Rcode
  readonly error: number
  /** Offsets of the compression pointers that move with the length of the name asked for. */
  readonly pointers: readonly number[]
  readonly nameLength: number
  /** Offsets of the TTLs that are cut with the plan's. */
  readonly ttls: readonly number[]
  /** Offset of a serial that is the revision's: there are zeros for it. Null without one. */
  readonly serialAt: number | null
  readonly service: string | null
  readonly endpoint: string | null
  readonly outcome: Outcome | null
}

/** What the complete path did with one question. */
export interface Asked {
  readonly reply: Reply
  /** Services that decided, in order. */
  readonly services: readonly string[]
  /** Whose client subnets the first decision was open to; null without one. */
  readonly ecs: Zone['ecs'] | null
  readonly endpoint: string | null
  readonly outcome: Outcome | null
  readonly visited: readonly WireName[]
  /** Whether it needed addresses of names outside, which change by themselves. */
  readonly learned: boolean
  /** Whether it has the SOA of a zone whose serial is the revision's. */
  readonly hasRevisionSerial: boolean
}

/** Where questions are asked while a table is compiled: the complete path itself, with services held to one answer each. */
export interface Oracle {
  readonly zones: ZoneTables
  readonly snapshot: Snapshot
  ask(name: WireName, type: number, nowMs: number): Asked
  /** From now on notes what answers come from, until it is called again. @param own apex of the zone that is compiled */
  note(own: WireName): Uses
  /** From now on the service answers with this list of this plan. */
  hold(service: SteeredService, plan: SteeredService['map']['plans'][number], list: number): void
}

const NOBODY = { family: 4, bytes: new Uint8Array(4) } as const

export function createOracle(snapshot: Snapshot, zones: ZoneTables): Oracle {
  const held = new Map<SteeredService, SteeredService['map']['plans'][number]>()
  const puppets = new Map<SteeredService, SteeredService>()
  const puppetOf = (service: SteeredService): SteeredService => {
    const lookUp = () => ({ plan: held.get(service) ?? (service.map.plans[0] as never), prefixLength: 0 })
    const puppet = puppets.get(service) ?? { ...service, map: { ...service.map, lookUp }, planRequest: null }
    puppets.set(service, puppet)
    return puppet
  }
  const noted = noteUses(snapshot, zones, puppetOf)
  const puppetry: Snapshot = { ...snapshot, byDnsName: noted.byDnsName }
  return {
    zones: noted.zones,
    snapshot,
    note: noted.note,
    hold(service, plan, list) {
      const root: PlanNode = { kind: 'slots', slots: Uint16Array.of(list) }
      held.set(service, { ...plan, root, sticky: { by: 'none' }, canary: false })
    },
    ask(name, type, nowMs) {
      const reply = emptyReply()
      let learned = false
      const answering: Answering = {
        snapshot: puppetry,
        zones: noted.zones,
        resolver: NOBODY,
        ecs: null,
        nowMs,
        dice: () => 0,
        findAliasAddresses: () => {
          learned = true
          return null
        },
        type,
        reply,
        visited: [],
        decisions: [],
      }
      answerName(answering, name)
      const { decisions, visited } = answering
      if (visited.length === 0) {
        // As respond.ts does outside every zone.
        reply.rcode = RCODE.REFUSED
        reply.error = { code: EDE.NOT_AUTHORITATIVE, text: '' }
      }
      const services = decisions.map(({ policy }) => policy.service)
      const first = decisions[0]
      const endpoint = first?.endpoints[0]?.id ?? null
      const ecs = first?.zoneEcs ?? null
      const outcome = first?.plan.outcome ?? null
      const hasRevisionSerial = [...reply.answer, ...reply.authority].some(
        ({ owner, type }) => type === TYPE.SOA && zones.get(owner)?.zone.soa.serial === null,
      )
      return { reply, services, ecs, endpoint, outcome, visited, learned, hasRevisionSerial }
    },
  }
}

/** The reply as octets. Null when it says something that a template cannot hold. */
export function render(asked: Asked, name: WireName, type: number, qclass: number = CLASS.IN): Rendered | null {
  const { reply, services, endpoint, outcome } = asked
  const message = new Uint8Array(HEADER_LENGTH + name.length + 4)
  for (let i = 0; i < name.length; i++) message[HEADER_LENGTH + i] = name.charCodeAt(i)
  const end = message.length
  message.set([type >> 8, type & 0xff, 0, qclass], end - 4)
  const question = { name, type, class: qclass, end }
  const query = { opcode: 0, question, edns: null, tsig: null, problem: 'none' } as const
  const out = SCRATCH
  const length = composeReply(out, out.length, message, query, reply)
  const view = new DataView(out.buffer)
  // Truncated to nothing here, it is so over UDP, where less fits; with some records it may be truncated otherwise.
  const isPart = ((out[2] ?? 0) & 0x02) !== 0 && length > end
  if (isPart || (reply.error !== null && reply.error.text !== '')) return null
  const octets = out.slice(end, length)
  const serialAt = asked.hasRevisionSerial ? serialOffset(octets) : null
  if (serialAt !== null) octets.fill(0, serialAt, serialAt + 4)
  return {
    octets,
    counts: [view.getUint16(6), view.getUint16(8), view.getUint16(10)],
    flags: (out[2] ?? 0) & 0x7e,
    rcode: reply.rcode,
    error: reply.error?.code ?? -1,
    pointers: [],
    nameLength: name.length,
    ttls: [],
    serialAt,
    service: services[0] ?? null,
    endpoint,
    outcome,
  }
}

/** More than an answer over UDP may have: what is cut here does not fit there, and is handed over. Nothing in it outlives a call. */
const SCRATCH = new Uint8Array(4096)

/** Makes equal templates one object, so that a table holds each once. */
export type Interner = <T extends Rendered | null>(rendered: T) => T

export function createInterner(): Interner {
  const known = new Map<string, Rendered>()
  return (rendered) => {
    if (rendered === null) return rendered
    const { octets, counts, flags, rcode, error, pointers, nameLength, ttls, serialAt, service, endpoint, outcome } =
      rendered
    const length = pointers.length === 0 ? 0 : nameLength
    const fields = [counts, flags, rcode, error, length, pointers, ttls, serialAt, service, endpoint, outcome].join('|')
    const key = `${fields}|${Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')}`
    const same = known.get(key)
    if (same === undefined) known.set(key, rendered)
    return (same ?? rendered) as typeof rendered
  }
}

/** Labels that no zone has, of different lengths. */
const PROBES = ['\x01\x00', '\x02\x00\x01', '\x0d\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c'] as const

/** How every name right below `parent` that does not exist is answered; null when not all of them are answered alike. */
export function renderBelow(oracle: Oracle, parent: WireName, type: number, nowMs: number): BelowRendered | null {
  const names = PROBES.map((probe) => probe + parent)
  if (names.some((name) => name.length > 255)) return null
  const asked = names.map((name) => oracle.ask(name, type, nowMs))
  const rendered = asked.map((it, index) => render(it, names[index] as WireName, type))
  const [first, second, third] = rendered
  if (first == null || second == null || third == null) return null
  const pointers = movedPointers(first.octets, second.octets)
  if (pointers === null) return null
  const moved = { ...first, pointers }
  if (!Buffer.from(movedOctets(moved, third.nameLength)).equals(third.octets)) return null
  return { rendered: moved, asked: asked[0] as Asked }
}

export interface BelowRendered {
  readonly rendered: Rendered
  readonly asked: Asked
}

/** The two answers are to names whose lengths differ by one. */
function movedPointers(a: Uint8Array, b: Uint8Array): readonly number[] | null {
  if (a.length !== b.length) return null
  const pointers: number[] = []
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue
    const at = a[i + 1] === 0xff && b[i + 1] === 0 ? i : i - 1
    if (at < 0 || pointers.at(-1) === at || ((a[at] ?? 0) & 0xc0) !== 0xc0) return null
    pointers.push(at)
    i = at + 1
  }
  return pointers
}

export function movedOctets({ octets, pointers, nameLength }: Rendered, length: number): Uint8Array {
  const moved = octets.slice()
  for (const at of pointers) {
    const word = (((moved[at] ?? 0) << 8) | (moved[at + 1] ?? 0)) + length - nameLength
    moved[at] = word >> 8
    moved[at + 1] = word & 0xff
  }
  return moved
}

/** Offsets of the TTLs of all records behind the question. */
export const ttlOffsets = (octets: Uint8Array): readonly number[] => recordOffsets(octets).map((at) => at + 4)

/** RFC 1035 §3.3.13: the serial is the first of the five 32-bit numbers at the end of an SOA's RDATA. */
function serialOffset(octets: Uint8Array): number | null {
  const at = recordOffsets(octets).find((it) => octets[it] === 0 && octets[it + 1] === TYPE.SOA)
  return at === undefined ? null : at + 10 + lengthAt(octets, at) - 20
}

const lengthAt = (octets: Uint8Array, at: number): number => ((octets[at + 8] ?? 0) << 8) | (octets[at + 9] ?? 0)

/** Offsets of all records behind the question, each behind its owner: TYPE, CLASS, TTL, RDLENGTH, RDATA. */
function recordOffsets(octets: Uint8Array): readonly number[] {
  const offsets: number[] = []
  for (let at = 0; at < octets.length; ) {
    while ((octets[at] ?? 0) !== 0 && (octets[at] ?? 0) < 0xc0) at += 1 + (octets[at] ?? 0)
    at += (octets[at] ?? 0) === 0 ? 1 : 2
    offsets.push(at)
    at += 10 + lengthAt(octets, at)
  }
  return offsets
}
