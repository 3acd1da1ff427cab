import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { badRequest, composeProblem, type HttpProblem, httpProblem, PROBLEM_JSON } from './problem.ts'

/** Octets of request line and headers together: room for the longest target that is read, and as much of cookies. */
const MAX_HEAD_OCTETS = 16_384
/** A head or body that drips in slower than this is given up (slow-loris). */
const REQUEST_TIMEOUT_MS = 10_000
/** How often Node looks for such; its own 30 seconds would let them stay for up to 40. */
const REQUEST_CHECK_INTERVAL_MS = 1_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000

/** An HTTP front end that does not listen yet. */
export type HttpServer = FastifyInstance

export interface ServerOptions {
  readonly logger: FastifyBaseLogger | undefined
  /** From the target as it came to the one that the routes see. The first stays in `request.originalUrl`. */
  readonly route: (target: string) => string
}

/** A Fastify instance with the limits and error answers that all front ends share. Does not listen. */
export function createServer({ logger, route }: ServerOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    // A missing Host is answered by parseRequestHead, with a problem document; Node's own 400 says nothing.
    http: {
      maxHeaderSize: MAX_HEAD_OCTETS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_CHECK_INTERVAL_MS,
      requireHostHeader: false,
    },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    rewriteUrl: (request) => route(request.url ?? ''),
    routerOptions: { maxParamLength: MAX_HEAD_OCTETS },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      sendProblem(request, reply, error.code === 'FST_ERR_BAD_URL' ? BAD_ENCODING : internalError(error, request))
    },
  })
  // Node drops headers past the two-thousandth in silence; the octets are limited already.
  app.server.maxHeadersCount = 0
  // Without a listener Node closes the connection of a CONNECT without a word.
  app.server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    // Node hands the socket over whole: an error that nobody listens to would end the process.
    socket.on('error', () => socket.destroy())
    const problem = httpProblem('method-not-allowed', 'CONNECT asks for a proxy; this is none.')
    endWith(socket, composeRawResponse(problem, 'GET, HEAD'))
  })
  // No answer depends on a body: who asks before sending one (`Expect: 100-continue`) is answered at once. Other
  // expectations need not be met (RFC 9110 §10.1.1).
  for (const expectation of ['checkContinue', 'checkExpectation']) {
    app.server.on(expectation, (request, response) => app.server.emit('request', request, response))
  }
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    sendProblem(request, reply, status < 500 ? badRequest(`${error.message}.`) : internalError(error, request))
  })
  return app
}

const BAD_ENCODING = badRequest(
  'The path has a % that two hexadecimal digits do not follow; a literal % is written %25.',
)

function internalError(error: Error, request: FastifyRequest): HttpProblem {
  request.log.error({ err: error }, 'request failed')
  return httpProblem('internal', 'The node failed to make this answer and has logged why. Other requests go on.')
}

/** @param instance the decision that failed, as a URI; the path of the request when there was none */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: HttpProblem,
  instance: string | null = null,
): FastifyReply {
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .type(PROBLEM_JSON)
    .send(composeProblem(problem, instance ?? pathOf(request)))
}

/** RFC 9457 §3.1.5 wants a URI reference: octets that are none in a URI are left out with the rest. */
function pathOf(request: FastifyRequest): string | null {
  const path = request.originalUrl.split('?')[0] ?? ''
  return /^\/[\w.~!$&'()*+,;=:@%/-]*$/.test(path) && !path.startsWith('//') ? path : null
}

/** What Node's parser refuses never becomes a request; it is answered on the bare socket. */
function answerClientError(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  endWith(socket, composeRawResponse(clientProblem(error.code), null))
}

/** Server sockets stay half open after `end`: a client that never closes its side would keep them for ever. */
function endWith(socket: Duplex, octets: string): void {
  socket.end(octets, () => socket.destroy())
}

function clientProblem(code: string | undefined): HttpProblem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return httpProblem('head-too-large', `Request line and headers may have ${MAX_HEAD_OCTETS} octets together.`)
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return httpProblem('request-timeout', `The request was not complete after ${REQUEST_TIMEOUT_MS / 1000} seconds.`)
  }
  return badRequest(
    'This is not an HTTP/1.1 request (RFC 9112). The usual causes: a method that is not registered for HTTP, ' +
      'or octets beyond ASCII in the target, which travel percent-encoded (RFC 3986 section 2.1), such as %C3%A9.',
  )
}

function composeRawResponse(problem: HttpProblem, allow: string | null): string {
  const body = composeProblem(problem, null)
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_JSON}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    ...(allow === null ? [] : [`Allow: ${allow}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
