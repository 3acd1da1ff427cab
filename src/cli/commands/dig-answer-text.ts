import { errorsOf } from '../../app/dig-compare.ts'
import { RCODE, TYPE } from '../../dns/wire/codes.ts'
import { dataToText } from '../../dns/wire/data-text.ts'
import type { Response, ResponseRecord } from '../../dns/wire/response.ts'
import { rcodeToText } from '../../dns/wire/type-names.ts'

/** A response in one cell: `192.0.2.10`, `CNAME api.geo.example., 192.0.2.10`, `NODATA (EDE 23)`, `NXDOMAIN`. */
export function answerText(response: Response, type: number): string {
  const errors = errorsOf(response).map(({ code, text }) => `EDE ${code}${text === '' ? '' : ` ${text}`}`)
  const error = errors.length === 0 ? '' : ` (${errors.join(', ')})`
  const records = response.answer.map((record) => recordText(record, type))
  const rcode = response.rcode === RCODE.NOERROR ? [] : [rcodeToText(response.rcode)]
  const nothing = records.length === 0 && rcode.length === 0 ? [nothingText(response)] : []
  return [...records, ...rcode, ...nothing].join(', ') + error
}

const recordText = (record: ResponseRecord, type: number): string =>
  record.type === TYPE.CNAME && type !== TYPE.CNAME
    ? `CNAME ${dataToText(record.type, record.data)}`
    : dataToText(record.type, record.data)

function nothingText({ truncated, authoritative, authority }: Response): string {
  if (truncated) return 'truncated'
  const servers = authority.filter((record) => record.type === TYPE.NS)
  if (authoritative || servers.length === 0) return 'NODATA'
  return `referral to ${servers.map((record) => dataToText(record.type, record.data)).join(', ')}`
}

/** Of the records that answer, or of the SOA that denies. */
export function ttlText({ answer, authority }: Response): string {
  const ttls = (answer.length > 0 ? answer : authority).map(({ ttlSeconds }) => ttlSeconds)
  return ttls.length === 0 ? '' : String(Math.min(...ttls))
}

/** SCOPE PREFIX-LENGTH as it is written behind a network; a dash when the answer has none. */
export const scopeText = ({ edns }: Response): string =>
  edns?.ecs === null || edns?.ecs === undefined ? '–' : `/${edns.ecs.scopePrefixLength}`
