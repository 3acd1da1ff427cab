import type { IncomingHttpHeaders } from 'node:http'
import type { RequestAttributes } from '../domain/client.ts'
import type { Policy, TenantSource } from '../domain/policy.ts'
import type { Tenants } from '../domain/policy-set.ts'
import type { RequestHead } from './request-head.ts'

export interface AttributeSource {
  readonly head: RequestHead
  readonly headers: IncomingHttpHeaders
  readonly policy: Policy
  readonly tenants: Tenants
  /** Only a trusted proxy may name a tenant in a header. */
  readonly peerIsTrusted: boolean
  /** The first path segment is a tenant's in the redirector; in the discovery API the path is the API's own. */
  readonly pathIsOfService: 'yes' | 'no'
}

/** What policies may ask of a request, beyond who sent it. */
export function requestAttributes(source: AttributeSource): RequestAttributes {
  const { head, headers } = source
  return {
    host: head.host,
    path: head.target.path,
    header: (name) => headerOf(headers, name),
    cookie: (name) => cookieOf(headers.cookie, name),
    tenant: tenantOf(source),
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  if (!Object.hasOwn(headers, name)) return undefined
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/**
 * Names are compared in lower case, as the policy writes them. RFC 6265 §5.4 leaves the order to the browser, longest path first; the first of a name is the most specific.
 */
function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || pair.slice(0, equals).trim().toLowerCase() !== name) continue
    const value = pair.slice(equals + 1).trim()
    return /^".*"$/.test(value) ? value.slice(1, -1) : value
  }
  return undefined
}

/** The first source that yields an id decides; an id that nobody has registered is no tenant. */
function tenantOf(source: AttributeSource): RequestAttributes['tenant'] {
  for (const from of source.policy.tenants) {
    const id = tenantId(from, source)
    if (id !== null) return source.tenants.get(id) ?? null
  }
  return null
}

function tenantId(from: TenantSource, source: AttributeSource): string | null {
  switch (from.from) {
    case 'host':
      return wildcardLabels(source.head.host, source.policy.names.http)
    case 'header':
      return source.peerIsTrusted ? (headerOf(source.headers, from.name) ?? null) : null
    case 'path':
      return source.pathIsOfService === 'yes' ? source.head.target.path.split('/')[1] || null : null
  }
}

/** What `*` stands for in the longest wildcard that matches: `acme` for `acme.api.example` under `*.api.example`. */
function wildcardLabels(host: string, patterns: readonly string[]): string | null {
  const suffixes = patterns.filter((pattern) => pattern.startsWith('*.')).map((pattern) => pattern.slice(1))
  const matching = suffixes.filter((suffix) => host.endsWith(suffix) && host.length > suffix.length)
  const longest = matching.reduce((a, b) => (b.length > a.length ? b : a), '')
  return longest === '' ? null : host.slice(0, -longest.length)
}
