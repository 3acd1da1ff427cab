import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ReportReceipt } from '../../domain/discovery-wire.ts'
import type { Measurement, MeasurementVerdict, ReportSink } from '../../ports/report-sink.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import type { ClientAddress } from '../client-address.ts'
import { type DecisionTokens, TOKEN_LIFE_MS, tokenNetwork } from '../decision-token.ts'
import { badBody, type HttpProblem, httpProblem, type ProblemKind } from '../problem.ts'
import { sendProblem } from '../server.ts'
import { readBodies, sendTaken } from './json-body.ts'
import { mergeMeasurements, parseReport } from './report-body.ts'
import { createReportLimits, type ReportLimits } from './report-limits.ts'

export interface ReportsDeps {
  readonly current: () => Snapshot
  readonly nowMs: () => number
  readonly tokens: DecisionTokens
  readonly sink: ReportSink
  /** Who sent it: the peer, or whom a trusted proxy vouches for. */
  readonly clientOf: (request: FastifyRequest) => ClientAddress
  readonly onReport?: (result: ReportResult) => void
}

/** `taken`, or what stood against it. */
export type ReportResult = 'taken' | ProblemKind

export const REPORTS_PATH = '/v1/reports'
const BODY_OCTETS = 16_384
/** Text is what `navigator.sendBeacon` sends without asking first (Fetch Standard: CORS-safelisted). */
const MEDIA_TYPES = ['application/json', 'text/plain']

/** `POST /v1/reports`: what clients measured at the endpoints that they were given, and which they could not reach. */
export function registerReports(app: FastifyInstance, deps: ReportsDeps): void {
  app.register((scope, _options, done) => {
    const limits = createReportLimits()
    readBodies(scope, { types: MEDIA_TYPES, mostOctets: BODY_OCTETS })
    scope.post(REPORTS_PATH, (request, reply) => {
      const result = takeReport(deps, limits, request, reply)
      deps.onReport?.(result)
      return reply
    })
    done()
  })
}

/** Sends the answer. */
function takeReport(
  deps: ReportsDeps,
  limits: ReportLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): ReportResult {
  const refuse = (problem: HttpProblem): ReportResult => {
    if (problem.status === 429) reply.header('retry-after', RETRY_AFTER_SECONDS)
    sendProblem(request, reply, problem)
    return problem.kind
  }
  const nowMs = deps.nowMs()
  const { address } = deps.clientOf(request)
  const body = typeof request.body === 'string' ? parseReport(request.body) : badBody('A report has a body: JSON.')
  if ('kind' in body) return refuse(body)
  const token = deps.tokens.verify(body.token, address, nowMs, TOKEN_LIFE_MS)
  if (typeof token === 'string') return refuse(httpProblem('bad-token', TOKEN_WORDS[token]))
  // Its policy may be gone since.
  if (!deps.current().services.has(token.service)) {
    return refuse(httpProblem('unknown-service', 'The service that this token is about is not there any more.'))
  }
  const refusal = limits.admit(token.id, address, nowMs)
  if (refusal !== null) return refuse(LIMIT_PROBLEMS[refusal])
  const isGiven = ({ endpoint }: Measurement) => token.endpoints.includes(endpoint)
  const given = mergeMeasurements(body.measurements.filter(isGiven))
  const report = { service: token.service, address, prefix: tokenNetwork(address), measurements: given, atMs: nowMs }
  sendTaken(reply, 202, receiptOf(body.measurements, given, deps.sink.take(report)))
  return 'taken'
}

const RETRY_AFTER_SECONDS = 60

const TOKEN_WORDS = {
  malformed: 'The token is none of a discovery answer.',
  forged: 'The token was not signed by this fleet for the network that this report comes from. Ask again from there.',
  expired: `The token is older than ${TOKEN_LIFE_MS / 60_000} minutes. Ask again and report by the new one.`,
} as const

const LIMIT_PROBLEMS = {
  used: httpProblem('used-token', 'A report was sent by this token already. Each answer has a token of its own.'),
  network: httpProblem('too-many-requests', 'This network has sent as many reports as are taken in a minute.'),
  busy: httpProblem('too-many-requests', 'This node is taking as many reports as it can. Yours is not needed now.'),
} as const

/** By the places at which the client told it. */
function receiptOf(
  told: readonly Measurement[],
  given: readonly Measurement[],
  verdicts: readonly MeasurementVerdict[],
): ReportReceipt {
  const verdictOf = new Map(given.map(({ endpoint }, index) => [endpoint, verdicts[index] ?? 'taken']))
  const taken = given.flatMap(({ endpoint }) => (verdictOf.get(endpoint) === 'taken' ? [endpoint] : []))
  const ignored = told.flatMap(({ endpoint }, measurement): ReportReceipt['ignored'] => {
    const reason = verdictOf.get(endpoint) ?? 'notGiven'
    return reason === 'taken' ? [] : [{ measurement, reason }]
  })
  return { taken, ignored }
}
