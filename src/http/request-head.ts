/** The head of a request, read strictly: what is ambiguous is a 400, never a guess. */

import type { IncomingMessage } from 'node:http'
import { parseAddress } from '../domain/address.ts'
import { badRequest, type HttpProblem, httpProblem } from './problem.ts'

/** Octets of a request target; RFC 9110 §4.1 asks for 8,000 at least. */
export const MAX_TARGET_OCTETS = 8192

export interface RequestHead {
  /** Lower case, without port and trailing dot. */
  readonly host: string
  readonly target: RequestTarget
}

export interface RequestTarget {
  /** As it came, one character an octet; starts with `/`, and no `..` climbs above that. */
  readonly rawPath: string
  /** As it came, with its `?`; empty without one. */
  readonly rawQuery: string
  /** What policies and endpoints see: dot segments resolved, percent-encoding decoded as UTF-8. */
  readonly path: string
}

export type HeadParse = { readonly ok: true; readonly head: RequestHead } | Refusal
type Refusal = { readonly ok: false; readonly problem: HttpProblem }

type RequestLines = Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>

const refuse = (detail: string): Refusal => ({ ok: false, problem: badRequest(detail) })

/** @param url the request target as it came, before any rewriting */
export function parseRequestHead(request: RequestLines, url: string): HeadParse {
  // Node's parser takes a request line without a version, as of 1991, and reads headers after it all the same.
  if (!request.httpVersion.startsWith('1.')) return refuse('Only HTTP/1.1 and HTTP/1.0 are spoken here (RFC 9112).')
  const hosts = headerValues(request.rawHeaders, 'host')
  // RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that
  // lacks a Host header field and to any request message that contains more than one Host header field line or a
  // Host header field with an invalid field value." Node lets the second one through and keeps the first line.
  if (hosts.length !== 1) return refuse(`The request has ${hosts.length} Host headers; exactly one is expected.`)
  const host = parseHost(hosts[0] ?? '')
  if (host === null) return refuse('The Host header is not a host name or address with an optional port.')
  if (url.length > MAX_TARGET_OCTETS) {
    const detail = `The request target has ${url.length} octets; at most ${MAX_TARGET_OCTETS} are read.`
    return { ok: false, problem: httpProblem('target-too-long', detail) }
  }
  const form = splitTarget(url)
  if (form === null) return refuse('The request target is neither a path nor an http or https URL.')
  // RFC 9112 §3.2.2 lets the target's host win over a Host header that differs. Proxies disagree about that, which
  // is how requests are smuggled to another service; a client must send both alike, so a difference is an error.
  if (form.authority !== null && parseHost(form.authority) !== host) {
    return refuse('The request target and the Host header name different hosts.')
  }
  return parsePath(form.path, form.query, host)
}

function parsePath(rawPath: string, rawQuery: string, host: string): HeadParse {
  if (/%(?![0-9a-f]{2})/i.test(rawPath)) {
    return refuse('The path has a % that two hexadecimal digits do not follow; a literal % is written %25.')
  }
  const resolved = resolveDots(rawPath)
  if (resolved === null) return refuse('The path climbs above its root with `..` segments.')
  return { ok: true, head: { host, target: { rawPath, rawQuery, path: decodePath(resolved) } } }
}

/** All values of a header, in order. `request.headers` hides repeated lines of some headers. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name)
}

interface TargetForm {
  readonly authority: string | null
  readonly path: string
  readonly query: string
}

/** Origin-form or absolute-form (RFC 9112 §3.2); null for the others. */
function splitTarget(url: string): TargetForm | null {
  const absolute = /^https?:\/\/([^/?#\\]*)/i.exec(url)
  const rest = absolute === null ? url : url.slice(absolute[0].length)
  const query = rest.indexOf('?')
  const path = query < 0 ? rest : rest.slice(0, query)
  // RFC 9110 §4.2.3: an empty path and `/` are the same.
  const rooted = absolute !== null && path === '' ? '/' : path
  if (!rooted.startsWith('/')) return null
  return { authority: absolute?.[1] ?? null, path: rooted, query: query < 0 ? '' : rest.slice(query) }
}

/** What routes match on: the path and query of an absolute-form target, any other as it is. */
export function routedTarget(url: string): string {
  const form = splitTarget(url)
  return form === null ? url : form.path + form.query
}

/** The host of `host[:port]`, lower case, without trailing dot; null when it is none. Octets outside of ASCII are no host: names travel as A-labels. */
export function parseHost(text: string): string | null {
  const parts = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{0,5}))?$/i.exec(text)
  if (parts === null || Number(parts[2] ?? 0) > 65_535) return null
  const host = (parts[1] ?? '').toLowerCase()
  if (host.startsWith('[')) return parseAddress(host.slice(1, -1)) === null ? null : host
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  const isName = name.length <= 253 && name.split('.').every((label) => label.length > 0 && label.length <= 63)
  return isName ? name : null
}

/** The path with `.` and `..` taken out as URL parsers do it, `%2e` included; null when `..` climbs above the root. */
function resolveDots(rawPath: string): string | null {
  if (!/\/(?:\.|%2e)/i.test(rawPath)) return rawPath
  const kept: string[] = []
  const segments = rawPath.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const dots = /^(?:\.|%2e){1,2}$/i.test(segment) ? segment.replace(/%2e/gi, '.') : ''
    if (dots === '') kept.push(segment)
    if (dots === '..' && kept.pop() === undefined) return null
    if (dots !== '' && index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** Octets that are not UTF-8 become U+FFFD: a policy compares text, the endpoint gets the octets. */
function decodePath(path: string): string {
  if (!/[%\x80-\uffff]/.test(path)) return path
  const octets = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1').toString('utf8')
}
