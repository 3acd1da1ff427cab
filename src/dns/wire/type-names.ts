import { RCODE, TYPE } from './codes.ts'

/** Types that are never answered from a field of their own here, but that people ask for by name (IANA's registry). */
export const OTHER_TYPE = {
  DNAME: 39,
  NAPTR: 35,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  SPF: 99,
  URI: 256,
} as const

const NUMBER_OF: ReadonlyMap<string, number> = new Map(Object.entries({ ...OTHER_TYPE, ...TYPE }))
const NAME_OF: ReadonlyMap<number, string> = new Map([...NUMBER_OF].map(([name, number]) => [number, name]))
const RCODE_NAME: ReadonlyMap<number, string> = new Map(Object.entries(RCODE).map(([name, number]) => [number, name]))

/** `AAAA`, in whatever case, or `TYPE65` (RFC 3597 §5); null when it is no type. OPT is none that can be asked for. */
export function typeFromText(text: string): number | null {
  const upper = text.toUpperCase()
  const unknown = /^TYPE(\d{1,5})$/.exec(upper)
  const number = unknown === null ? NUMBER_OF.get(upper) : Number(unknown[1])
  return number === undefined || number > 0xffff || number === TYPE.OPT ? null : number
}

/** `AAAA`, or `TYPE65280` for a type without a name here. */
export const typeToText = (type: number): string => NAME_OF.get(type) ?? `TYPE${type}`

/** `NXDOMAIN`, or `RCODE 17`. */
export const rcodeToText = (rcode: number): string => RCODE_NAME.get(rcode) ?? `RCODE ${rcode}`
