import * as z from 'zod'
import type { IpAddress } from '../../domain/address.ts'
import type { RecordData, StaticRecord, Zone } from '../../domain/zone.ts'
import { type Cursor, isMapping, nameOf, show } from '../cursor.ts'
import { checkTwice } from '../documents/endpoint.ts'
import { read, readFields } from '../read.ts'
import { eitherAddress } from '../shape/addresses.ts'
import { oneOrMore, something, whole } from '../shape/fault.ts'
import { checkName, dnsName, mailboxName, zoneName } from '../shape/names.ts'
import { ttl } from '../shape/units.ts'
import { didYouMean } from '../suggest.ts'
import { isWithin, readOwner } from './owner-name.ts'
import { RECORD_TYPES } from './record-data.ts'

// Nobody transfers the zone, so these only tell people and checkers what is usual (RIPE-203, RFC 1912 §2.2).
const soaShape = z
  .strictObject({
    mname: dnsName.optional().meta({ description: 'Primary name server; the first of `ns` when left out.' }),
    rname: mailboxName.optional(),
    serial: whole(0, 4_294_967_295, 'a serial')
      .nullable()
      .prefault(null)
      .meta({ description: 'Taken from the revision when left out.' }),
    refresh: ttl.prefault('2h'),
    retry: ttl.prefault('15m'),
    expire: ttl.prefault('14d'),
    minimum: ttl.prefault('60s').meta({ description: 'How long "there is no such name" may be cached (RFC 2308 §4).' }),
    ttl: ttl.optional(),
  })
  .meta({ description: 'Start of authority.' })

const addresses = z.union([z.array(eitherAddress), eitherAddress.transform((one) => [one])]).nullable()

const DEFAULT_TTL = '1h'

const frame = z.strictObject({
  $schema: z.string().optional(),
  zone: zoneName,
  ttl: ttl.prefault(DEFAULT_TTL).meta({ description: 'TTL of the records that state none, of NS and SOA.' }),
  soa: soaShape.prefault({}),
  ecs: z
    .enum(['always', 'never'])
    .prefault('always')
    .meta({ description: 'Whether client subnets of queries are believed (RFC 7871).' }),
})

const recordFrame = z.strictObject({
  name: z.string('a name').meta({
    description: 'Name below the zone; `@` is the zone itself; in full with a dot at its end.',
    examples: ['@', 'www'],
  }),
  type: z.enum(Object.keys(RECORD_TYPES) as [RecordData['type'], ...RecordData['type'][]]),
  value: z.unknown().meta({ description: 'One value or a list of them.' }),
  ttl: ttl.optional(),
})

const valueShape = z.union(Object.values(RECORD_TYPES).map(({ shape }) => shape) as [z.ZodType, ...z.ZodType[]])

const sections = {
  ns: z
    .union([oneOrMore(zoneName), z.record(z.string(), addresses)])
    .meta({ description: 'Name servers of the zone → their addresses (needed for those inside the zone).' }),
  records: z
    .array(
      recordFrame
        .extend({ value: oneOrMore(valueShape) })
        .meta({ id: 'record', description: 'Static records of one name and type.' }),
    )
    .optional()
    .meta({ description: 'Static records.' }),
} as const

export const zoneShape = frame
  .extend(sections)
  .meta({ title: 'Zone', description: 'A DNS zone that the nodes are authoritative for.' })

const loose = frame.extend({ ns: something, records: z.unknown().optional() })

/** A zone and the places of its name servers' names and its records, for messages about them. */
export interface ReadZone {
  readonly zone: Zone
  readonly cursor: Cursor
  /** In the order of `zone.records`: the value that each came from. */
  readonly sources: readonly Cursor[]
}

/** A zone's document; undefined after reporting what is wrong. */
export function readZone(cursor: Cursor): ReadZone | undefined {
  const fields = readFields(cursor, loose)
  if (fields?.zone === undefined) return undefined
  const name = fields.zone
  const ns = readNameServers(cursor.child('ns'), name)
  const found = readRecords(cursor.child('records'), name, fields.ttl)
  const { soa } = fields
  return {
    zone: {
      name,
      soa: {
        mname: soa.mname ?? ns[0]?.name ?? name,
        rname: soa.rname ?? `hostmaster.${name}`,
        serial: soa.serial,
        refreshSeconds: soa.refresh,
        retrySeconds: soa.retry,
        expireSeconds: soa.expire,
        minimumSeconds: soa.minimum,
        ttlSeconds: soa.ttl ?? fields.ttl,
      },
      ns,
      nsTtlSeconds: fields.ttl,
      records: found.map(({ record }) => record),
      ecs: fields.ecs,
      at: cursor.child('zone').keyAt(),
    },
    cursor,
    sources: found.map(({ source }) => source),
  }
}

function readNameServers(cursor: Cursor, zone: string): Zone['ns'] {
  if (cursor.value === undefined) return []
  const entries: readonly (readonly [unknown, Cursor, Cursor | null])[] = isMapping(cursor.value)
    ? cursor.entries().map(([name, value]) => [name, value, value])
    : cursor.items().map((item) => [item.value, item, null])
  if (entries.length === 0) {
    cursor.report({
      rule: 'no-name-servers',
      message: `the zone \`${zone}\` has no name servers`,
      hint: 'expected at least one, such as `ns: { ns1.geo.example: 192.0.2.53 }`',
      part: 'key',
    })
  }
  const servers: { name: string; addresses: readonly IpAddress[] }[] = []
  const names = new Set<string>()
  for (const [text, at, value] of entries) {
    const name = typeof text === 'string' ? readServerName(at, text) : undefined
    if (typeof text !== 'string')
      at.report({
        rule: 'wrong-type',
        message: `${nameOf(at.path)} is ${show(text)}`,
        hint: 'expected the name of a name server',
      })
    const found = value === null ? [] : (read(value, addresses) ?? [])
    if (name === undefined) continue
    if (value !== null) checkTwice(value, found)
    if (names.has(name)) {
      at.report({ rule: 'duplicate-name-server', message: `the name server \`${name}\` is given twice`, part: 'key' })
    }
    // RFC 1034 §4.2.2: names of servers inside the zone can be found only by what the zone itself says.
    const empty = value === null || value.value === null || (Array.isArray(value.value) && value.value.length === 0)
    if (isWithin(name, zone) && empty) {
      at.report({
        rule: 'name-server-without-address',
        message: `the name server \`${name}\` is in the zone and has no address`,
        hint: `write \`${name}: [192.0.2.53]\``,
        part: 'key',
      })
    }
    names.add(name)
    servers.push({ name, addresses: found })
  }
  return servers
}

function readServerName(cursor: Cursor, text: string): string | undefined {
  let faults = 0
  const name = checkName(text, { labels: 'record', wildcard: 'refused' }, (fault) => {
    faults++
    cursor.report({
      rule: fault.rule,
      message: fault.message ?? `${show(text)} is no name`,
      hint: fault.hint ?? null,
      part: 'key',
    })
    return undefined as never
  })
  return faults === 0 ? name : undefined
}

interface Found {
  readonly record: StaticRecord
  readonly source: Cursor
}

function readRecords(cursor: Cursor, zone: string, defaultTtl: number): readonly Found[] {
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
  if (typeof type === 'string' && !Object.hasOwn(RECORD_TYPES, type)) {
    cursor
      .child('type')
      .report({ rule: 'unknown-record-type', message: `\`${type}\` is no record type`, hint: () => typeHint(type) })
    return []
  }
  const fields = readFields(cursor, recordFrame)
  const owner = fields?.name === undefined ? undefined : readOwner(cursor.child('name'), zone)
  if (fields?.type === undefined) return []
  const value = cursor.child('value')
  if (value.value === undefined) {
    cursor.report({
      rule: 'missing-key',
      message: `${nameOf(cursor.path)} has no \`value\``,
      hint: `such as \`${RECORD_TYPES[fields.type].example}\``,
      part: 'key',
    })
    return []
  }
  if (Array.isArray(value.value) && value.value.length === 0) {
    value.report({
      rule: 'bad-record',
      message: 'the record has no value',
      hint: `expected at least one, such as \`${RECORD_TYPES[fields.type].example}\``,
    })
  }
  const definition = RECORD_TYPES[fields.type]
  return value.items().flatMap((one) => {
    const data = definition.read(one, zone)
    if (data === undefined || owner === undefined) return []
    return [{ record: { name: owner, ttlSeconds: fields.ttl ?? defaultTtl, at: one.at(), ...data }, source: one }]
  })
}

function typeHint(type: string): string | null {
  if (type.toUpperCase() === 'SOA') return 'the SOA record is written as `soa: { … }`'
  if (Object.hasOwn(RECORD_TYPES, type.toUpperCase())) return `did you mean \`${type.toUpperCase()}\`?`
  return didYouMean(type, Object.keys(RECORD_TYPES))
}
