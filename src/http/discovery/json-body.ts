import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { badBody, type HttpProblem, httpProblem } from '../problem.ts'
import { parseRequestHead } from '../request-head.ts'
import { sendProblem } from '../server.ts'

/** Undefined for text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export interface BodyOptions {
  readonly types: readonly string[]
  readonly mostOctets: number
}

/**
 * Lets the routes of `scope` read bodies, as text: `request.body` is a string, or undefined without one. A doubtful head, and
 * what cannot be read, is answered with a problem document.
 */
export function readBodies(scope: FastifyInstance, { types, mostOctets }: BodyOptions): void {
  scope.addHook('onRequest', (request, reply, done) => {
    const head = parseRequestHead(request.raw, request.originalUrl)
    if (head.ok) done()
    else sendProblem(request, reply, head.problem)
  })
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser([...types], { parseAs: 'string', bodyLimit: mostOctets }, (_request, text, done) =>
    done(null, text),
  )
  // RFC 9110 §10.1.1: only now, when the head has been found good, is it known that the body is wanted.
  scope.addHook('preParsing', (request, reply, payload, done) => {
    if (expectsContinue(request)) reply.raw.writeContinue()
    done(null, payload)
  })
  scope.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = bodyProblem(error, types, mostOctets)
    if (problem === null) throw error
    // The rest of the body is not worth reading.
    return sendProblem(request, reply.header('connection', 'close'), problem)
  })
}

const expectsContinue = ({ raw, headers }: FastifyRequest): boolean =>
  raw.httpVersion === '1.1' && /^100-continue$/i.test(headers.expect ?? '')

/** Null for what is no fault of the body. */
function bodyProblem({ code }: FastifyError, types: readonly string[], mostOctets: number): HttpProblem | null {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return httpProblem('body-too-large', `The body of this path may have ${mostOctets} octets.`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return httpProblem('unknown-media-type', `The body is JSON, sent as ${types.join(' or ')}.`)
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return badBody('The body is not as long as Content-Length says.')
    default:
      return null
  }
}

/** An answer to a POST: for this client and this moment alone. */
export const sendTaken = (reply: FastifyReply, status: 202 | 204, body?: object): FastifyReply =>
  reply.code(status).header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').send(body)
