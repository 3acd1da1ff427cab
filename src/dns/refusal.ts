import { CLASS, EDE, type EdeCode, RCODE, type Rcode, TYPE } from './wire/codes.ts'
import type { ParsedQuery, Question } from './wire/query.ts'

/** Why a query is not even looked up. */
export interface Refusal {
  readonly rcode: Rcode
  readonly code: EdeCode | null
}

const FORMERR: Refusal = { rcode: RCODE.FORMERR, code: null }
const REFUSED: Refusal = { rcode: RCODE.REFUSED, code: EDE.NOT_SUPPORTED }
const NOTIMP: Refusal = { rcode: RCODE.NOTIMP, code: EDE.NOT_SUPPORTED }

/** What is said about a message that is no question to us. */
export const PROBLEM_REFUSAL: Readonly<Record<Exclude<ParsedQuery['problem'], 'none'>, Refusal>> = {
  formErr: FORMERR,
  notImp: NOTIMP,
  badVers: { rcode: RCODE.BADVERS, code: null },
  // RFC 8945 §5.2.1.
  badKey: { rcode: RCODE.NOTAUTH, code: null },
}

/** Types that are no data of any name (RFC 6895 §3.1: 0, OPT, and the Q and meta types 128–255), and classes we do not serve. */
export function refusalOf({ type, class: qclass }: Question): Refusal | null {
  // QCLASS ANY is refused like every other: no zone of ours is in more than one class.
  if (qclass !== CLASS.IN && qclass !== CLASS.CH) return { ...REFUSED, code: EDE.NOT_AUTHORITATIVE }
  if (type === TYPE.ANY) return null
  if (type === 0 || type === TYPE.OPT || type === TYPE.TKEY || type === TYPE.TSIG) return FORMERR
  // RFC 9824 §3.4: NXNAME asked for explicitly is FORMERR, "Invalid Query Type".
  if (type === TYPE.NXNAME) return { ...FORMERR, code: EDE.INVALID_QUERY_TYPE }
  // RFC 5936 §2.2.1: a server that does not transfer the zone to this client says REFUSED; there is no AXFR over UDP either (§4.2).
  if (type === TYPE.AXFR || type === TYPE.IXFR) return REFUSED
  return type >= 128 && type <= 255 ? NOTIMP : null
}
