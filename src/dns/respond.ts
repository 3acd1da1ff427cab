import { type IpAddress, type IpPrefix, normaliseAddress, prefixCovers } from '../domain/address.ts'
import type { Outcome } from '../domain/plan.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import type { FindAliasAddresses } from './alias-addresses.ts'
import { answerName } from './answer.ts'
import type { Answering } from './answering.ts'
import { answerChaos } from './chaos.ts'
import { answerDebug } from './debug-answer.ts'
import { composeReply, emptyReply, type Reply, sizeLimit } from './reply.ts'
import { CLASS, EDE, type EdeCode, RCODE, type Rcode, TYPE } from './wire/codes.ts'
import { HEADER_LENGTH, type ParsedQuery, parseQuery, type Question } from './wire/query.ts'
import { compileZones, type ZoneTables } from './zone-table.ts'

export interface Peer {
  readonly address: IpAddress
  readonly transport: 'udp' | 'tcp'
}

/** What became of a query. */
export interface AnswerRecord {
  readonly rcode: Rcode
  readonly transport: Peer['transport']
  /** The steered service and the endpoint that came first in its answer, if there was one. */
  readonly service: string | null
  readonly endpoint: string | null
  /** How the plan behind the answer came about; null without a steered service. */
  readonly outcome: Outcome | null
  /** SOURCE PREFIX-LENGTH of the query's client subnet; null without the option. */
  readonly ecsPrefixLength: number | null
}

/**
 * Bytes in, bytes out: reads `length` octets of `query` and writes the answer to `out`, which must hold 512 octets over
 * UDP without EDNS, 1,232 with it, 65,535 over TCP; a shorter one truncates. Returns the octets written; 0 is silence.
 * It never throws.
 */
export type Respond = (query: Uint8Array, length: number, peer: Peer, out: Uint8Array) => number

export interface ResponderOptions {
  readonly current: () => Snapshot
  readonly nowMs: () => number
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Networks whose queries get debug answers: the decision id in an Extended DNS Error, and TXT at `_nearcast.<service name>`. Empty: nobody. */
  readonly debug: readonly IpPrefix[]
  /** Told as `id.server` and `hostname.bind` in class CH. */
  readonly nodeId: string
  readonly findAliasAddresses: FindAliasAddresses
  readonly onAnswer?: (record: AnswerRecord) => void
  /** An answer that failed by a fault of ours; the query was answered with SERVFAIL. */
  readonly onFailure: (error: unknown) => void
}

/** The DNS front end without its sockets. */
export function createResponder(options: ResponderOptions): Respond {
  const zonesOf = createZoneCache()
  return (query, length, peer, out) => {
    try {
      return respond(options, zonesOf, query, length, peer, out)
    } catch (error) {
      options.onFailure(error)
      return composeServerFailure(query, length, out)
    }
  }
}

/** Tables depend on the documents alone: they outlive every change of facts. */
function createZoneCache(): (snapshot: Snapshot) => ZoneTables {
  const tables = new WeakMap<Snapshot['set'], { readonly revision: number; readonly zones: ZoneTables }>()
  return ({ set, revision }) => {
    const known = tables.get(set)
    if (known?.revision === revision.number) return known.zones
    const zones = compileZones(set, revision.number)
    tables.set(set, { revision: revision.number, zones })
    return zones
  }
}

/** The least that any answer needs: an answer always fits in what RFC 1035 §2.3.4 grants UDP without EDNS. */
const SMALLEST_OUT = 512

function respond(
  options: ResponderOptions,
  zonesOf: (snapshot: Snapshot) => ZoneTables,
  message: Uint8Array,
  length: number,
  peer: Peer,
  out: Uint8Array,
): number {
  const query = parseQuery(message, Math.min(length, message.length))
  if (query === null || out.length < SMALLEST_OUT) return 0
  const reply = emptyReply()
  const answering = answer(options, zonesOf, query, peer, reply)
  const decision = answering?.decisions[0]
  if (decision !== undefined && isDebugged(options, peer)) {
    reply.error = { code: reply.error?.code ?? EDE.OTHER, text: decision.id }
  }
  const written = composeReply(out, Math.min(out.length, sizeLimit(query, peer.transport)), message, query, reply)
  options.onAnswer?.({
    rcode: reply.rcode,
    transport: peer.transport,
    service: decision?.policy.service ?? null,
    endpoint: decision?.endpoints[0]?.id ?? null,
    outcome: decision?.plan.outcome ?? null,
    ecsPrefixLength: query.edns?.ecs?.sourcePrefixLength ?? null,
  })
  return written
}

const isDebugged = ({ debug }: ResponderOptions, { address }: Peer): boolean => {
  const normalised = normaliseAddress(address)
  return debug.some((prefix) => prefixCovers(prefix, normalised))
}

/** Fills the reply; returns what was asked of the zones, or null when it did not get there. */
function answer(
  options: ResponderOptions,
  zonesOf: (snapshot: Snapshot) => ZoneTables,
  query: ParsedQuery,
  peer: Peer,
  reply: Reply,
): Answering | null {
  const { question } = query
  if (query.problem !== 'none' || question === null) {
    reply.rcode = PROBLEM_RCODE[query.problem]
    return null
  }
  const refusal = refusalOf(question)
  if (refusal !== null) {
    reply.rcode = refusal.rcode
    reply.error = refusal.code === null ? null : { code: refusal.code, text: '' }
    return null
  }
  if (question.class === CLASS.CH) {
    answerChaos(reply, question.name, question.type, options.nodeId)
    return null
  }
  const snapshot = options.current()
  const answering: Answering = {
    snapshot,
    zones: zonesOf(snapshot),
    resolver: peer.address,
    ecs: query.edns?.ecs ?? null,
    nowMs: options.nowMs(),
    dice: options.dice,
    findAliasAddresses: options.findAliasAddresses,
    type: question.type,
    reply,
    visited: [],
    decisions: [],
  }
  if (isDebugged(options, peer) && answerDebug(answering, question.name)) return answering
  answerName(answering, question.name)
  if (answering.visited.length === 0) {
    // Outside every zone of ours: RFC 8914 §4.21.
    reply.rcode = RCODE.REFUSED
    reply.error = { code: EDE.NOT_AUTHORITATIVE, text: '' }
  }
  return answering
}

const PROBLEM_RCODE: Readonly<Record<ParsedQuery['problem'], Rcode>> = {
  none: RCODE.FORMERR,
  formErr: RCODE.FORMERR,
  notImp: RCODE.NOTIMP,
  badVers: RCODE.BADVERS,
}

interface Refusal {
  readonly rcode: Rcode
  readonly code: EdeCode | null
}
const FORMERR: Refusal = { rcode: RCODE.FORMERR, code: null }
const REFUSED: Refusal = { rcode: RCODE.REFUSED, code: EDE.NOT_SUPPORTED }
const NOTIMP: Refusal = { rcode: RCODE.NOTIMP, code: EDE.NOT_SUPPORTED }

/** Types that are no data of any name (RFC 6895 §3.1: 0, OPT, and the Q and meta types 128–255), and classes we do not serve. */
function refusalOf({ type, class: qclass }: Question): Refusal | null {
  // QCLASS ANY is refused like every other: no zone of ours is in more than one class.
  if (qclass !== CLASS.IN && qclass !== CLASS.CH) return { ...REFUSED, code: EDE.NOT_AUTHORITATIVE }
  if (type === TYPE.ANY) return null
  if (type === 0 || type === TYPE.OPT || type === TYPE.TKEY || type === TYPE.TSIG) return FORMERR
  // RFC 9824 §3.4: NXNAME asked for explicitly is FORMERR, "Invalid Query Type".
  if (type === TYPE.NXNAME) return { ...FORMERR, code: EDE.INVALID_QUERY_TYPE }
  // RFC 5936 §2.2.1: a server that does not transfer the zone to this client says REFUSED; there is no AXFR over UDP either (§4.2).
  if (type === TYPE.AXFR || type === TYPE.IXFR) return REFUSED
  return type >= 128 && type <= 255 ? NOTIMP : null
}

/** A header with SERVFAIL, made from the query's octets alone. */
function composeServerFailure(query: Uint8Array, length: number, out: Uint8Array): number {
  const flags = query[2] ?? 0
  const mayAnswer = Math.min(length, query.length) >= HEADER_LENGTH && (flags & 0x80) === 0
  if (!mayAnswer || out.length < HEADER_LENGTH) return 0
  out.set(query.subarray(0, HEADER_LENGTH))
  out[2] = 0x80 | (flags & 0x79)
  out[3] = RCODE.SERVFAIL
  out.fill(0, 4, HEADER_LENGTH)
  return HEADER_LENGTH
}
