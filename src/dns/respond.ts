import { type IpPrefix, normaliseAddress, prefixCovers } from '../domain/address.ts'
import type { Outcome } from '../domain/plan.ts'
import type { Decision } from '../steering/decide.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import type { FindAliasAddresses } from './alias-addresses.ts'
import { answerName } from './answer.ts'
import type { Answering } from './answering.ts'
import { answerChaos } from './chaos.ts'
import { COOKIE, type CookieJar, type CookieState, cookieStateOf } from './cookies.ts'
import { answerDebug } from './debug-answer.ts'
import { type AnswerLimit, composeSlip, judgeAnswer } from './limit-answer.ts'
import { type OptionSettings, type ReadOptions, readOptions } from './option-values.ts'
import type { Peer, Transport } from './peer.ts'
import { VERDICT } from './rate-limit.ts'
import { PROBLEM_REFUSAL, type Refusal, refusalOf } from './refusal.ts'
import { composeReply, emptyReply, type Reply, sizeLimit } from './reply.ts'
import { CLASS, EDE, RCODE, type Rcode } from './wire/codes.ts'
import { HEADER_LENGTH, type ParsedQuery, parseQuery } from './wire/query.ts'
import type { ZoneTables } from './zone-table.ts'
import { createZones, type Zones } from './zones.ts'

export type { Peer, Transport } from './peer.ts'

/** What became of a query. */
export interface AnswerRecord {
  readonly rcode: Rcode
  readonly transport: Transport
  /** The steered service and the endpoint that came first in its answer, if there was one. */
  readonly service: string | null
  readonly endpoint: string | null
  /** How the plan behind the answer came about; null without a steered service. */
  readonly outcome: Outcome | null
  /** SOURCE PREFIX-LENGTH of the query's client subnet; null without the option. */
  readonly ecsPrefixLength: number | null
  /** What its COOKIE option was worth; `none` too where cookies are off. */
  readonly cookie: CookieState
}

/**
 * Bytes in, bytes out: reads `length` octets of `query` and writes the answer to `out`, which must hold 512 octets over
 * UDP without EDNS, 1,232 with it, 65,535 over TCP; a shorter one truncates. Returns the octets written; 0 is silence.
 * It never throws.
 */
export type Respond = (query: Uint8Array, length: number, peer: Peer, out: Uint8Array) => number

export interface ResponderOptions {
  readonly current: () => Snapshot
  /** Those of whoever prepares them before a snapshot is published; without it the first query about one waits for them. */
  readonly zones?: Zones
  readonly nowMs: () => number
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Networks whose queries get debug answers: the decision id in an Extended DNS Error, and TXT at `_nearcast.<service name>`. Empty: nobody. */
  readonly debug: readonly IpPrefix[]
  /** Told as NSID, and as `id.server` and `hostname.bind` in class CH; null tells nobody. */
  readonly nodeId: string | null
  /** Told as `version.bind` and `version.server` in class CH; without it they are names that are not ours. */
  readonly version?: string | null
  /** Without it cookies are off: a COOKIE option is like any that is not known. */
  readonly cookies?: CookieJar | null
  /** Without it every answer is sent. */
  readonly rateLimit?: AnswerLimit | null
  readonly findAliasAddresses: FindAliasAddresses
  /** An answer over UDP that was not sent, or of which no more than a slip was. `onAnswer` does not hear of it. */
  readonly onLimited?: (verdict: 'slip' | 'drop') => void
  readonly onAnswer?: (record: AnswerRecord) => void
  /** The decisions behind an answer, in the order in which they were taken; called when there were any. */
  readonly onDecisions?: (decisions: readonly Decision[]) => void
  /** An answer that failed by a fault of ours; the query was answered with SERVFAIL. */
  readonly onFailure: (error: unknown) => void
}

/** The DNS front end without its sockets. */
export function createResponder(options: ResponderOptions): Respond {
  const zonesOf = (options.zones ?? createZones()).of
  return (query, length, peer, out) => {
    try {
      return respond(options, zonesOf, query, length, peer, out)
    } catch (error) {
      options.onFailure(error)
      return composeServerFailure(query, length, out)
    }
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
  const nowMs = options.nowMs()
  const read = readOptions(query, peer, optionSettings(options), nowMs)
  const reply = { ...emptyReply(), options: read.values }
  const answering = answer({ options, zonesOf, query, peer, read, nowMs }, reply)
  const decision = answering?.decisions[0]
  if (decision !== undefined && isDebugged(options, peer)) {
    reply.error = { code: reply.error?.code ?? EDE.OTHER, text: decision.id }
  }
  const limit = Math.min(out.length, sizeLimit(query, peer.transport))
  const verdict = judged(options, query, peer, read.cookie, answering, reply.rcode)
  if (verdict !== VERDICT.pass) {
    options.onLimited?.(verdict === VERDICT.slip ? 'slip' : 'drop')
    return verdict === VERDICT.slip ? composeSlip(out, limit, message, query, reply) : 0
  }
  const written = composeReply(out, limit, message, query, reply)
  if (answering !== null && decision !== undefined) options.onDecisions?.(answering.decisions)
  options.onAnswer?.({
    rcode: reply.rcode,
    transport: peer.transport,
    service: decision?.policy.service ?? null,
    endpoint: decision?.endpoints[0]?.id ?? null,
    outcome: decision?.plan.outcome ?? null,
    ecsPrefixLength: query.edns?.ecs?.sourcePrefixLength ?? null,
    cookie: cookieStateOf(read.cookie),
  })
  return written
}

function judged(
  { rateLimit = null }: ResponderOptions,
  query: ParsedQuery,
  peer: Peer,
  cookie: number,
  answering: Answering | null,
  rcode: Rcode,
): number {
  if (rateLimit === null) return VERDICT.pass
  return judgeAnswer(rateLimit, query, peer, cookie, answering?.zones ?? null, rcode)
}

const optionSettings = ({ cookies = null, nodeId }: ResponderOptions): OptionSettings => ({ cookies, nodeId })

const isDebugged = ({ debug }: ResponderOptions, { address }: Peer): boolean => {
  const normalised = normaliseAddress(address)
  return debug.some((prefix) => prefixCovers(prefix, normalised))
}

interface Asked {
  readonly options: ResponderOptions
  readonly zonesOf: (snapshot: Snapshot) => ZoneTables
  readonly query: ParsedQuery
  readonly peer: Peer
  readonly read: ReadOptions
  readonly nowMs: number
}

/** Fills the reply; returns what was asked of the zones, or null when it did not get there. */
function answer({ options, zonesOf, query, peer, read, nowMs }: Asked, reply: Reply): Answering | null {
  const { question } = query
  const problem = query.problem === 'none' ? read.problem : query.problem
  if (problem !== 'none') return refuse(reply, PROBLEM_REFUSAL[problem])
  if (question === null) return refuse(reply, cookieAnswer(read, options))
  const refusal = refusalOf(question)
  if (refusal !== null) return refuse(reply, refusal)
  if (question.class === CLASS.CH) {
    answerChaos(reply, question.name, question.type, { version: options.version ?? null, nodeId: options.nodeId })
    return null
  }
  const snapshot = options.current()
  const answering: Answering = {
    snapshot,
    zones: zonesOf(snapshot),
    resolver: peer.address,
    ecs: query.edns?.ecs ?? null,
    nowMs,
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

function refuse(reply: Reply, { rcode, code }: Refusal): null {
  reply.rcode = rcode
  reply.error = code === null ? null : { code, text: '' }
  return null
}

/**
 * RFC 7873 §5.4, a query without a question: "the response SHALL have the RCODE BADCOOKIE if the Server Cookie sent with the
 * query was invalid and the RCODE NOERROR if it was valid", or if there was none.
 */
function cookieAnswer({ cookie }: ReadOptions, { cookies = null }: ResponderOptions): Refusal {
  if (cookies === null) return PROBLEM_REFUSAL.formErr
  return { rcode: cookie === COOKIE.bad ? RCODE.BADCOOKIE : RCODE.NOERROR, code: null }
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
