import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Heartbeat, HeartbeatSink } from '../../ports/heartbeat-sink.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import { httpProblem, type ProblemKind } from '../problem.ts'
import { sendProblem } from '../server.ts'
import { parseHeartbeat } from './heartbeat-body.ts'
import { createHeartbeatLimits } from './heartbeat-limits.ts'
import { bearerOf, checksOpenedBy } from './heartbeat-token.ts'
import { readBodies, sendTaken } from './json-body.ts'

export interface HeartbeatsDeps {
  readonly current: () => Snapshot
  readonly nowMs: () => number
  readonly sink: HeartbeatSink
  readonly onHeartbeat?: (result: HeartbeatResult) => void
}

/** `taken`, or what stood against it. */
export type HeartbeatResult = 'taken' | ProblemKind

const HEARTBEATS_PATH = '/v1/heartbeats/'
/** Round trips of 256 networks, written at length. */
const BODY_OCTETS = 16_384
const MEDIA_TYPES = ['application/json']

interface HeartbeatRoute {
  readonly Params: { readonly service: string; readonly endpoint: string }
}

/** `POST /v1/heartbeats/{service}/{endpoint}`: an endpoint says that it is there, how it is and what it carries. */
export function registerHeartbeats(app: FastifyInstance, deps: HeartbeatsDeps): void {
  app.register((scope, _options, done) => {
    const limits = createHeartbeatLimits()
    readBodies(scope, { types: MEDIA_TYPES, mostOctets: BODY_OCTETS })
    const opened = new WeakMap<FastifyRequest, Pick<Heartbeat, 'service' | 'endpoint' | 'checks'>>()
    // Before the body is read: who has no token is not listened to.
    scope.addHook<HeartbeatRoute>('onRequest', (request, reply, next) => {
      const source = sourceOf(deps, request)
      if (source === null) {
        reply.header('www-authenticate', 'Bearer')
        sendProblem(request, reply, NOT_OPENED)
        deps.onHeartbeat?.('unauthorized')
      } else if (!limits.admit(source.service, source.endpoint, deps.nowMs())) {
        reply.header('retry-after', 1)
        sendProblem(request, reply, TOO_MANY)
        deps.onHeartbeat?.('too-many-requests')
      } else {
        opened.set(request, source)
        next()
      }
    })
    scope.post<HeartbeatRoute>(`${HEARTBEATS_PATH}:service/:endpoint`, (request, reply) => {
      const source = opened.get(request)
      const text = typeof request.body === 'string' ? request.body : ''
      const body = parseHeartbeat(text)
      if (source === undefined || 'kind' in body) {
        const problem = 'kind' in body ? body : NOT_OPENED
        deps.onHeartbeat?.(problem.kind)
        return sendProblem(request, reply, problem)
      }
      deps.sink.take({ ...source, ...body, atMs: deps.nowMs() })
      deps.onHeartbeat?.('taken')
      return sendTaken(reply, 204)
    })
    done()
  })
}

/** One answer for all that does not fit: nobody learns by it which endpoints there are. */
const NOT_OPENED = httpProblem(
  'unauthorized',
  'Expected "Authorization: Bearer TOKEN", with the token of a heartbeat check of this endpoint. ' +
    'The same is said when there is no such service, endpoint or check.',
)

const TOO_MANY = httpProblem('too-many-requests', 'This endpoint sends heartbeats faster than they are read.')

/** Null when the bearer token opens no check of what the path names. */
function sourceOf(
  deps: HeartbeatsDeps,
  request: FastifyRequest<HeartbeatRoute>,
): Pick<Heartbeat, 'service' | 'endpoint' | 'checks'> | null {
  const { service, endpoint: id } = request.params
  const token = bearerOf(request.headers.authorization)
  const policy = deps.current().services.get(service)?.policy
  const endpoint = policy?.endpoints.find((each) => each.id === id)
  if (token === null || policy === undefined || endpoint === undefined) return null
  const checks = checksOpenedBy(token, policy, endpoint)
  return checks.length === 0 ? null : { service, endpoint: id, checks }
}
