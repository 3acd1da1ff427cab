import * as z from 'zod'
import type { TlsExpectation } from '../../domain/check.ts'
import { type Cursor, isMapping } from '../cursor.ts'
import { hostName } from './names.ts'
import { duration } from './units.ts'

const DAY_SECONDS = 86_400

/** What a certificate must be like. Keys of every kind of check that speaks TLS. */
export const tlsFields = {
  serverName: hostName.nullable().prefault(null).meta({
    description: 'SNI, and the name that the certificate must have; the host that is asked when left out.',
  }),
  verify: z
    .boolean()
    .prefault(true)
    .meta({ description: '`false` takes any certificate, also one that is not valid or of another name.' }),
  warnBefore: duration(
    0,
    365 * DAY_SECONDS,
    'A certificate that ends within so much makes the endpoint degraded; 0s: never.',
  ).prefault('14d'),
} as const

interface TlsFields {
  readonly serverName: string | null
  readonly verify: boolean
  readonly warnBefore: number
}

export const tlsOf = ({ serverName, verify, warnBefore }: TlsFields): TlsExpectation => ({
  serverName,
  verify: verify ? 'verify' : 'insecure',
  warnDays: warnBefore / DAY_SECONDS,
})

/** Tells what is said about a certificate where there is none. */
export function refuseTls(cursor: Cursor, because: string, hint: string): void {
  const { value } = cursor
  if (!isMapping(value)) return
  for (const key of Object.keys(tlsFields).filter((name) => Object.hasOwn(value, name))) {
    cursor.child(key).report({ rule: 'no-tls', message: `\`${key}\` is given, but ${because}`, hint, part: 'key' })
  }
}
