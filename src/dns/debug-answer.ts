import { plan } from '../engine/plan.ts'
import { describeReason } from '../policy/words.ts'
import type { Decision } from '../steering/decide.ts'
import type { Answering } from './answering.ts'
import { find, zoneFor } from './lookup.ts'
import { takeDecision } from './service-answer.ts'
import { TYPE } from './wire/codes.ts'
import { parentOf, type WireName } from './wire/name.ts'
import { textData } from './wire/record-data.ts'

const LABEL = '\x09_nearcast'
/** Debug answers are about this moment. */
const TTL_SECONDS = 0

/** TXT at `_nearcast.<service name>` tells the decision and its reasons. False when the question is no such one. */
export function answerDebug(answering: Answering, qname: WireName): boolean {
  if (answering.type !== TYPE.TXT || !qname.startsWith(LABEL)) return false
  const name = parentOf(qname)
  const table = zoneFor(answering.zones, name, TYPE.A)
  const found = table === null ? null : find(table, name, TYPE.A)
  if (table === null || found?.kind !== 'node' || found.node.service === null) return false
  const service = answering.snapshot.byDnsName.get(found.node.service)
  if (service === undefined) return false

  const decision = takeDecision(answering, table, service)
  answering.reply.authoritative = true
  answering.reply.answer.push({
    owner: qname,
    type: TYPE.TXT,
    ttlSeconds: TTL_SECONDS,
    data: linesOf(decision, tracedExclusions(decision, answering.nowMs)).map((line) =>
      textData([Buffer.from(line, 'utf8').subarray(0, 255)]),
    ),
  })
  return true
}

/** Plans are compiled without a trace: whoever debugs has it made again. */
function tracedExclusions({ policy, planned, facts }: Decision, nowMs: number): readonly string[] {
  return plan(policy, planned, facts, nowMs).exclusions.map(({ endpoint, step, reason }) => {
    const id = policy.endpoints[endpoint]?.id ?? `#${endpoint}`
    return `not ${id}: ${describeReason(reason, policy, step)}`
  })
}

const MAX_EXCLUSIONS = 50

/** One TXT record a line. */
function linesOf(decision: Decision, exclusions: readonly string[]): readonly string[] {
  const { id, plan, endpoints, client, scopePrefixLength, ttlSeconds } = decision
  const { country, subdivision, precision } = client.location
  const place = country === null ? 'nowhere' : [country, subdivision].filter((part) => part !== null).join('-')
  return [
    `id=${id}`,
    `endpoint=${endpoints[0]?.id ?? 'none'}`,
    `outcome=${plan.outcome}`,
    `ranked=${endpoints.map((endpoint) => endpoint.id).join(' ')}`,
    `location=${place} (${precision})`,
    `scope=${scopePrefixLength} ttl=${ttlSeconds}`,
    ...exclusions.slice(0, MAX_EXCLUSIONS),
  ]
}
