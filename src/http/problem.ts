/** Errors as problem documents (RFC 9457). Every kind that this service sends is a row of the table. */

const KINDS = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  'bad-parameter': { status: 400, title: 'A query parameter is not understood' },
  'bad-body': { status: 400, title: 'The body is not understood' },
  unauthorized: { status: 401, title: 'A token is needed' },
  'bad-token': { status: 403, title: 'The token counts for nothing' },
  'foreign-origin': { status: 403, title: 'The admin port does not answer to this origin' },
  /** A hard fence is a rule about who may be served, not a fault that passes: 403. Not 451, which asserts a legal demand. */
  fenced: { status: 403, title: 'No endpoint may serve this client' },
  'unknown-host': { status: 404, title: 'No service has this host' },
  'unknown-service': { status: 404, title: 'No service has this name' },
  'unknown-path': { status: 404, title: 'Nothing is here' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'used-token': { status: 409, title: 'The token was used before' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'target-too-long': { status: 414, title: 'The request target is too long' },
  'unknown-media-type': { status: 415, title: 'The body is of another type than is read here' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'head-too-large': { status: 431, title: 'The request head is too large' },
  internal: { status: 500, title: 'The answer could not be made' },
  'no-url': { status: 502, title: 'No endpoint of the answer has a URL' },
  'all-down': { status: 503, title: 'All endpoints are down' },
  'not-ready': { status: 503, title: 'Not ready' },
} as const

export type ProblemKind = keyof typeof KINDS

export interface HttpProblem {
  readonly kind: ProblemKind
  readonly status: number
  readonly title: string
  /** What is wrong and what helps, for the person who reads it. Never holds text of the request. */
  readonly detail: string
}

export const httpProblem = (kind: ProblemKind, detail: string): HttpProblem => ({ kind, ...KINDS[kind], detail })

export const badRequest = (detail: string): HttpProblem => httpProblem('bad-request', detail)
export const badBody = (detail: string): HttpProblem => httpProblem('bad-body', detail)

export const PROBLEM_JSON = 'application/problem+json'

/**
 * The document of RFC 9457 §3.
 * @param instance a URI for this very occurrence, such as the decision's; null when it has none
 */
export function composeProblem(problem: HttpProblem, instance: string | null): string {
  const { kind, title, status, detail } = problem
  const type = `urn:nearcast:problem:${kind}`
  return JSON.stringify({ type, title, status, detail, ...(instance === null ? {} : { instance }) })
}

/** The same for people on a terminal. */
export const composePlainProblem = (problem: HttpProblem): string =>
  `${problem.status} ${problem.title}\n\n${problem.detail}\n`

/** `instance` of a failure that came of a decision: opens its trace. */
export const decisionUrn = (decisionId: string): string => `urn:nearcast:decision:${decisionId}`
