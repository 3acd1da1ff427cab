import { didYouMean } from '../suggest.ts'
import { PRESENTED_TYPES, type PresentedType } from './record-types.ts'
import { BadText, shown, type Token } from './token.ts'

export type NamedType =
  | { readonly kind: 'presented'; readonly name: string; readonly type: PresentedType }
  /** Only as octets (RFC 3597). */
  | { readonly kind: 'unknown'; readonly name: string; readonly number: number }
  | { readonly kind: 'soa' }
  /** Part of a signed zone. */
  | { readonly kind: 'dnssec'; readonly name: string }

/** What signs a zone, or speaks of its signatures: void without a signer. 65534 is where BIND keeps the state of its own. */
const DNSSEC: Readonly<Record<string, number>> = {
  SIG: 24,
  KEY: 25,
  NXT: 30,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  CDS: 59,
  CDNSKEY: 60,
  CSYNC: 62,
  ZONEMD: 63,
  TYPE65534: 65_534,
}

/** Types with a form of their own that is not read here. */
const UNREAD: Readonly<Record<string, number>> = {
  MD: 3,
  MF: 4,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  MINFO: 14,
  X25: 19,
  ISDN: 20,
  RT: 21,
  NSAP: 22,
  PX: 26,
  GPOS: 27,
  A6: 38,
  APL: 42,
  IPSECKEY: 45,
  HIP: 55,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  AVC: 258,
  AMTRELAY: 260,
  DLV: 32_769,
}

const DNAME = 39
const SOA = 6
const OPT = 41

const nameOfNumber = (table: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([name, number]) => [number, name]))

const DNSSEC_NAMES = nameOfNumber(DNSSEC)
const PRESENTED_NAMES = new Map(Object.entries(PRESENTED_TYPES).map(([name, { number }]) => [number, name]))
PRESENTED_NAMES.delete(PRESENTED_TYPES.ALIAS?.number ?? 0)

/**
 * The type that a token names, by its mnemonic or as `TYPE` and a number (RFC 3597 §5).
 * @throws BadText when it names none, or one that cannot stand in a zone
 */
export function typeNamed(token: Token): NamedType {
  const name = token.text.toUpperCase()
  const type = Object.hasOwn(PRESENTED_TYPES, name) ? PRESENTED_TYPES[name] : undefined
  if (type !== undefined) return { kind: 'presented', name, type }
  if (name === 'SOA') return { kind: 'soa' }
  if (Object.hasOwn(DNSSEC, name)) return { kind: 'dnssec', name }
  if (name === 'DNAME') throw noDname(token)
  const digits = /^TYPE(\d{1,5})$/.exec(name)?.[1]
  if (digits !== undefined) return typeNumbered(Number(digits), token)
  const unread = Object.hasOwn(UNREAD, name) ? UNREAD[name] : undefined
  if (unread !== undefined)
    throw new BadText(
      token,
      'unread-record-type',
      `the form of ${name} records is not read`,
      `write \`TYPE${unread} \\# length octets\` (RFC 3597 §5)`,
    )
  throw new BadText(
    token,
    'unknown-record-type',
    `${shown(token)} is no record type`,
    didYouMean(name, ['SOA', ...Object.keys(PRESENTED_TYPES)]),
  )
}

function typeNumbered(number: number, token: Token): NamedType {
  const name = PRESENTED_NAMES.get(number)
  const type = name === undefined ? undefined : PRESENTED_TYPES[name]
  if (name !== undefined && type !== undefined) return { kind: 'presented', name, type }
  if (number === SOA) return { kind: 'soa' }
  if (number === DNAME) throw noDname(token)
  const dnssec = DNSSEC_NAMES.get(number)
  if (dnssec !== undefined) return { kind: 'dnssec', name: dnssec }
  // RFC 6895 §3.1: 0 and 65535 are reserved, 128 to 255 are for queries and meta types; OPT (RFC 6891) is one besides.
  if (number === 0 || number === OPT || (number >= 128 && number <= 255) || number >= 65_535)
    throw new BadText(token, 'unknown-record-type', `${shown(token)} is no type that a zone can hold`)
  return { kind: 'unknown', name: `TYPE${number}`, number }
}

const noDname = (token: Token): BadText =>
  new BadText(
    token,
    'unread-record-type',
    'DNAME is not served here',
    'write a CNAME for each name below it, or delegate that name (RFC 6672)',
  )
