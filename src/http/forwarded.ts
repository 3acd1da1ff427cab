/** The two headers in which proxies name the client, read from right to left: the right end is what the nearest proxy wrote. */

import { type IpAddress, parseAddress } from '../domain/address.ts'

/** One hop as a proxy wrote it; null where it does not say (`unknown`, `_hidden`) or cannot be read. */
export type Hop = IpAddress | null

/** More hops than any honest chain has; what is left of them stays unread. */
export const MAX_HOPS = 32

/** The hops of `X-Forwarded-For`, nearest first, at most {@link MAX_HOPS}. Several lines of the header are joined by commas (RFC 9110 §5.3). */
export function parseForwardedFor(value: string): readonly Hop[] {
  return elementsFromRight(value).map(parseNode)
}

/** The hops of `Forwarded` (RFC 7239), nearest first, at most {@link MAX_HOPS}. */
export function parseForwarded(value: string): readonly Hop[] {
  return elementsFromRight(value).map(forwardedFor)
}

/**
 * List elements from the right, trimmed, empty ones left out (RFC 9110 §5.6.1.2). Quotes are paired from the right
 * too: a client that opens a quote at the left cannot swallow what a proxy appended after it.
 */
function elementsFromRight(value: string): string[] {
  const elements: string[] = []
  let end = value.length
  let quoted = false
  for (let i = value.length - 1; i >= -1 && elements.length < MAX_HOPS; i--) {
    const char = i < 0 ? ',' : value[i]
    if (char === '"' && !(quoted && isEscaped(value, i))) quoted = !quoted
    if (char !== ',' || (quoted && i >= 0)) continue
    const element = value.slice(i + 1, end).trim()
    if (element !== '') elements.push(element)
    end = i
  }
  return elements
}

function isEscaped(value: string, index: number): boolean {
  let start = index
  while (value[start - 1] === '\\') start--
  return (index - start) % 2 === 1
}

/** RFC 7239 §4: `forwarded-pair = token "=" value`, `value = token / quoted-string`. */
const PAIR = /^[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")[ \t]*(?:;|$)/

function forwardedFor(element: string): Hop {
  let rest = element
  let node: string | null = null
  while (rest !== '') {
    const pair = PAIR.exec(rest)
    if (pair === null) return null
    rest = rest.slice(pair[0].length)
    if (pair[1]?.toLowerCase() !== 'for') continue
    // RFC 7239 §4: "Each parameter MUST NOT occur more than once per field-value."
    if (node !== null) return null
    node = pair[2] ?? (pair[3] ?? '').replace(/\\(.)/g, '$1')
  }
  return node === null ? null : parseNode(node)
}

/** RFC 7239 §6: an address, IPv6 in brackets, perhaps with a port; `X-Forwarded-For` also knows IPv6 without brackets. */
function parseNode(node: string): Hop {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node)
  if (bracketed !== null) {
    const address = parseAddress(bracketed[1] ?? '')
    return address?.family === 6 ? address : null
  }
  const withPort = /^([\d.]+):\d{1,5}$/.exec(node)
  return parseAddress(withPort?.[1] ?? node)
}
