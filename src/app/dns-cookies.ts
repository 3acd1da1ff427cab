import { randomBytes } from 'node:crypto'
import { type CookieJar, createCookieJar, rotateSecret, SECRET_LENGTH } from '../dns/cookies.ts'
import type { FrontParts } from './front-parts.ts'

/** The former secret is believed until the next change, far longer than a cookie lives. */
const ROTATE_EVERY_MS = 24 * 3_600_000

/**
 * The secrets of the configuration, which its owner changes; or random ones, which change every day. Null when cookies are off.
 */
export function openCookies(
  { config, schedule }: Pick<FrontParts, 'config' | 'schedule'>,
  onStop: (() => void)[],
): CookieJar | null {
  if (config.dnsCookies === 'off') return null
  if (config.dnsCookieSecrets.length > 0) return createCookieJar(config.dnsCookieSecrets)
  const jar = createCookieJar([randomBytes(SECRET_LENGTH)])
  let callOff = (): void => {}
  const later = (): void => {
    callOff = schedule(() => {
      rotateSecret(jar, randomBytes(SECRET_LENGTH))
      later()
    }, ROTATE_EVERY_MS)
  }
  later()
  onStop.push(() => callOff())
  return jar
}
