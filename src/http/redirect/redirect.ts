import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Policy } from '../../domain/policy.ts'
import type { Decision } from '../../steering/decide.ts'
import type { Snapshot, SteeredService } from '../../steering/snapshot.ts'
import { preferredType } from '../accept.ts'
import { cacheControl, varyHeaders } from '../cache-headers.ts'
import { type Asked, ask, closedProblem, type FrontEndDeps, type HttpAnswer } from '../front-end.ts'
import { composePlainProblem, decisionUrn, type HttpProblem, httpProblem, PROBLEM_JSON } from '../problem.ts'
import { parseRequestHead, type RequestHead } from '../request-head.ts'
import { createServer, sendProblem } from '../server.ts'
import { composeHtml, composeJson, type Redirection } from './body.ts'
import { composeLocation } from './location.ts'

const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
const ALLOWED: ReadonlySet<string> = new Set(ALLOW.split(', '))

/**
 * The redirector: the Host chooses the service, the service's plan the endpoint, and the path and query go along
 * exactly as they came. Where the Location points is the policy's choice alone. Does not listen.
 */
export function createRedirect(deps: FrontEndDeps): FastifyInstance {
  const app = createServer({ logger: deps.logger, route: () => '/' })
  // In the first hook and without routes: every path is the service's own, and no body is read or judged.
  app.addHook('onRequest', (request, reply) => {
    const answer = answerRequest(deps, request, reply)
    if (answer !== null) deps.onAnswer?.(answer)
  })
  return app
}

/** Sends the answer. Null where no service was asked for. */
function answerRequest(deps: FrontEndDeps, request: FastifyRequest, reply: FastifyReply): HttpAnswer | null {
  const refuse = (problem: HttpProblem): HttpAnswer => {
    sendAsAsked(request, reply, problem, null)
    return { ...NO_SERVICE, status: problem.status, outcome: problem.kind }
  }
  if (!ALLOWED.has(request.method)) {
    reply.header('allow', ALLOW)
    return refuse(httpProblem('method-not-allowed', `A redirect is offered for ${ALLOW}.`))
  }
  if (request.method === 'OPTIONS' && request.originalUrl === '*') return sendOptions(reply)
  const parsed = parseRequestHead(request.raw, request.originalUrl)
  if (!parsed.ok) return refuse(parsed.problem)
  const snapshot = deps.current()
  const service = serviceOfHost(snapshot, parsed.head.host)
  if (service === null) {
    return refuse(
      httpProblem('unknown-host', 'No policy of this node names the Host of this request under names.http.'),
    )
  }
  if (request.method === 'OPTIONS') return sendOptions(reply)
  const asked = ask(deps, 'redirect', snapshot, service, parsed.head, request, shownToken(request))
  return sendDecision(deps, asked, parsed.head, request, reply)
}

/** A header, because the query is the service's own. */
function shownToken({ headers }: FastifyRequest): string | null {
  const token = headers['nearcast-token']
  return typeof token === 'string' ? token : null
}

const NO_SERVICE = { frontEnd: 'redirect', service: null, endpoint: null, decisionId: null } as const

function sendOptions(reply: FastifyReply): null {
  reply.code(204).header('allow', ALLOW).send()
  return null
}

/** The service that names the host, else the one with the longest wildcard over it; `*.` stands for one label or more. */
function serviceOfHost(snapshot: Snapshot, host: string): SteeredService | null {
  const exact = snapshot.byHost.get(host)
  if (exact !== undefined) return exact
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const service = snapshot.byHostSuffix.get(host.slice(dot + 1))
    if (service !== undefined) return service
  }
  return null
}

function sendDecision(
  deps: FrontEndDeps,
  { decision, client }: Asked,
  head: RequestHead,
  request: FastifyRequest,
  reply: FastifyReply,
): HttpAnswer {
  const { policy, plan, id } = decision
  const target = targetOf(decision)
  reply.header('nearcast-decision', id)
  const answer = { frontEnd: 'redirect', service: policy.service, decisionId: id } as const
  if (target === null) {
    const problem = closedProblem(decision) ?? noUrl(decision)
    if (problem.status === 503) reply.header('retry-after', Math.max(1, decision.ttlSeconds))
    sendAsAsked(request, reply, problem, decisionUrn(id))
    return {
      ...answer,
      endpoint: null,
      status: problem.status,
      outcome: problem.kind === 'no-url' ? 'no-url' : plan.outcome,
    }
  }
  const status = statusFor(request.method, policy)
  const location = composeLocation(target.url, head.target)
  if (target.endpoint !== null) {
    reply.header('nearcast-endpoint', target.endpoint)
    const grant = { service: policy.service, endpoints: [target.endpoint], address: client.address }
    const token = deps.tokens.issue(grant, deps.nowMs())
    if (token !== null) reply.header('nearcast-token', token)
  }
  reply
    .code(status)
    .header('location', location)
    .header('vary', ['accept', ...varyHeaders(plan, policy)].join(', '))
    .header('cache-control', isSafe(request.method) ? cacheControl(decision) : 'no-store')
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'")
  sendBody(request, reply, {
    service: policy.service,
    endpoint: target.endpoint,
    location,
    ttl: decision.ttlSeconds,
    decision: id,
  })
  return { ...answer, endpoint: target.endpoint, status, outcome: plan.outcome }
}

interface Target {
  /** Null for a static target outside the list. */
  readonly endpoint: string | null
  readonly url: string
}

/** The best endpoint that has a URL: one of bare addresses serves DNS only. */
function targetOf({ plan, endpoints }: Decision): Target | null {
  if (plan.target !== null) return plan.target.url === null ? null : { endpoint: null, url: plan.target.url }
  for (const { id, url } of endpoints) if (url !== null) return { endpoint: id, url }
  return null
}

function noUrl({ policy, plan, endpoints }: Decision): HttpProblem {
  const named = plan.target === null ? endpoints.map(({ id }) => id).join(', ') : 'the static target of onAllDown'
  const detail = `Service ${policy.service} chose ${named}, and none of that has a url. Its operator must add one to the policy.`
  return httpProblem('no-url', detail)
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'

/**
 * RFC 9110 §15.4.3 and §15.4.4: after 302 or 303 clients repeat a POST as GET, without its body. So other methods than GET and HEAD get
 * 307, which keeps the method, unless the policy's own status keeps it too.
 */
function statusFor(method: string, { redirect }: Policy): number {
  return isSafe(method) || redirect.status === 308 ? redirect.status : 307
}

function sendBody(request: FastifyRequest, reply: FastifyReply, redirection: Redirection): void {
  const type = preferredType(request.headers.accept, ['text/html', 'application/json'])
  if (type === 'text/html') reply.type('text/html; charset=utf-8').send(composeHtml(redirection))
  else reply.type('application/json; charset=utf-8').send(composeJson(redirection))
}

/** People with a browser read text; everything else gets the problem document. */
function sendAsAsked(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: HttpProblem,
  instance: string | null,
): void {
  reply.header('vary', 'accept')
  const type = preferredType(request.headers.accept, [PROBLEM_JSON, 'application/json', 'text/html', 'text/plain'])
  if (type === PROBLEM_JSON || type === 'application/json') sendProblem(request, reply, problem, instance)
  else {
    reply
      .code(problem.status)
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .type('text/plain; charset=utf-8')
      .send(composePlainProblem(problem))
  }
}
