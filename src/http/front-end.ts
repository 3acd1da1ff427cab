/** What the redirector and the discovery API have in common: from a request to a decision. */

import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { bitsOf, type IpAddress, type IpPrefix } from '../domain/address.ts'
import type { Outcome } from '../domain/plan.ts'
import { type Decision, decide } from '../steering/decide.ts'
import type { Snapshot, SteeredService } from '../steering/snapshot.ts'
import { type ClientAddress, clientAddress } from './client-address.ts'
import type { DecisionTokens } from './decision-token.ts'
import { type HttpProblem, httpProblem, type ProblemKind } from './problem.ts'
import { requestAttributes } from './request-attributes.ts'
import type { RequestHead } from './request-head.ts'

export interface FrontEndDeps {
  /** The snapshot in force; asked once per request. */
  readonly current: () => Snapshot
  readonly nowMs: () => number
  /** Uniform unsigned 32-bit draws. */
  readonly dice: () => number
  /** Make and read what proves to us later what a client was given. */
  readonly tokens: DecisionTokens
  /** Peers whose word about the client's address and tenant is taken. */
  readonly trustedProxies: readonly IpPrefix[]
  /** Called once per answer that concerns a service or its absence, after it was composed. */
  readonly onAnswer?: (answer: HttpAnswer) => void
  readonly logger?: FastifyBaseLogger
}

/** One answer, for metrics and for the record of decisions. */
export interface HttpAnswer {
  readonly frontEnd: 'redirect' | 'discovery'
  readonly status: number
  /** How the plan came about, or the problem that stood before one. */
  readonly outcome: Outcome | ProblemKind
  /** Null where no service was found. */
  readonly service: string | null
  /** The one that the client was sent to. */
  readonly endpoint: string | null
  readonly decisionId: string | null
}

export interface Asked {
  readonly decision: Decision
  readonly client: ClientAddress
}

/** A session that goes on asks again long before; one that is older begins anew, and can be sent elsewhere. */
const PIN_LONGEST_AGE_MS = 3_600_000

/** @param shown the token of an earlier answer: whom it was given to keeps its first endpoint while that one drains */
export function ask(
  deps: FrontEndDeps,
  frontEnd: HttpAnswer['frontEnd'],
  snapshot: Snapshot,
  service: SteeredService,
  head: RequestHead,
  request: FastifyRequest,
  shown: string | null,
): Asked {
  const { headers, socket } = request.raw
  const client = clientAddress(socket.remoteAddress, headers, deps.trustedProxies)
  const attributes = requestAttributes({
    head,
    headers,
    policy: service.policy,
    tenants: snapshot.set.tenants,
    peerIsTrusted: client.peerIsTrusted,
    pathIsOfService: frontEnd === 'redirect' ? 'yes' : 'no',
  })
  const { address, source } = client
  const asker = { frontEnd, address, prefixLength: bitsOf(address.family), source, request: attributes }
  const nowMs = deps.nowMs()
  const pinned = shown === null ? null : pinnedBy(deps.tokens, shown, service.policy.service, address, nowMs)
  return { decision: decide(snapshot, service, asker, nowMs, deps.dice, pinned), client }
}

/** A token that counts for nothing pins nobody; it is no error, for clients move from network to network. */
function pinnedBy(
  tokens: DecisionTokens,
  shown: string,
  service: string,
  address: IpAddress,
  nowMs: number,
): string | null {
  const token = tokens.verify(shown, address, nowMs, PIN_LONGEST_AGE_MS)
  return typeof token === 'string' || token.service !== service ? null : (token.endpoints[0] ?? null)
}

/** What to say when the plan answers nothing; null when it answers. */
export function closedProblem({ plan, policy, ttlSeconds }: Decision): HttpProblem | null {
  switch (plan.outcome) {
    case 'steered':
    case 'lastResort':
    case 'static':
      return null
    case 'failClosed':
      return httpProblem(
        'all-down',
        `All endpoints of ${policy.service} are down. Ask again in ${Math.max(1, ttlSeconds)} s.`,
      )
    case 'fenced':
      return httpProblem(
        'fenced',
        `A hard fence of ${policy.service} leaves no endpoint for where this request comes from.`,
      )
  }
}
