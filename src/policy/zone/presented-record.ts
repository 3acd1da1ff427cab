import * as z from 'zod'
import type { RecordData } from '../../domain/zone.ts'
import { type Cursor, isMapping, nameOf, type Reporter, show } from '../cursor.ts'
import { entriesOf } from '../master-file/lexer.ts'
import type { ReadName } from '../rdata/fields.ts'
import { isBelow, readName } from '../rdata/name-text.ts'
import { type ReadType, readRecordData } from '../rdata/read-record.ts'
import { PRESENTED_TYPES } from '../rdata/record-types.ts'
import { SVC_KEY_NAMES } from '../rdata/svc-params.ts'
import { BadText, shown, type Token } from '../rdata/token.ts'
import { readFields } from '../read.ts'
import { whole } from '../shape/fault.ts'
import type { RecordType } from './record-type.ts'

const octet = whole(0, 255)
const octet16 = whole(0, 65_535)
const octetOrName = z.union([octet, z.string('a number from 0 to 255')])
const text = z.string('a text')
const digits = z.string('hexadecimal digits in quotes')

const paramValue = z.union([
  z.literal(true, 'a value, or `true` for a key without one'),
  z.null(),
  z.number('a number'),
  text,
  z.array(z.union([text, z.number('a number')])),
])
const svcShape = z.strictObject({
  priority: octet16.meta({ description: '0 makes it an alias (RFC 9460 §2.4.2).' }),
  target: z.string('a name').meta({ description: 'A name; `.` is the name of the record itself.' }),
  params: z
    .record(z.string(), paramValue)
    .optional()
    .meta({ description: `${SVC_KEY_NAMES.join(', ')}, or \`key\` and a number; \`true\` for those without a value.` }),
})

/** Fields of the types that may be written as a mapping, in the order in which a master file has them. */
export const FIELDS_OF: Readonly<Record<string, z.ZodObject>> = {
  NAPTR: z.strictObject({
    order: octet16,
    preference: octet16,
    flags: text.prefault(''),
    services: text.prefault(''),
    regexp: text.prefault(''),
    replacement: z.string('a name').prefault('.'),
  }),
  TLSA: z.strictObject({ usage: octetOrName, selector: octetOrName, matching: octetOrName, data: digits }),
  SSHFP: z.strictObject({ algorithm: octet, type: octet, fingerprint: digits }),
  DS: z.strictObject({ keyTag: octet16, algorithm: octetOrName, digestType: octetOrName, digest: digits }),
  SVCB: svcShape,
  HTTPS: svcShape,
}

const textShape = z.string('a text')

/** A type that is written as in a master file, and some of them as a mapping too. */
export function presentedType(name: string): RecordType {
  const type = PRESENTED_TYPES[name]
  if (type === undefined) throw new Error(`${name} is no record type`)
  const fields = FIELDS_OF[name]
  return {
    shape: fields === undefined ? textShape : z.union([textShape, fields]),
    example: type.example,
    read(value, zone) {
      if (fields !== undefined && isMapping(value.value)) return readMapping(value, { name, type }, fields, zone)
      return readText(value, { name, type }, type.example, fields, zone)
    },
  }
}

/** A type that nobody here knows: its octets (RFC 3597). */
export const unknownType = (name: string, number: number): RecordType => ({
  shape: textShape,
  example: UNKNOWN_EXAMPLE,
  read: (value, zone) => readText(value, { name, number }, UNKNOWN_EXAMPLE, undefined, zone),
})

const UNKNOWN_EXAMPLE = '\\# 4 0a000001'

/** The type as it is, and besides in the generic form of RFC 3597 §5. */
export function orGeneric(name: string, own: RecordType): RecordType {
  const type = PRESENTED_TYPES[name]
  if (type === undefined || name === 'ALIAS') return own
  return {
    ...own,
    read: (value, zone) =>
      typeof value.value === 'string' && /^\\#(?:\s|$)/.test(value.value)
        ? readText(value, { name, type }, own.example, undefined, zone)
        : own.read(value, zone),
  }
}

function readText(
  value: Cursor,
  of: ReadType,
  example: string,
  fields: z.ZodObject | undefined,
  zone: string,
): RecordData | undefined {
  const written = value.value
  if (typeof written !== 'string') {
    const mapping = fields === undefined ? '' : `, or a mapping of ${Object.keys(fields.shape).join(', ')}`
    value.report({
      rule: 'bad-record',
      message: `${nameOf(value.path)} is ${show(written)}`,
      hint: `expected \`${example}\`${mapping}`,
    })
    return undefined
  }
  let faults = 0
  // A block of YAML may go over several lines; in a record these are white space.
  const entries = [
    ...entriesOf(written.replaceAll('\n', ' '), (_, rule, message, hint) => {
      faults++
      value.report({ rule, message, hint })
    }),
  ]
  const tokens = entries[0]?.tokens ?? []
  if (faults > 0) return undefined
  return presentedAt(value, new Map(), () =>
    readRecordData(of, tokens, tokens[0] ?? word(`${of.name}`), nameBelow(zone)),
  )
}

const word = (text: string): Token => ({ text, form: 'word', glued: false, line: 1, column: 1 })

/** Each field is one token, so that the one reader of the type says what is wrong with it, at its place. */
function readMapping(value: Cursor, of: ReadType, fields: z.ZodObject, zone: string): RecordData | undefined {
  const read = readFields(value, fields)
  const isLost = (name: string): boolean => value.child(name).value !== undefined || name !== 'params'
  if (read === undefined || Object.entries(read).some(([name, field]) => field === undefined && isLost(name)))
    return undefined
  const places = new Map<Token, Cursor>()
  const tokens = Object.keys(fields.shape).flatMap((name) => {
    const place = value.child(name)
    const found =
      name === 'params' ? paramTokens(place, places) : [{ ...word(String(read[name])), form: 'literal' as const }]
    for (const token of found) if (!places.has(token)) places.set(token, place)
    return found
  })
  return presentedAt(value, places, () => readRecordData(of, tokens, word(of.name), nameBelow(zone)))
}

function paramTokens(params: Cursor, places: Map<Token, Cursor>): readonly Token[] {
  return params.entries().flatMap(([key, value]) => {
    const isAlone = value.value === true || value.value === null
    const name = word(isAlone ? key : `${key}=`)
    places.set(name, value)
    if (isAlone) return [name]
    const items = value.items().map((item) => String(item.value))
    // Appendix A.1 of RFC 9460: inside an item of a list, commas and backslashes are escaped.
    const listed = Array.isArray(value.value)
      ? items.map((item) => item.replace(/[\\,]/g, '\\$&')).join(',')
      : (items[0] ?? '')
    const behind: Token = { ...word(listed), form: 'literal', glued: true }
    places.set(behind, value)
    return [name, behind]
  })
}

/** Runs a reader of text; what it throws is told at the place of its token. */
export function presentedAt<T>(value: Reporter, places: ReadonlyMap<Token, Reporter>, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BadText)) throw error
    const { rule, message, hint } = error
    const place = places.get(error.token) ?? value
    place.report({ rule, message, hint })
    return undefined
  }
}

/** As `readTarget`: a name of several labels that is not in the zone needs its dot. */
const nameBelow =
  (zone: string): ReadName =>
  (token, root) => {
    const { text } = token
    if (text === '.' && root === 'noRoot')
      throw new BadText(
        token,
        'bad-name',
        'the root stands as a name here',
        'expected a name such as `www.other.example.`',
      )
    if (text === '@' || text.endsWith('.') || !text.includes('.')) return readName(token, zone)
    const inFull = readName(token, '')
    if (isBelow(inFull, zone)) return inFull
    throw new BadText(
      token,
      'ambiguous-name',
      `${shown(token)} has no dot at its end`,
      `write \`${text}.\` for a name in full, or \`${text}.${zone}.\` for a name below this zone`,
    )
  }
