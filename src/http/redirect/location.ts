import type { RequestTarget } from '../request-head.ts'

/**
 * The URL to go to: scheme, host and port are the endpoint's, always; its path stands in front of the request's own.
 *
 * @param endpointUrl from the policy: http or https, without credentials, query and fragment
 */
export function composeLocation(endpointUrl: string, target: RequestTarget): string {
  const base = new URL(endpointUrl)
  const prefix = base.pathname.endsWith('/') ? base.pathname.slice(0, -1) : base.pathname
  return `${base.origin}${prefix}${escapeOctets(target.rawPath)}${escapeOctets(target.rawQuery)}`
}

/**
 * Percent-encodes what would not arrive as the data that it is: octets that no URI may have, `\` that URL parsers take for
 * `/`, and `#` that would begin a fragment. RFC 9112 §3.2 allows "a redirect with the request-target properly
 * encoded". Everything else, `%` and encoded octets above all, stays as it came.
 */
function escapeOctets(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  return text.replace(/[\x00-\x20"#<>\\\x7f-\xff]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
