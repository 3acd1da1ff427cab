import * as z from 'zod'
import type { RecordData } from '../../domain/zone.ts'
import { type Cursor, isMapping, nameOf, show } from '../cursor.ts'
import { MAX_CHARACTER_STRING_OCTETS } from '../limits.ts'
import { PRESENTED_TYPES } from '../rdata/record-types.ts'
import { typeNamed } from '../rdata/type-names.ts'
import { read, readFields } from '../read.ts'
import { ipv4OfRecord, ipv6OfRecord } from '../shape/addresses.ts'
import { orQuote, whole } from '../shape/fault.ts'
import { didYouMean } from '../suggest.ts'
import { readTarget } from './owner-name.ts'
import { FIELDS_OF, orGeneric, presentedAt, presentedType, unknownType } from './presented-record.ts'
import type { RecordType } from './record-type.ts'

const octet16 = whole(0, 65_535)
const nameText = z
  .string('a name')
  .meta({ description: 'A name: in full with a dot at its end, or one label below the zone, or `@`.' })

/** A value that is one name. */
function nameRecord(type: 'CNAME' | 'NS' | 'PTR' | 'ALIAS', example: string): RecordType {
  return {
    shape: nameText,
    example,
    read(value, zone) {
      const target = readTarget(value, zone)
      return target === undefined ? undefined : { type, target }
    },
  }
}

/** A value of several fields: a mapping, or the fields in one text as a zone file has them. */
function fieldsRecord<S extends z.ZodRawShape>(
  shape: z.ZodObject<S>,
  example: string,
  split: (text: string) => Record<string, unknown> | null,
  make: (fields: Cursor, zone: string) => RecordData | undefined,
): RecordType {
  return {
    shape: z.union([z.string(), shape]),
    example,
    read(value, zone) {
      if (isMapping(value.value)) return make(value, zone)
      const fields = typeof value.value === 'string' ? split(value.value) : null
      if (fields !== null) return make(value.with(fields), zone)
      value.report({
        rule: 'bad-record',
        message: `${nameOf(value.path)} is ${show(value.value)}`,
        hint: `expected \`${example}\`, or a mapping of ${Object.keys(shape.shape).join(', ')}`,
      })
      return undefined
    },
  }
}

/** Words of a text as the fields of those names; numbers where the text has whole numbers. */
function splitWords(text: string, names: readonly string[]): Record<string, unknown> | null {
  const words = text.trim().split(/\s+/)
  if (words.length !== names.length) return null
  return Object.fromEntries(words.map((word, index) => [names[index] ?? '', /^\d+$/.test(word) ? Number(word) : word]))
}

const mxShape = z.strictObject({ preference: octet16, target: nameText })
const srvShape = z.strictObject({ priority: octet16, weight: octet16, port: octet16, target: nameText })

const TAG_PHRASE = 'a tag such as `issue`, `issuewild` or `iodef` (RFC 8659 §4.1)'
const caaShape = z.strictObject({
  flags: whole(0, 255).prefault(0).meta({ description: '128 makes it critical.' }),
  tag: z.string(TAG_PHRASE).regex(/^[A-Za-z0-9]{1,15}$/, TAG_PHRASE),
  value: z.string('a text'),
})

const splitCaa = (text: string): Record<string, unknown> | null => {
  const [, flags, tag, quoted, plain] = /^\s*(\d+)\s+(\S+)\s+(?:"([^"]*)"|(\S+))\s*$/.exec(text) ?? []
  return flags === undefined ? null : { flags: Number(flags), tag, value: quoted ?? plain ?? '' }
}

/** RFC 1035 §3.3.14: one or more character strings. A longer text goes on in the next one; readers join them (RFC 7208 §3.3). */
function characterStrings(text: string): Uint8Array[] {
  const octets = new TextEncoder().encode(text)
  const strings: Uint8Array[] = []
  for (let from = 0; from < octets.length; from += MAX_CHARACTER_STRING_OCTETS)
    strings.push(octets.slice(from, from + MAX_CHARACTER_STRING_OCTETS))
  return strings.length === 0 ? [octets] : strings
}

// RDLENGTH has 16 bits (RFC 1035 §3.2.1); far less already makes an answer no UDP packet can carry.
const MAX_TXT_OCTETS = 8_192
const txtText = z.string({ error: orQuote('a text') })

/** Types that documents had first, each with a form of its own. */
const OWN_TYPES: Readonly<Record<string, RecordType>> = {
  A: {
    shape: ipv4OfRecord,
    example: '192.0.2.10',
    read(value) {
      const address = read(value, ipv4OfRecord)
      return address && { type: 'A', address }
    },
  },
  AAAA: {
    shape: ipv6OfRecord,
    example: '2001:db8::10',
    read(value) {
      const address = read(value, ipv6OfRecord)
      return address && { type: 'AAAA', address }
    },
  },
  CNAME: nameRecord('CNAME', 'www.other.example.'),
  ALIAS: nameRecord('ALIAS', 'www.other.example.'),
  NS: nameRecord('NS', 'ns1.other.example.'),
  PTR: nameRecord('PTR', 'host.other.example.'),
  MX: fieldsRecord(
    mxShape,
    '10 mail.other.example.',
    (text) => splitWords(text, ['preference', 'target']),
    (value, zone) => {
      const fields = readFields(value, mxShape)
      // RFC 7505 §3: a null MX is preference 0 and the root.
      const target = fields?.target === undefined ? undefined : readTarget(value.child('target'), zone, 'root')
      return fields?.preference === undefined || target === undefined
        ? undefined
        : { type: 'MX', preference: fields.preference, target }
    },
  ),
  TXT: {
    shape: txtText,
    example: 'v=spf1 -all',
    read(value) {
      const text = read(value, txtText)
      if (text === undefined) return undefined
      const strings = characterStrings(text)
      const octets = strings.reduce((sum, string) => sum + string.length, 0)
      if (octets <= MAX_TXT_OCTETS) return { type: 'TXT', strings }
      value.report({
        rule: 'bad-record',
        message: `the text has ${octets} octets`,
        hint: `expected at most ${MAX_TXT_OCTETS}`,
      })
      return undefined
    },
  },
  SRV: fieldsRecord(
    srvShape,
    '10 5 443 host.other.example.',
    (text) => splitWords(text, ['priority', 'weight', 'port', 'target']),
    (value, zone) => {
      const fields = readFields(value, srvShape)
      // RFC 2782: a target of "." means that the service is decidedly not available.
      const target = fields?.target === undefined ? undefined : readTarget(value.child('target'), zone, 'root')
      if (
        fields?.priority === undefined ||
        fields.weight === undefined ||
        fields.port === undefined ||
        target === undefined
      )
        return undefined
      return { type: 'SRV', priority: fields.priority, weight: fields.weight, port: fields.port, target }
    },
  ),
  CAA: fieldsRecord(caaShape, '0 issue "ca.example"', splitCaa, (value) => {
    const fields = readFields(value, caaShape)
    if (fields?.tag === undefined || fields.value === undefined) return undefined
    return { type: 'CAA', flags: fields.flags, tag: fields.tag.toLowerCase(), value: fields.value }
  }),
}

/** SPF is a TXT record since RFC 7208 §3.1: master files that still have it are read, documents need not begin with it. */
const TEXT_ONLY = Object.keys(PRESENTED_TYPES).filter((name) => !Object.hasOwn(FIELDS_OF, name) && name !== 'SPF')

/** Types of static records, in the order in which messages list them. */
export const RECORD_TYPES: Readonly<Record<string, RecordType>> = {
  ...Object.fromEntries(TEXT_ONLY.map((name) => [name, presentedType(name)])),
  ...Object.fromEntries(Object.keys(FIELDS_OF).map((name) => [name, presentedType(name)])),
  ...Object.fromEntries(
    Object.entries(OWN_TYPES).map(([name, type]) => [name, name === 'TXT' ? type : orGeneric(name, type)]),
  ),
}

/** The type by its name, or as `TYPE` and a number (RFC 3597 §5); undefined after telling that it is none. */
export function recordTypeNamed(name: string, cursor: Cursor): RecordType | undefined {
  if (Object.hasOwn(RECORD_TYPES, name)) return RECORD_TYPES[name]
  if (/^TYPE\d+$/.test(name)) return numberedType(name, cursor)
  cursor.report({ rule: 'unknown-record-type', message: `\`${name}\` is no record type`, hint: () => typeHint(name) })
  return undefined
}

function numberedType(name: string, cursor: Cursor): RecordType | undefined {
  const named = presentedAt(cursor, new Map(), () =>
    typeNamed({ text: name, form: 'word', glued: false, line: 1, column: 1 }),
  )
  switch (named?.kind) {
    case 'presented':
      return RECORD_TYPES[named.name] ?? presentedType(named.name)
    case 'unknown':
      return unknownType(named.name, named.number)
    case 'soa':
    case 'dnssec':
      cursor.report({
        rule: 'unknown-record-type',
        message: `\`${name}\` cannot stand among the records`,
        hint: named.kind === 'soa' ? SOA_HINT : 'nothing is signed here yet',
      })
      return undefined
    case undefined:
      return undefined
  }
}

const SOA_HINT = 'the SOA record is written as `soa: { … }`'

function typeHint(type: string): string | null {
  const upper = type.toUpperCase()
  if (upper === 'SOA') return SOA_HINT
  if (upper === 'SPF') return 'write `type: TXT` (RFC 7208 §3.1)'
  if (Object.hasOwn(RECORD_TYPES, upper)) return `did you mean \`${upper}\`?`
  return didYouMean(type, Object.keys(RECORD_TYPES))
}
