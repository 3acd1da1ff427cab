import * as z from 'zod'
import type { StaticRecord } from '../../domain/zone.ts'
import { type Cursor, nameOf, show } from '../cursor.ts'
import { readFields } from '../read.ts'
import { oneOrMore } from '../shape/fault.ts'
import { ttl } from '../shape/units.ts'
import { readOwner } from './owner-name.ts'
import { RECORD_TYPES, recordTypeNamed } from './record-data.ts'

const TYPE_PHRASE = 'a record type such as `A`'

const recordFrame = z.strictObject({
  name: z.string('a name').meta({
    description: 'Name below the zone; `@` is the zone itself; in full with a dot at its end.',
    examples: ['@', 'www'],
  }),
  type: z.union([
    z.enum(Object.keys(RECORD_TYPES)),
    z
      .string(TYPE_PHRASE)
      .regex(/^TYPE\d{1,5}$/, TYPE_PHRASE)
      .meta({ description: 'A type by its number (RFC 3597).', examples: ['TYPE65280'] }),
  ]),
  value: z.unknown().meta({ description: 'One value or a list of them.' }),
  ttl: ttl.optional(),
})

const shapes = [...new Set(Object.values(RECORD_TYPES).map(({ shape }) => shape))]
const valueShape = z.union(shapes as [z.ZodType, ...z.ZodType[]])

export const recordsShape = z
  .array(
    recordFrame
      .extend({ value: oneOrMore(valueShape) })
      .meta({ id: 'record', description: 'Static records of one name and type.' }),
  )
  .optional()
  .meta({ description: 'Static records.' })

/** A record and the value that it came from. */
export interface Found {
  readonly record: StaticRecord
  readonly source: Cursor
}

/** `records:` of a zone document. */
export function readRecords(cursor: Cursor, zone: string, defaultTtl: number): readonly Found[] {
  if (cursor.value === undefined) return []
  if (!Array.isArray(cursor.value)) {
    cursor.report({
      rule: 'wrong-type',
      message: `\`records\` is ${show(cursor.value)}`,
      hint: 'expected a list, such as `- { name: www, type: A, value: 192.0.2.10 }`',
    })
    return []
  }
  return cursor.items().flatMap((item) => readRecord(item, zone, defaultTtl))
}

function readRecord(cursor: Cursor, zone: string, defaultTtl: number): readonly Found[] {
  const type = cursor.child('type').value
  const definition = typeof type === 'string' ? recordTypeNamed(type, cursor.child('type')) : undefined
  if (typeof type === 'string' && definition === undefined) return []
  const fields = readFields(cursor, recordFrame)
  const owner = fields?.name === undefined ? undefined : readOwner(cursor.child('name'), zone)
  if (fields?.type === undefined || definition === undefined) return []
  const value = cursor.child('value')
  if (value.value === undefined) {
    cursor.report({
      rule: 'missing-key',
      message: `${nameOf(cursor.path)} has no \`value\``,
      hint: `such as \`${definition.example}\``,
      part: 'key',
    })
    return []
  }
  if (Array.isArray(value.value) && value.value.length === 0) {
    value.report({
      rule: 'bad-record',
      message: 'the record has no value',
      hint: `expected at least one, such as \`${definition.example}\``,
    })
  }
  return value.items().flatMap((one) => {
    const data = definition.read(one, zone)
    if (data === undefined || owner === undefined) return []
    return [{ record: { name: owner, ttlSeconds: fields.ttl ?? defaultTtl, at: one.at(), ...data }, source: one }]
  })
}
