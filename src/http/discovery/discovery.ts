import cors from '@fastify/cors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceAnswer } from '../../domain/discovery-wire.ts'
import type { Decision } from '../../steering/decide.ts'
import { composeAbout } from '../about.ts'
import { cacheControl, varyHeaders } from '../cache-headers.ts'
import { clientAddress } from '../client-address.ts'
import { type Asked, ask, closedProblem, type FrontEndDeps, type HttpAnswer } from '../front-end.ts'
import { decisionUrn, type HttpProblem, httpProblem } from '../problem.ts'
import { parseRequestHead, type RequestHead, routedTarget } from '../request-head.ts'
import { createServer, sendProblem } from '../server.ts'
import { explainAnswer } from './explain.ts'
import { type HeartbeatsDeps, registerHeartbeats } from './heartbeats.ts'
import { REPORTS_PATH, type ReportsDeps, registerReports } from './reports.ts'
import { composeAnswer, etagOf, matchesEtag, serviceUrl } from './service-answer.ts'

export interface DiscoveryDeps extends FrontEndDeps {
  readonly version: string
  /** Null where clients' reports are not taken. */
  readonly reports: Pick<ReportsDeps, 'sink' | 'onReport'> | null
  readonly heartbeats: Pick<HeartbeatsDeps, 'sink' | 'onHeartbeat'>
}

const ROUTES = '/v1/services, /v1/services/{service}, /v1/about, /v1/reports and /v1/heartbeats/{service}/{endpoint}'

/** The discovery API: the plan of a service as JSON, for applications that choose their endpoint themselves. Does not listen. */
export function createDiscovery(deps: DiscoveryDeps): FastifyInstance {
  const app = createServer({ logger: deps.logger, route: routedTarget })
  // Any page may ask: an answer holds nothing that depends on who is logged in.
  app.register(cors, {
    origin: '*',
    methods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    exposedHeaders: ['nearcast-decision', 'nearcast-endpoint', 'nearcast-token', 'etag', 'retry-after'],
    maxAge: 86_400,
    strictPreflight: false,
  })
  app.addHook('onRequest', (request, reply, done) => {
    const allow = methodsOf(request.url)
    if (allow.split(', ').includes(request.method)) return done()
    reply.header('allow', allow)
    sendProblem(request, reply, httpProblem('method-not-allowed', `Only ${allow} are offered here.`))
  })
  const { current, nowMs, tokens, trustedProxies } = deps
  if (deps.reports !== null) {
    const clientOf = ({ raw }: FastifyRequest) => clientAddress(raw.socket.remoteAddress, raw.headers, trustedProxies)
    registerReports(app, { current, nowMs, tokens, clientOf, ...deps.reports })
  }
  registerHeartbeats(app, { current, nowMs, ...deps.heartbeats })
  app.get(
    '/v1/services',
    withHead((_head, _request, reply) => {
      const names = [...deps.current().byDiscoveryName.keys()].sort()
      return sendUncached(reply, { services: names.map((name) => ({ name, url: serviceUrl(name) })) })
    }),
  )
  app.get(
    '/v1/about',
    withHead((_head, _request, reply) => sendUncached(reply, composeAbout(deps.current(), deps.version))),
  )
  app.get<ServiceRoute>(
    '/v1/services/:service',
    withHead((head, request, reply) => {
      const answer = answerService(deps, head, request, reply)
      deps.onAnswer?.(answer)
      return reply
    }),
  )
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, httpProblem('unknown-path', `Known paths are ${ROUTES}.`)),
  )
  return app
}

/** By the path alone: also where a path like it would be unknown. */
const methodsOf = (url: string): string =>
  /^\/v1\/(?:reports$|reports\?|heartbeats\/)/.test(url) ? 'POST, OPTIONS' : 'GET, HEAD, OPTIONS'

interface ServiceRoute {
  readonly Params: { readonly service: string }
  readonly Querystring: Readonly<Record<string, string | string[]>>
}

type ServiceRequest = FastifyRequest<ServiceRoute>

/** A handler that is called only for requests whose head is beyond doubt. */
function withHead(handler: (head: RequestHead, request: ServiceRequest, reply: FastifyReply) => FastifyReply) {
  return (request: ServiceRequest, reply: FastifyReply): FastifyReply => {
    const parsed = parseRequestHead(request.raw, request.originalUrl)
    return parsed.ok ? handler(parsed.head, request, reply) : sendProblem(request, reply, parsed.problem)
  }
}

const sendUncached = (reply: FastifyReply, body: object): FastifyReply =>
  reply.header('cache-control', 'no-cache').header('x-content-type-options', 'nosniff').send(body)

/** Sends the answer about one service. */
function answerService(
  deps: DiscoveryDeps,
  head: RequestHead,
  request: ServiceRequest,
  reply: FastifyReply,
): HttpAnswer {
  const refuse = (problem: HttpProblem): HttpAnswer => {
    sendProblem(request, reply, problem)
    return { ...NO_SERVICE, status: problem.status, outcome: problem.kind }
  }
  const parameters = parseParameters(request.query)
  if ('kind' in parameters) return refuse(parameters)
  const snapshot = deps.current()
  const service = snapshot.byDiscoveryName.get(request.params.service)
  if (service === undefined) {
    return refuse(
      httpProblem('unknown-service', 'No policy of this node has this discovery name. GET /v1/services lists them.'),
    )
  }
  const asked = ask(deps, 'discovery', snapshot, service, head, request, parameters.keep)
  const traced = parameters.explain === 'withReasons' ? explainAnswer(asked, deps.nowMs()) : null
  const token = tokenOf(deps, asked)
  const reports = deps.reports === null ? null : REPORTS_PATH
  const answer = composeAnswer(asked.decision, { token, reports, explain: traced })
  return sendDecision(asked.decision, answer, request, reply)
}

/** For the endpoints of the answer, the best first. */
function tokenOf({ tokens, nowMs }: DiscoveryDeps, { decision, client }: Asked): string | null {
  const endpoints = decision.plan.target === null ? decision.endpoints.map(({ id }) => id) : []
  return tokens.issue({ service: decision.policy.service, endpoints, address: client.address }, nowMs())
}

const NO_SERVICE = { frontEnd: 'discovery', service: null, endpoint: null, decisionId: null } as const

interface ServiceParameters {
  readonly explain: 'withReasons' | 'plain'
  /** The token of an earlier answer. */
  readonly keep: string | null
}

/** A misspelt or imagined parameter (`?client=`) is an error: an answer that ignores it would mislead. */
function parseParameters(query: ServiceRoute['Querystring']): ServiceParameters | HttpProblem {
  if (Object.keys(query).some((name) => name !== 'explain' && name !== 'keep')) {
    return httpProblem('bad-parameter', 'The query parameters of this path are explain and keep.')
  }
  const { explain = '0', keep = null } = query
  if (typeof keep === 'object' && keep !== null) {
    return httpProblem('bad-parameter', 'keep takes the token of an earlier answer, and once.')
  }
  if (explain !== '0' && explain !== '1') return httpProblem('bad-parameter', 'explain takes 1 or 0, and once.')
  return { explain: explain === '1' ? 'withReasons' : 'plain', keep }
}

function sendDecision(
  decision: Decision,
  answer: ServiceAnswer | null,
  request: FastifyRequest,
  reply: FastifyReply,
): HttpAnswer {
  const { policy, plan, id, ttlSeconds } = decision
  const sent = { frontEnd: 'discovery', service: policy.service, decisionId: id, outcome: plan.outcome } as const
  reply.header('nearcast-decision', id)
  if (answer === null) {
    const problem = closedProblem(decision) ?? httpProblem('all-down', `${policy.service} has no answer to give.`)
    if (problem.status === 503) reply.header('retry-after', Math.max(1, ttlSeconds))
    sendProblem(request, reply, problem, decisionUrn(id))
    return { ...sent, endpoint: null, status: problem.status }
  }
  const etag = etagOf(answer)
  const vary = varyHeaders(plan, policy)
  reply.header('etag', etag).header('cache-control', cacheControl(decision)).header('x-content-type-options', 'nosniff')
  if (vary.length > 0) reply.header('vary', vary.join(', '))
  if (answer.endpoint !== null) reply.header('nearcast-endpoint', answer.endpoint)
  // Beside the body too: a client that keeps what it has (304) still gets a token to report by.
  if (answer.token !== null) reply.header('nearcast-token', answer.token)
  // RFC 9110 §15.4.5: a 304 carries the Cache-Control, ETag and Vary that the 200 would have had.
  const status = matchesEtag(request.headers['if-none-match'], etag) ? 304 : 200
  if (status === 304) reply.code(304).send()
  else reply.send(answer)
  return { ...sent, endpoint: answer.endpoint, status }
}
