import { MAX_TTL_SECONDS } from '../limits.ts'
import { BadText, shown, type Token } from '../rdata/token.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** `3600`, or with BIND's units `1h30m`: what begins with a digit and no type does. */
export const looksLikeTtl = (text: string): boolean => /^\d[\dsmhdw]*$/i.test(text)

/**
 * Seconds.
 * @throws BadText when it is none, or more than RFC 2181 §8 has
 */
export function ttlSeconds(token: Token, what = 'TTL'): number {
  const { text } = token
  const parts = /^(?:\d{1,10}|(?:\d{1,10}[smhdw])+)$/i.test(text) ? [...text.matchAll(/(\d+)([smhdw]?)/gi)] : []
  if (parts.length === 0 || parts.length > UNITS_AT_MOST)
    throw new BadText(token, 'bad-ttl', `the ${what} is ${shown(token)}`, 'expected seconds, or units such as `1h30m`')
  const seconds = parts.reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS[unit.toLowerCase()] ?? 0),
    0,
  )
  if (seconds <= MAX_TTL_SECONDS) return seconds
  throw new BadText(
    token,
    'bad-ttl',
    `the ${what} ${shown(token)} is too long`,
    `expected at most ${MAX_TTL_SECONDS}s (RFC 2181 §8)`,
  )
}

const UNITS_AT_MOST = 5
