import type { Zone } from '../../domain/zone.ts'
import { endOf, type Fields, nameField, nextField, wholeField } from '../rdata/fields.ts'
import { ttlSeconds } from './ttl-text.ts'

const LAST_SERIAL = 4_294_967_295

/**
 * RFC 1035 §3.3.13: MNAME, RNAME, SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM. The record's own TTL comes from elsewhere.
 * @throws BadText
 */
export function soaFields(fields: Fields): Omit<Zone['soa'], 'ttlSeconds'> {
  const time = (what: string): number => ttlSeconds(nextField(fields, what), what)
  const soa = {
    mname: nameField(fields, 'MNAME', 'root'),
    rname: nameField(fields, 'RNAME', 'root'),
    serial: wholeField(fields, 'serial', LAST_SERIAL),
    refreshSeconds: time('refresh'),
    retrySeconds: time('retry'),
    expireSeconds: time('expire'),
    minimumSeconds: time('minimum'),
  }
  endOf(fields)
  return soa
}
