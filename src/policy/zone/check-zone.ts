import type { Policy } from '../../domain/policy.ts'
import type { Turns } from '../../domain/turns.ts'
import type { StaticRecord, Zone } from '../../domain/zone.ts'
import type { Finding } from '../cursor.ts'
import type { ReadZone, RecordSource } from './read-zone.ts'
import { dataOctets, dataText, typeOf } from './record-text.ts'

/** Pauses every so many records. */
const A_TURN = 2_000

type Verdict = 'kept' | 'left out'

interface RrsetSoFar {
  readonly ttlSeconds: number
  /** One record is the rule; a set costs much where there are a million. */
  data: string | Set<string>
  octets: number
}

interface Checked {
  readonly zone: Zone
  readonly serviceAt: (name: string) => Policy | undefined
  readonly rrsets: Map<string, RrsetSoFar>
  readonly typesAt: Map<string, string[]>
}

/**
 * Rules between the records of a zone, and between them and the services that live in it. Records of master files that contradict
 * no protocol are mended with a warning, as other servers do: what comes back is the zone without those left out.
 */
export function* checkZone({ zone, sourceOf }: ReadZone, serviceAt: (name: string) => Policy | undefined): Turns<Zone> {
  const checked: Checked = { zone, serviceAt, rrsets: new Map(), typesAt: serverTypes(zone) }
  const changed = new Map<number, StaticRecord | null>()
  for (const [index, record] of zone.records.entries()) {
    if (index % A_TURN === A_TURN - 1) yield
    const source = lazily(() => sourceOf(index))
    if (checkRecord(record, checked, source) === 'left out') {
      changed.set(index, null)
      continue
    }
    const ttlSeconds = checkRrset(record, checked, source)
    if (ttlSeconds === null) changed.set(index, null)
    else if (ttlSeconds !== record.ttlSeconds) changed.set(index, { ...record, ttlSeconds })
  }
  for (const [index, record] of zone.records.entries())
    checkDelegation(
      record,
      checked,
      lazily(() => sourceOf(index)),
      changed,
      index,
    )
  if (changed.size === 0) return zone
  const records = zone.records.flatMap((record, index) => {
    const other = changed.get(index)
    return other === undefined ? record : (other ?? [])
  })
  return { ...zone, records }
}

interface Source {
  readonly kind: () => RecordSource['kind']
  readonly report: (finding: Finding) => void
}

/** Most records are never spoken of. */
const lazily = (make: () => RecordSource): Source => ({
  kind: () => make().kind,
  report: (finding) => make().report(finding),
})

/** Told as an error in a document; in a master file as a warning, and then the record is left out. */
function leaveOut(source: Source, finding: Finding): Verdict {
  const isFile = source.kind() === 'file'
  source.report(isFile ? { ...finding, severity: 'warning', hint: 'the record is left out' } : finding)
  return isFile ? 'left out' : 'kept'
}

function checkRecord(record: StaticRecord, checked: Checked, source: Source): Verdict {
  checkApex(record, checked.zone, source)
  // What gives way to a service contradicts nothing else.
  if (checkService(record, checked, source) === 'left out') return 'left out'
  checkOtherData(record, checked, source)
  checkBinding(record, source)
  return 'kept'
}

function checkApex(record: StaticRecord, zone: Zone, source: Source): void {
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

/** RFC 2181 §5: an RRset has no record twice; §5.2: its TTLs are the same. The TTL of the record, or null when it is left out. */
function checkRrset(record: StaticRecord, { rrsets }: Checked, source: Source): number | null {
  const type = typeOf(record)
  const key = `${record.name} ${type}`
  const data = dataText(record)
  const set = rrsets.get(key)
  if (set === undefined) {
    const first = { ttlSeconds: record.ttlSeconds, data, octets: 0 }
    rrsets.set(key, first)
    checkSize(first, dataOctets(record), key, source)
    return record.ttlSeconds
  }
  const isTwice = typeof set.data === 'string' ? set.data === data : set.data.has(data)
  if (isTwice) {
    const finding = { rule: 'duplicate-record', message: `\`${key}\` has the same record twice`, hint: 'remove one' }
    if (leaveOut(source, finding) === 'left out') return null
  }
  if (set.ttlSeconds !== record.ttlSeconds) {
    const isFile = source.kind() === 'file'
    source.report({
      severity: isFile ? 'warning' : 'error',
      rule: 'rrset-ttl',
      message: `\`${key}\` has records with the TTLs ${set.ttlSeconds}s and ${record.ttlSeconds}s`,
      hint: isFile
        ? 'the first one is taken for all (RFC 2181 §5.2)'
        : 'records of one name and type have one TTL (RFC 2181 §5.2)',
    })
  }
  const isFirstOther = typeof set.data === 'string' && !isTwice
  if (isFirstOther && (type === 'CNAME' || type === 'ALIAS')) {
    source.report({
      rule: 'several-aliases',
      message: `\`${record.name}\` has more than one ${type}`,
      hint: 'a name has one (RFC 2181 §10.1)',
    })
  }
  if (typeof set.data !== 'string') set.data.add(data)
  else if (!isTwice) set.data = new Set([set.data, data])
  checkSize(set, dataOctets(record), key, source)
  return set.ttlSeconds
}

/** What a TCP message holds behind its header, its question and an OPT record (RFC 1035 §4.2.2: the length has two octets). */
const MAX_RRSET_OCTETS = 65_000

function checkSize(set: RrsetSoFar, octets: number, key: string, source: Source): void {
  const before = set.octets
  set.octets += octets
  if (before > MAX_RRSET_OCTETS || set.octets <= MAX_RRSET_OCTETS) return
  source.report({
    rule: 'rrset-too-large',
    message: `the records \`${key}\` have more than ${MAX_RRSET_OCTETS} octets together`,
    hint: 'no DNS message holds them all: remove some',
  })
}

const ADDRESS_TYPES: readonly string[] = ['A', 'AAAA']

/** RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present". ALIAS stands for addresses. */
function checkOtherData(record: StaticRecord, { typesAt, zone }: Checked, source: Source): void {
  const type = typeOf(record)
  const types = typesAt.get(record.name)
  if (types === undefined) {
    typesAt.set(record.name, [type])
    return
  }
  const others = types.filter((other) => other !== type)
  const cname = type === 'CNAME' ? others[0] : others.find((other) => other === 'CNAME')
  // At the apex there is a better message.
  if (cname !== undefined && record.name !== zone.name) {
    const other = type === 'CNAME' ? cname : type
    source.report({
      rule: 'cname-and-other-data',
      message: `\`${record.name}\` has a CNAME and ${other} data`,
      hint: 'a name with a CNAME has nothing else (RFC 1034 §3.6.2)',
    })
  }
  const clash =
    type === 'ALIAS'
      ? others.find((other) => ADDRESS_TYPES.includes(other))
      : ADDRESS_TYPES.includes(type)
        ? others.find((other) => other === 'ALIAS')
        : undefined
  if (clash !== undefined) {
    source.report({
      rule: 'alias-and-addresses',
      message: `\`${record.name}\` has an ALIAS and addresses of its own`,
      hint: 'an ALIAS stands for A and AAAA: keep one of the two',
    })
  }
  if (others.length === types.length) types.push(type)
}

/** Types of the addresses that names have as name servers. */
function serverTypes(zone: Zone): Map<string, string[]> {
  const types = new Map<string, string[]>()
  for (const { name, addresses } of zone.ns) {
    if (addresses.length > 0)
      types.set(name, [...new Set(addresses.map(({ family }) => (family === 4 ? 'A' : 'AAAA')))])
  }
  return types
}

const STEERED: readonly string[] = ['A', 'AAAA', 'CNAME', 'ALIAS']

/** At a service's name the service answers A, AAAA and CNAME, and HTTPS if it says so itself. In a master file it takes their place. */
function checkService(record: StaticRecord, { serviceAt }: Checked, source: Source): Verdict {
  const isHttps = record.type === 'HTTPS'
  if (!STEERED.includes(record.type) && record.type !== 'NS' && !isHttps) return 'kept'
  const policy = serviceAt(record.name)
  if (policy === undefined || (isHttps && policy.https === null)) return 'kept'
  const finding: Finding = {
    rule: 'record-at-service-name',
    message: `\`${record.name}\` has a record of type ${record.type} and is a name of the service \`${policy.service}\` (${policy.at.file}:${policy.at.line})`,
    hint:
      record.type === 'CNAME'
        ? 'a name with a CNAME has nothing else (RFC 1034 §3.6.2)'
        : 'the service answers there: remove the record or the name',
  }
  if (record.type !== 'NS') return leaveOut(source, finding)
  // A delegation gives the name away: no service could answer there.
  source.report(finding)
  return 'kept'
}

/** RFC 9460 §2.4.2: in AliasMode, "recipients MUST ignore any SvcParams that are present". */
function checkBinding(record: StaticRecord, source: Source): void {
  if ((record.type !== 'SVCB' && record.type !== 'HTTPS') || record.priority !== 0 || record.params.length === 0) return
  source.report({
    severity: 'warning',
    rule: 'alias-with-params',
    message: `the ${record.type} record at \`${record.name}\` has priority 0 and parameters, which nobody reads`,
    hint: 'leave them out, or write a priority from 1 (RFC 9460 §2.4.2)',
  })
}

/** RFC 4034 §5: a DS record is "present … at a delegation point"; alone it would say of a name that it is somebody else's. */
function checkDelegation(
  record: StaticRecord,
  { typesAt, zone }: Checked,
  source: Source,
  changed: Map<number, StaticRecord | null>,
  index: number,
): void {
  if (typeOf(record) !== 'DS' || changed.get(index) === null) return
  if (record.name !== zone.name && typesAt.get(record.name)?.includes('NS') === true) return
  const finding: Finding = {
    rule: 'ds-without-ns',
    message: `\`${record.name}\` has a DS record${record.name === zone.name ? ', which belongs into the parent zone' : ' and no NS record'}`,
    hint: 'a DS stands beside the NS records of a delegation (RFC 4034 §5)',
  }
  if (leaveOut(source, finding) === 'left out') changed.set(index, null)
}
