import { MAX_CHARACTER_STRING_OCTETS } from '../limits.ts'
import { BadText, shown, type Token } from './token.ts'

const encoder = new TextEncoder()

const BACKSLASH = 0x5c

/**
 * Octets of a token. RFC 1035 §5.1: `\X` "where X is any character other than a digit (0-9), is used to quote that
 * character"; `\DDD` "where each D is a digit is the octet corresponding to the decimal number". Other text is UTF-8.
 */
export function octetsOf(token: Token): Uint8Array {
  const { text } = token
  const octets = encoder.encode(text)
  if (token.form === 'literal' || !text.includes('\\')) return octets
  let to = 0
  for (let from = 0; from < octets.length; from++) {
    const octet = octets[from] ?? 0
    if (octet !== BACKSLASH) {
      octets[to++] = octet
      continue
    }
    const next = octets[from + 1]
    if (next === undefined) throw badEscape(token, '\\', 'it ends the text')
    if (!isDigit(next)) {
      octets[to++] = next
      from++
      continue
    }
    const digits = String.fromCharCode(...octets.subarray(from + 1, from + 4))
    const value = Number(digits)
    if (!/^\d{3}$/.test(digits)) throw badEscape(token, `\\${digits}`, 'a number has three digits there')
    if (value > 255) throw badEscape(token, `\\${digits}`, 'an octet is at most 255')
    octets[to++] = value
    from += 3
  }
  return octets.slice(0, to)
}

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39

const badEscape = (token: Token, sequence: string, why: string): BadText =>
  new BadText(
    token,
    'bad-escape',
    `${shown(token)} has the escape \`${sequence}\`: ${why}`,
    'expected `\\` and one character, or `\\` and three digits from 000 to 255 (RFC 1035 §5.1)',
  )

/** RFC 1035 §3.3: "<character-string> is a single length octet followed by that number of characters". */
export function characterString(token: Token): Uint8Array {
  const octets = octetsOf(token)
  if (octets.length <= MAX_CHARACTER_STRING_OCTETS) return octets
  throw new BadText(
    token,
    'string-too-long',
    `a character string has ${octets.length} octets`,
    `expected at most ${MAX_CHARACTER_STRING_OCTETS}: write the rest as a further string (RFC 1035 §3.3)`,
  )
}
