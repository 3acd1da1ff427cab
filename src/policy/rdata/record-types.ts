import type { RecordData } from '../../domain/zone.ts'
import { octetsOf } from './escapes.ts'
import {
  addressField,
  base64Field,
  digestField,
  endOf,
  type Fields,
  joined,
  lengthFirst,
  nameField,
  nameFieldOctets,
  nextField,
  octet,
  octets16,
  stringField,
  stringsField,
  wholeField,
} from './fields.ts'
import { euiOctets, locOctets } from './odd-types.ts'
import { readSvcParams } from './svc-params.ts'
import { BadText, shown } from './token.ts'

/** One type of record as a master file has it. */
export interface PresentedType {
  readonly number: number
  /** All fields, up to the end. */
  readonly read: (fields: Fields) => RecordData
  readonly example: string
}

const OCTET = 255
const OCTETS_16 = 65_535

const define = (number: number, example: string, read: (fields: Fields) => RecordData): PresentedType => ({
  number,
  example,
  read: (fields) => {
    const data = read(fields)
    endOf(fields)
    return data
  },
})

/** A type of which nothing but its octets matters to the node. */
const asOctets = (
  typeName: string,
  typeNumber: number,
  example: string,
  read: (fields: Fields) => readonly Uint8Array[],
): PresentedType =>
  define(typeNumber, example, (fields) => ({ type: 'octets', typeNumber, typeName, octets: joined(...read(fields)) }))

const named = (type: 'CNAME' | 'NS' | 'PTR' | 'ALIAS', number: number): PresentedType =>
  define(number, 'www.other.example.', (fields) => ({ type, target: nameField(fields, 'name', 'noRoot') }))

const binding = (type: 'SVCB' | 'HTTPS', number: number): PresentedType =>
  define(number, '1 . alpn=h2,h3', (fields) => {
    const priority = wholeField(fields, 'priority', OCTETS_16)
    const target = nameField(fields, 'target name', 'root')
    const rest = fields.tokens.slice(fields.at)
    fields.at = fields.tokens.length
    return { type, priority, target, params: readSvcParams(rest, fields.before) }
  })

/** RFC 6698 §2.1; RFC 8162 §2 for SMIMEA. */
const certificate = (typeName: string, number: number): PresentedType =>
  asOctets(typeName, number, '3 1 1 0123456789abcdef…', (fields) => {
    const usage = wholeField(fields, 'certificate usage', OCTET, {
      'PKIX-TA': 0,
      'PKIX-EE': 1,
      'DANE-TA': 2,
      'DANE-EE': 3,
    })
    const selector = wholeField(fields, 'selector', OCTET, { CERT: 0, SPKI: 1 })
    const matching = wholeField(fields, 'matching type', OCTET, { FULL: 0, 'SHA2-256': 1, 'SHA2-512': 2 })
    const data = digestField(fields, 'certificate association data', { 1: 32, 2: 64 }[matching])
    return [Uint8Array.of(usage, selector, matching), data]
  })

/** RFC 4034 Appendix A.1, RFC 5702, 6605 and 8080. */
const ALGORITHMS = {
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  'RSASHA1-NSEC3-SHA1': 7,
  RSASHA256: 8,
  RSASHA512: 10,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
}

const text = (typeName: string, number: number): PresentedType =>
  asOctets(typeName, number, '"v=spf1 -all"', (fields) => stringsField(fields, 'text').map(lengthFirst))

/** RFC 8659 §4.1.1: a tag is of letters and digits; the value goes to the end of the data. */
function caaData(fields: Fields): RecordData {
  const flags = wholeField(fields, 'flag octet', OCTET)
  const tag = nextField(fields, 'tag')
  if (!/^[A-Za-z0-9]{1,255}$/.test(tag.text))
    throw new BadText(tag, 'bad-record', `the tag is ${shown(tag)}`, 'expected letters and digits, such as `issue`')
  const lower = tag.text.toLowerCase()
  const value = octetsOf(nextField(fields, 'value'))
  const text = utf8Of(value)
  if (text !== null) return { type: 'CAA', flags, tag: lower, value: text }
  const head = joined(octet(flags), lengthFirst(new TextEncoder().encode(lower)))
  return { type: 'octets', typeNumber: 257, typeName: 'CAA', octets: joined(head, value) }
}

function utf8Of(octets: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    return null
  }
}

/** By the names of the registry of RR types; ALIAS is everybody's own, and never on the wire. */
export const PRESENTED_TYPES: Readonly<Record<string, PresentedType>> = {
  A: define(1, '192.0.2.10', (fields) => ({ type: 'A', address: addressField(fields, 4) })),
  AAAA: define(28, '2001:db8::10', (fields) => ({ type: 'AAAA', address: addressField(fields, 6) })),
  CNAME: named('CNAME', 5),
  ALIAS: named('ALIAS', 65_401),
  NS: named('NS', 2),
  PTR: named('PTR', 12),
  MX: define(15, '10 mail.other.example.', (fields) => ({
    type: 'MX',
    preference: wholeField(fields, 'preference', OCTETS_16),
    target: nameField(fields, 'exchange', 'root'),
  })),
  TXT: define(16, '"v=spf1 -all"', (fields) => ({ type: 'TXT', strings: stringsField(fields, 'text') })),
  SRV: define(33, '10 5 443 host.other.example.', (fields) => ({
    type: 'SRV',
    priority: wholeField(fields, 'priority', OCTETS_16),
    weight: wholeField(fields, 'weight', OCTETS_16),
    port: wholeField(fields, 'port', OCTETS_16),
    target: nameField(fields, 'target', 'root'),
  })),
  CAA: define(257, '0 issue "ca.example"', caaData),
  SVCB: binding('SVCB', 64),
  HTTPS: binding('HTTPS', 65),
  // RFC 3403 §4.1.
  NAPTR: asOctets('NAPTR', 35, '100 10 "S" "SIP+D2U" "" _sip._udp.other.example.', (fields) => [
    octets16(wholeField(fields, 'order', OCTETS_16), wholeField(fields, 'preference', OCTETS_16)),
    lengthFirst(stringField(fields, 'flags')),
    lengthFirst(stringField(fields, 'services')),
    lengthFirst(stringField(fields, 'regexp')),
    nameFieldOctets(fields, 'replacement'),
  ]),
  TLSA: certificate('TLSA', 52),
  SMIMEA: certificate('SMIMEA', 53),
  // RFC 4255 §3.1, RFC 6594 §4.
  SSHFP: asOctets('SSHFP', 44, '4 2 0123456789abcdef…', (fields) => {
    const algorithm = wholeField(fields, 'algorithm', OCTET)
    const type = wholeField(fields, 'fingerprint type', OCTET)
    return [Uint8Array.of(algorithm, type), digestField(fields, 'fingerprint', { 1: 20, 2: 32 }[type])]
  }),
  // RFC 4034 §5.1, RFC 4509, RFC 6605 §2.
  DS: asOctets('DS', 43, '60485 13 2 0123456789abcdef…', (fields) => {
    const keyTag = octets16(wholeField(fields, 'key tag', OCTETS_16))
    const algorithm = wholeField(fields, 'algorithm', OCTET, ALGORITHMS)
    const type = wholeField(fields, 'digest type', OCTET, { 'SHA-1': 1, 'SHA-256': 2, 'SHA-384': 4 })
    return [keyTag, Uint8Array.of(algorithm, type), digestField(fields, 'digest', { 1: 20, 2: 32, 4: 48 }[type])]
  }),
  HINFO: asOctets('HINFO', 13, '"PC" "LINUX"', (fields) => [
    lengthFirst(stringField(fields, 'CPU')),
    lengthFirst(stringField(fields, 'OS')),
  ]),
  // RFC 1183 §2.2.
  RP: asOctets('RP', 17, 'admin.other.example. text', (fields) => [
    nameFieldOctets(fields, 'mailbox'),
    nameFieldOctets(fields, 'TXT name'),
  ]),
  AFSDB: asOctets('AFSDB', 18, '1 db.other.example.', (fields) => [
    octets16(wholeField(fields, 'subtype', OCTETS_16)),
    nameFieldOctets(fields, 'host name'),
  ]),
  // RFC 2230 §3.1.
  KX: asOctets('KX', 36, '10 kx.other.example.', (fields) => [
    octets16(wholeField(fields, 'preference', OCTETS_16)),
    nameFieldOctets(fields, 'exchanger'),
  ]),
  LOC: asOctets('LOC', 29, '51 30 12 N 0 7 39 W 10m', (fields) => [locOctets(fields)]),
  // RFC 4398 §2.
  CERT: asOctets('CERT', 37, '1 0 0 MIIB…', (fields) => [
    octets16(
      wholeField(fields, 'certificate type', OCTETS_16, {
        PKIX: 1,
        SPKI: 2,
        PGP: 3,
        IPKIX: 4,
        ISPKI: 5,
        IPGP: 6,
        ACPKIX: 7,
        IACPKIX: 8,
        URI: 253,
        OID: 254,
      }),
    ),
    octets16(wholeField(fields, 'key tag', OCTETS_16)),
    octet(wholeField(fields, 'algorithm', OCTET, ALGORITHMS)),
    base64Field(fields, 'certificate'),
  ]),
  DHCID: asOctets('DHCID', 49, 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=', (fields) => [
    base64Field(fields, 'digest'),
  ]),
  OPENPGPKEY: asOctets('OPENPGPKEY', 61, 'mQENBF…', (fields) => [base64Field(fields, 'key')]),
  // RFC 7208 §3.1 gave it up; zones have it still.
  SPF: text('SPF', 99),
  EUI48: asOctets('EUI48', 108, '00-00-5e-00-53-2a', (fields) => [euiOctets(fields, 6)]),
  EUI64: asOctets('EUI64', 109, '00-00-5e-ef-10-00-00-2a', (fields) => [euiOctets(fields, 8)]),
  // RFC 7553 §4.5: the target is no character string: it goes to the end of the data.
  URI: asOctets('URI', 256, '10 1 "https://other.example/"', (fields) => [
    octets16(wholeField(fields, 'priority', OCTETS_16), wholeField(fields, 'weight', OCTETS_16)),
    octetsOf(nextField(fields, 'target')),
  ]),
}
