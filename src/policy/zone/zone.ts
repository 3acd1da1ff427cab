import * as z from 'zod'
import type { SourcePosition } from '../../domain/policy.ts'
import type { Turns } from '../../domain/turns.ts'
import type { Zone } from '../../domain/zone.ts'
import type { Cursor } from '../cursor.ts'
import { readFields } from '../read.ts'
import { cidr } from '../shape/addresses.ts'
import { oneOrMore, something, whole } from '../shape/fault.ts'
import { dnsName, mailboxName, zoneName } from '../shape/names.ts'
import { ttl } from '../shape/units.ts'
import { type FileZone, fileRecordSource, type MasterTexts, readZoneFile } from './file-zone.ts'
import { nameServersShape, readNameServers } from './name-servers.ts'
import type { ReadZone } from './read-zone.ts'
import { readRecords, recordsShape } from './records.ts'

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

const DEFAULT_TTL = '1h'

const frame = z.strictObject({
  $schema: z.string().optional(),
  zone: zoneName,
  ttl: ttl.prefault(DEFAULT_TTL).meta({ description: 'TTL of the records that state none, of NS and SOA.' }),
  soa: soaShape.prefault({}),
  ecs: z
    .union([
      z.enum(['always', 'never']),
      z.strictObject({
        trusted: oneOrMore(cidr).meta({ description: 'Networks of the resolvers whose client subnets are believed.' }),
      }),
    ])
    .prefault('always')
    .meta({
      description: 'Whose client subnets are believed (RFC 7871): of all resolvers, of none, or of those listed.',
    }),
})

const file = z.string('the path of a master file').meta({
  description: 'A master file (RFC 1035) with the records of the zone, beside this document; SOA and NS come from it.',
  examples: ['geo.example.zone'],
})

export const zoneShape = z
  .union([
    frame.extend({ ns: nameServersShape, records: recordsShape }),
    frame.extend({ file, ns: nameServersShape.optional(), records: recordsShape }),
  ])
  .meta({ title: 'Zone', description: 'A DNS zone that the nodes are authoritative for.' })

const alone = frame.extend({ file: file.optional(), ns: something, records: z.unknown().optional() })
const withFile = frame.extend({ file, ns: z.unknown().optional(), records: z.unknown().optional() })

/** A zone's document with its master file; undefined after reporting what is wrong. */
export function* readZone(cursor: Cursor, texts: MasterTexts): Turns<ReadZone | undefined> {
  const hasFile = cursor.child('file').value !== undefined
  const fields = hasFile ? readFields(cursor, withFile) : readFields(cursor, alone)
  if (fields?.zone === undefined) return undefined
  const name = fields.zone
  const path = 'file' in fields ? fields.file : undefined
  const master = path === undefined ? null : yield* readZoneFile(path, name, cursor, texts)
  if (hasFile && master === null) return undefined
  const own = readRecords(cursor.child('records'), name, fields.ttl)
  const ns = master?.ns.length ? nsOfFile(master, cursor) : readNameServers(cursor.child('ns'), name)
  if (master !== null && ns.length === 0 && cursor.child('ns').value === undefined)
    cursor.child('file').report({
      rule: 'no-name-servers',
      message: `neither the master file nor this document has name servers of \`${name}\``,
      hint: 'add NS records at its apex, or `ns: { ns1.geo.example: 192.0.2.53 }`',
    })
  const { soa } = fields
  const ofDocument: Zone['soa'] = {
    mname: soa.mname ?? ns[0]?.name ?? name,
    rname: soa.rname ?? `hostmaster.${name}`,
    serial: soa.serial,
    refreshSeconds: soa.refresh,
    retrySeconds: soa.retry,
    expireSeconds: soa.expire,
    minimumSeconds: soa.minimum,
    ttlSeconds: soa.ttl ?? fields.ttl,
  }
  const inFile = master?.records ?? []
  return {
    zone: {
      name,
      soa: master?.soa == null ? ofDocument : soaOfFile(master.soa, cursor),
      ns,
      nsTtlSeconds: master?.nsTtlSeconds ?? fields.ttl,
      records: [...inFile, ...own.map(({ record }) => record)],
      ecs: fields.ecs,
      at: cursor.child('zone').keyAt(),
    },
    place: cursor.child('zone'),
    sourceOf: (index) => {
      const source = own[index - inFile.length]?.source
      if (source !== undefined) return { kind: 'document', report: source.report }
      return fileRecordSource(inFile[index], master)
    },
  }
}

function soaOfFile(soa: NonNullable<FileZone['soa']>, cursor: Cursor): Zone['soa'] {
  if (cursor.child('soa').value !== undefined) reportTwice(cursor.child('soa'), 'the SOA', soa.at)
  return soa.fields
}

function nsOfFile({ ns, nsAt }: FileZone, cursor: Cursor): Zone['ns'] {
  if (cursor.child('ns').value !== undefined) reportTwice(cursor.child('ns'), 'name servers', nsAt)
  return ns
}

const reportTwice = (cursor: Cursor, what: string, { file: path, line }: SourcePosition): void =>
  cursor.report({
    rule: 'in-file-too',
    message: `the master file has ${what} already (${path}:${line})`,
    hint: 'keep one of the two',
    part: 'key',
  })
