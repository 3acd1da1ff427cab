import type { FastifyBaseLogger, FastifyInstance } from 'fastify'

import type { Snapshot } from '../../steering/snapshot.ts'
import { composeAbout } from '../about.ts'
import { badRequest, httpProblem } from '../problem.ts'
import { routedTarget } from '../request-head.ts'
import { createServer, sendProblem } from '../server.ts'
import { composeFacts } from './facts-document.ts'
import { composeEvents, composeHealth, type MonitorWords } from './health.ts'
import type { Metrics } from './metrics.ts'
import { guardOrigin } from './origin-guard.ts'
import { composeStatus, type NodeStatus, reasonsNotReady } from './status.ts'

export interface AdminDeps {
  /** Null before the first publication. */
  readonly current: () => Snapshot | null
  readonly status: () => NodeStatus
  readonly monitor: MonitorWords
  readonly nowMs: () => number
  readonly registry: Metrics['registry']
  readonly version: string
  readonly logger?: FastifyBaseLogger
}

const ALLOW = 'GET, HEAD'
const METHODS: ReadonlySet<string> = new Set(ALLOW.split(', '))
const ROUTES = '/healthz, /readyz, /metrics, /v1/status, /v1/health, /v1/events, /v1/facts and /v1/about'

/** What operators and their tools ask of a node; it belongs on loopback or a private network. Does not listen. */
export function createAdmin(deps: AdminDeps): FastifyInstance {
  const app = createServer({ logger: deps.logger, route: routedTarget })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    const problem = METHODS.has(request.method)
      ? guardOrigin(request)
      : httpProblem('method-not-allowed', `Only ${ALLOW} are offered here.`)
    if (problem === null) return done()
    if (problem.status === 405) reply.header('allow', ALLOW)
    sendProblem(request, reply, problem)
  })
  app.get('/healthz', (_request, reply) => reply.type(TEXT).send('ok\n'))
  app.get('/readyz', (request, reply) => {
    const reasons = reasonsNotReady(deps.current(), deps.status())
    if (reasons.length === 0) return reply.type(TEXT).send('ready\n')
    return sendProblem(request, reply, httpProblem('not-ready', `Not ready: ${reasons.join('; ')}.`))
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(deps.registry.contentType).send(await deps.registry.metrics()),
  )
  app.get('/v1/status', () => composeStatus(deps.current(), deps.status(), deps.version, deps.nowMs()))
  app.get('/v1/health', () => composeHealth(deps.monitor))
  app.get<{ Querystring: { after?: unknown } }>('/v1/events', (request, reply) => {
    const events = composeEvents(deps.monitor, request.query.after)
    return events ?? sendProblem(request, reply, badRequest('`after` is the number of an event, such as 42.'))
  })
  app.get('/v1/facts', () => composeFacts(deps.current()))
  app.get('/v1/about', () => composeAbout(deps.current(), deps.version))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, httpProblem('unknown-path', `Known paths are ${ROUTES}.`)),
  )
  return app
}

const TEXT = 'text/plain; charset=utf-8'

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const
