import { formatAddress } from '../../domain/address.ts'
import type { RecordData } from '../../domain/zone.ts'

/** `A`, `TLSA`, `TYPE65280`. */
export const typeOf = (record: RecordData): string => (record.type === 'octets' ? record.typeName : record.type)

const hexOf = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')

/** Canonical text of a record's data: equal when the records are. */
export function dataText(record: RecordData): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return formatAddress(record.address)
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'ALIAS':
      return record.target
    case 'MX':
      return `${record.preference} ${record.target}`
    case 'TXT':
      return record.strings.map(hexOf).join(' ')
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`
    case 'CAA':
      return `${record.flags} ${record.tag} ${record.value}`
    case 'SVCB':
    case 'HTTPS': {
      const params = record.params.map(({ key, value }) => `${key}=${value === 'auto' ? value : hexOf(value)}`)
      return `${record.priority} ${record.target} ${params.join(' ')}`
    }
    case 'octets':
      return hexOf(record.octets)
  }
}

/** TYPE, CLASS, TTL and RDLENGTH of a record, and a pointer to its owner (RFC 1035 §4.1.3). */
const FRAME = 12

/** Octets that a record takes in a message, names not compressed. */
export function dataOctets(record: RecordData): number {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return FRAME + record.address.bytes.length
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'ALIAS':
      return FRAME + record.target.length + 2
    case 'MX':
      return FRAME + 2 + record.target.length + 2
    case 'TXT':
      return FRAME + record.strings.reduce((sum, { length }) => sum + 1 + length, 0)
    case 'SRV':
      return FRAME + 6 + record.target.length + 2
    case 'CAA':
      return FRAME + 2 + record.tag.length + record.value.length
    case 'SVCB':
    case 'HTTPS':
      return FRAME + 2 + record.target.length + 2 + record.params.reduce((sum, { value }) => sum + 4 + value.length, 0)
    case 'octets':
      return FRAME + record.octets.length
  }
}
