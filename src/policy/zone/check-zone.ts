import { formatAddress } from '../../domain/address.ts'
import type { Policy } from '../../domain/policy.ts'
import type { RecordData, StaticRecord, Zone } from '../../domain/zone.ts'
import type { Cursor } from '../cursor.ts'
import type { ReadZone } from './zone.ts'

/** Rules between the records of a zone, and between them and the services that live in it. */
export function checkZone({ zone, sources }: ReadZone, policies: readonly Policy[]): void {
  const rrsets = new Map<string, { readonly ttlSeconds: number; readonly data: Set<string> }>()
  const typesAt = new Map<string, Set<string>>()
  for (const [index, record] of zone.records.entries()) {
    const source = sources[index]
    if (source === undefined) continue
    checkApex(record, zone, source)
    checkRrset(record, rrsets, source)
    checkOtherData(record, typesAt, zone, source)
    checkService(record, policies, source)
  }
}

function checkApex(record: StaticRecord, zone: Zone, source: Cursor): void {
  if (record.name !== zone.name) return
  if (record.type === 'CNAME') {
    // RFC 1912 §2.4: SOA and NS are always at the apex, so a CNAME never can be.
    source.report({
      rule: 'cname-at-apex',
      message: `a CNAME stands at the zone's apex \`${zone.name}\``,
      hint: 'write `type: ALIAS`: the node resolves it to addresses',
    })
  }
  if (record.type === 'NS')
    source.report({
      rule: 'ns-at-apex',
      message: 'an NS record stands at the apex',
      hint: 'write it under `ns` of the zone',
    })
}

/** RFC 2181 §5: an RRset has no record twice; §5.2: its TTLs are the same. */
function checkRrset(
  record: StaticRecord,
  rrsets: Map<string, { readonly ttlSeconds: number; readonly data: Set<string> }>,
  source: Cursor,
): void {
  const key = `${record.name} ${record.type}`
  const data = dataText(record)
  const set = rrsets.get(key)
  if (set === undefined) {
    rrsets.set(key, { ttlSeconds: record.ttlSeconds, data: new Set([data]) })
    return
  }
  if (set.data.has(data))
    source.report({ rule: 'duplicate-record', message: `\`${key}\` has the same record twice`, hint: 'remove one' })
  if (set.ttlSeconds !== record.ttlSeconds) {
    source.report({
      rule: 'rrset-ttl',
      message: `\`${key}\` has records with the TTLs ${set.ttlSeconds}s and ${record.ttlSeconds}s`,
      hint: 'records of one name and type have one TTL (RFC 2181 §5.2)',
    })
  }
  if (set.data.size === 1 && !set.data.has(data) && (record.type === 'CNAME' || record.type === 'ALIAS')) {
    source.report({
      rule: 'several-aliases',
      message: `\`${record.name}\` has more than one ${record.type}`,
      hint: 'a name has one (RFC 2181 §10.1)',
    })
  }
  set.data.add(data)
}

const ADDRESS_TYPES: readonly string[] = ['A', 'AAAA']

/** RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present". ALIAS stands for addresses. */
function checkOtherData(record: StaticRecord, typesAt: Map<string, Set<string>>, zone: Zone, source: Cursor): void {
  const types = typesAt.get(record.name) ?? new Set(serverTypes(record.name, zone))
  typesAt.set(record.name, types)
  const others = [...types].filter((type) => type !== record.type)
  const cname = record.type === 'CNAME' ? others[0] : others.find((type) => type === 'CNAME')
  // At the apex there is a better message.
  if (cname !== undefined && record.name !== zone.name) {
    const other = record.type === 'CNAME' ? cname : record.type
    source.report({
      rule: 'cname-and-other-data',
      message: `\`${record.name}\` has a CNAME and ${other} data`,
      hint: 'a name with a CNAME has nothing else (RFC 1034 §3.6.2)',
    })
  }
  const clash =
    record.type === 'ALIAS'
      ? others.find((type) => ADDRESS_TYPES.includes(type))
      : ADDRESS_TYPES.includes(record.type)
        ? others.find((type) => type === 'ALIAS')
        : undefined
  if (clash !== undefined) {
    source.report({
      rule: 'alias-and-addresses',
      message: `\`${record.name}\` has an ALIAS and addresses of its own`,
      hint: 'an ALIAS stands for A and AAAA: keep one of the two',
    })
  }
  types.add(record.type)
}

/** Types of the addresses that a name has as a name server. */
const serverTypes = (name: string, zone: Zone): readonly string[] =>
  zone.ns
    .filter((server) => server.name === name)
    .flatMap(({ addresses }) => addresses.map(({ family }) => (family === 4 ? 'A' : 'AAAA')))

/** At a service's name the service answers A, AAAA and CNAME. */
function checkService(record: StaticRecord, policies: readonly Policy[], source: Cursor): void {
  const steered =
    record.type === 'CNAME' || record.type === 'ALIAS' || record.type === 'NS' || ADDRESS_TYPES.includes(record.type)
  if (!steered) return
  const policy = policies.find(({ names }) => names.dns.includes(record.name))
  if (policy === undefined) return
  source.report({
    rule: 'record-at-service-name',
    message: `\`${record.name}\` has a record of type ${record.type} and is a name of the service \`${policy.service}\` (${policy.at.file}:${policy.at.line})`,
    hint:
      record.type === 'CNAME'
        ? 'a name with a CNAME has nothing else (RFC 1034 §3.6.2)'
        : 'the service answers there: remove the record or the name',
  })
}

/** Canonical text of a record's data: equal when the records are. */
function dataText(record: RecordData): string {
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
      return record.strings.map((string) => string.join(',')).join(';')
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`
    case 'CAA':
      return `${record.flags} ${record.tag} ${record.value}`
  }
}
