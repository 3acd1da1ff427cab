/** What DNS over HTTPS asks of a request (RFC 8484 §4.1), whichever version of HTTP carries it. */

import { HEADER_LENGTH } from './wire/query.ts'

export const DOH_PATH = '/dns-query'
export const DNS_MESSAGE = 'application/dns-message'
export const MAX_MESSAGE = 65_535
/** In the words of RFC 9110 §10.2.1. */
export const ALLOW = 'GET, HEAD, POST'

/** The parts of a request's head that matter here. */
export interface DohHead {
  readonly method: string
  readonly target: string
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  /** As it was sent. */
  readonly contentLength: string | undefined
}

export interface DohError {
  readonly kind: 'error'
  readonly status: 400 | 404 | 405 | 408 | 413 | 415 | 503
  /** A sentence for whoever sent it. */
  readonly text: string
}

export type DohRequest =
  | { readonly kind: 'query'; readonly query: Buffer }
  /** The query is the body, still to come. */
  | { readonly kind: 'body' }
  | DohError

export const dohError = (status: DohError['status'], text: string): DohError => ({ kind: 'error', status, text })

export function readDohHead(head: DohHead): DohRequest {
  const url = URL.parse(head.target, 'https://doh.invalid')
  if (url?.pathname !== DOH_PATH) return dohError(404, `DNS queries are answered at ${DOH_PATH}, nothing else is here.`)
  switch (head.method) {
    case 'GET':
    case 'HEAD':
      return readParameter(url.searchParams.getAll('dns'))
    case 'POST':
      return readBodyHead(head)
    default:
      return dohError(405, `A DNS query is asked with GET or POST; other methods have no meaning here.`)
  }
}

function readParameter(values: readonly string[]): DohRequest {
  const [text = ''] = values
  if (values.length !== 1 || text === '') {
    const found = values.length > 1 ? 'stands there more than once' : 'is missing'
    return dohError(400, `The parameter "dns" ${found}; it holds the DNS message in base64url (RFC 8484 section 4.1).`)
  }
  const query = Buffer.from(text, 'base64url')
  // RFC 8484 §6: "padding characters for base64url MUST NOT be included". One message has one text, as caches need it.
  if (query.toString('base64url') !== text)
    return dohError(400, 'The parameter "dns" is no base64url without padding (RFC 4648 section 5).')
  return checkMessage(query)
}

function readBodyHead({ contentType, contentEncoding, contentLength }: DohHead): DohRequest {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type !== DNS_MESSAGE)
    return dohError(415, `The body must be of the type ${DNS_MESSAGE}, which the header Content-Type has to say.`)
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity')
    return dohError(415, 'The body must not be compressed: Content-Encoding is not understood.')
  return Number(contentLength ?? 0) > MAX_MESSAGE ? TOO_LARGE : { kind: 'body' }
}

export const TOO_LARGE = dohError(413, `A DNS message has at most ${MAX_MESSAGE} octets.`)

/** A message that could be a query. */
export function checkMessage(query: Buffer): DohRequest {
  if (query.length > MAX_MESSAGE) return TOO_LARGE
  if (query.length < HEADER_LENGTH)
    return dohError(400, `The message has ${query.length} octets, a DNS message has ${HEADER_LENGTH} at least.`)
  return { kind: 'query', query }
}
