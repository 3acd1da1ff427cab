import type { SourcePosition } from '../../domain/policy.ts'
import type { Problem } from '../../domain/problem.ts'
import type { Turns } from '../../domain/turns.ts'
import type { StaticRecord, Zone } from '../../domain/zone.ts'
import { type Cursor, type Finding, show } from '../cursor.ts'
import { givenZone, originOfFileName, pathBeside } from '../master-file/document-path.ts'
import { isYamlPath } from '../master-file/named-files.ts'
import { type MasterZone, type OpenInclude, readMasterFile } from '../master-file/read-master-file.ts'
import type { FileSoa } from '../master-file/reading.ts'
import { isBelow } from '../rdata/name-text.ts'
import type { ReadZone, RecordSource } from './read-zone.ts'

/** The master files among the documents of a revision. */
export interface MasterTexts {
  /** Undefined when there is no such document. */
  readonly textOf: (path: string) => string | undefined
  readonly problems: Problem[]
}

/** What a master file says of a zone, its name servers apart from the other records. */
export interface FileZone {
  readonly soa: FileSoa | null
  readonly ns: Zone['ns']
  readonly nsAt: SourcePosition
  readonly nsTtlSeconds: number | null
  readonly records: readonly StaticRecord[]
  readonly reportAt: MasterZone['reportAt']
}

/** The master file that a zone document names; null after telling why there is none. */
export function* readZoneFile(name: string, zone: string, cursor: Cursor, texts: MasterTexts): Turns<FileZone | null> {
  const place = cursor.child('file')
  const path = pathBeside(cursor.at().file, name)
  const refuse = (message: string, hint: string): null => {
    place.report({ rule: 'bad-file', message, hint })
    return null
  }
  if (path === null)
    return refuse(`the file ${show(name)} is not below the policy directory`, 'put it beside this document')
  if (isYamlPath(path))
    return refuse(
      `the file ${show(name)} is called as a policy document is`,
      'a master file is called `geo.example.zone`, for example',
    )
  const text = texts.textOf(path)
  if (text === undefined)
    return refuse(`there is no file ${show(path)} in the policy directory`, 'its path is relative to this document')
  const master = yield* readMasterFile({ path, text, origin: zone, zone }, includeFrom(texts), texts.problems)
  return partsOf(master, zone, path)
}

/**
 * The zone of a document that was given with `--zone`: everything comes from the file. Undefined after telling what is wrong.
 */
export function* readGivenZone(path: string, texts: MasterTexts): Turns<ReadZone | undefined> {
  const given = givenZone(path)
  const text = texts.textOf(path)
  if (given === null || text === undefined) return undefined
  const origin = given.origin ?? originOfFileName(given.file)
  const master = yield* readMasterFile({ path, text, origin, zone: given.origin }, includeFrom(texts), texts.problems)
  const start: SourcePosition = { file: path, line: 1, column: 1 }
  if (master.soa === null || master.apex === null) {
    // A file that could not be read well may have had one.
    if (!texts.problems.some(({ at, severity }) => at.file === path && severity === 'error'))
      master.reportAt('error', start, 'no-soa', 'the file has no SOA record', 'a zone begins with one (RFC 1035 §5.2)')
    return undefined
  }
  const { at, fields } = master.soa
  if (master.apex === '') {
    master.reportAt('error', at, 'bad-zone', 'the zone is the root', 'expected a zone such as `geo.example`')
    return undefined
  }
  const parts = partsOf(master, master.apex, path)
  if (parts.ns.length === 0)
    master.reportAt(
      'error',
      at,
      'no-name-servers',
      `the zone \`${master.apex}\` has no name servers`,
      'expected NS records at its apex',
    )
  return {
    zone: {
      name: master.apex,
      soa: fields,
      ns: parts.ns,
      nsTtlSeconds: parts.nsTtlSeconds ?? fields.ttlSeconds,
      records: parts.records,
      ecs: 'always',
      at,
    },
    place: { keyAt: () => at, report: (finding) => reportFinding(finding, at, master.reportAt) },
    sourceOf: (index) => fileRecordSource(parts.records[index], parts),
  }
}

/** How rules speak of a record of a master file. */
export const fileRecordSource = (
  record: StaticRecord | undefined,
  file: Pick<FileZone, 'reportAt'> | null,
): RecordSource => ({
  kind: 'file',
  report: (finding) => {
    if (record !== undefined && file !== null) reportFinding(finding, record.at, file.reportAt)
  },
})

function reportFinding(
  { severity = 'error', rule, message, hint = null }: Finding,
  at: SourcePosition,
  reportAt: MasterZone['reportAt'],
): void {
  const words = typeof message === 'function' ? message() : message
  reportAt(severity, at, rule, words, typeof hint === 'function' ? hint() : hint)
}

const includeFrom =
  ({ textOf }: MasterTexts): OpenInclude =>
  (from, name) => {
    const path = pathBeside(from, name)
    if (path === null) return `the file ${show(name)} is not below the policy directory`
    const text = isYamlPath(path) ? undefined : textOf(path)
    return text === undefined ? `there is no file ${show(name)} beside this one` : { path, text }
  }

/** NS records of the apex are the zone's name servers; their addresses stay among the records, with TTLs of their own. */
function partsOf(master: MasterZone, zone: string, path: string): FileZone {
  const servers: ServerRecord[] = []
  const records: StaticRecord[] = []
  for (const record of master.records) {
    if (record.type === 'NS' && record.name === zone) servers.push({ target: record.target, record })
    else records.push(record)
  }
  const names = new Set(servers.map(({ target }) => target))
  const unaddressed = new Set([...names].filter((name) => isBelow(name, zone)))
  for (const { type, name } of records) if (type === 'A' || type === 'AAAA') unaddressed.delete(name)
  for (const { target, record } of servers) {
    // RFC 1034 §4.2.2: names of servers inside the zone can be found only by what the zone itself says.
    if (unaddressed.has(target))
      master.reportAt(
        'warning',
        record.at,
        'name-server-without-address',
        `the name server \`${target}\` is in the zone and has no address`,
        'add its A and AAAA records',
      )
  }
  const first = servers[0]?.record
  const other = servers.find(({ record }) => record.ttlSeconds !== first?.ttlSeconds)?.record
  if (first !== undefined && other !== undefined)
    master.reportAt(
      'warning',
      other.at,
      'rrset-ttl',
      `\`${zone} NS\` has records with the TTLs ${first.ttlSeconds}s and ${other.ttlSeconds}s`,
      'the first one is taken for all (RFC 2181 §5.2)',
    )
  return {
    soa: master.soa,
    ns: [...names].map((name) => ({ name, addresses: [] })),
    nsAt: first?.at ?? { file: path, line: 1, column: 1 },
    nsTtlSeconds: first?.ttlSeconds ?? null,
    records,
    reportAt: master.reportAt,
  }
}

interface ServerRecord {
  readonly target: string
  readonly record: StaticRecord
}
