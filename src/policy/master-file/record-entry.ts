import type { SourcePosition } from '../../domain/policy.ts'
import type { StaticRecord } from '../../domain/zone.ts'
import { MAX_ZONE_RECORDS } from '../limits.ts'
import { readName } from '../rdata/name-text.ts'
import { readRecordData } from '../rdata/read-record.ts'
import { BadText, shown, type Token } from '../rdata/token.ts'
import { typeNamed } from '../rdata/type-names.ts'
import { isClass, isInternet } from './classes.ts'
import type { Entry } from './lexer.ts'
import { attempt, type MasterText, type Reading } from './reading.ts'
import { soaFields } from './soa.ts'
import { looksLikeTtl, ttlSeconds } from './ttl-text.ts'

/** One resource record: "<domain-name><rr>" or "<blank><rr>" (RFC 1035 §5.1). */
export function readRecordEntry({ tokens, isIndented }: Entry, reading: Reading, file: MasterText): void {
  const first = tokens[0] as Token
  const rest = isIndented ? tokens : tokens.slice(1)
  if (!isIndented) {
    const name = attempt(file, () => readName(first, reading.origin))
    reading.owner = name === null ? { kind: 'faulty' } : { kind: 'known', name }
  } else if (reading.owner.kind === 'none') {
    file.report(
      'error',
      first,
      'no-owner',
      'the record begins with a blank, and no record before it has a name',
      'begin the line with a name, such as `@`',
    )
    reading.owner = { kind: 'faulty' }
  }
  attempt(file, () => readRest(rest, first, reading, file))
}

/** RFC 1035 §5.1: "[<TTL>] [<class>] <type> <RDATA>" or "[<class>] [<TTL>] <type> <RDATA>". */
function readRest(tokens: readonly Token[], first: Token, reading: Reading, file: MasterText): void {
  let at = 0
  let ownTtl: number | null = null
  let hasClass = false
  for (; at < tokens.length; at++) {
    const token = tokens[at] as Token
    if (ownTtl === null && looksLikeTtl(token.text)) ownTtl = ttlSeconds(token)
    else if (!hasClass && isClass(token.text)) {
      if (!isInternet(token.text))
        throw new BadText(token, 'wrong-class', `the class is ${shown(token)}`, 'only IN is served')
      hasClass = true
    } else break
  }
  const typeToken = tokens[at]
  if (typeToken === undefined)
    throw new BadText(tokens.at(-1) ?? first, 'bad-record', 'the record has no type', 'expected a type such as `A`')
  if (ownTtl !== null) reading.lastTtlSeconds = ownTtl
  const type = typeNamed(typeToken)
  const data = tokens.slice(at + 1)
  const place: SourcePosition = { file: file.path, line: first.line, column: first.column }
  const nameOf = (token: Token, root: 'root' | 'noRoot'): string => {
    const name = readName(token, reading.origin)
    if (name !== '' || root === 'root') return name
    throw new BadText(
      token,
      'bad-name',
      'the root stands as a name here',
      'expected a name such as `www.other.example.`',
    )
  }
  if (type.kind === 'dnssec') {
    reading.dnssec ??= { count: 0, types: new Set(), first: place }
    reading.dnssec.count++
    reading.dnssec.types.add(type.name)
  } else if (type.kind === 'soa') {
    const fields = soaFields({ type: 'SOA', tokens: data, before: typeToken, nameOf, at: 0 })
    takeSoa(fields, ownTtl, place, reading, file)
  } else {
    const found = readRecordData(
      type.kind === 'presented' ? type : { name: type.name, number: type.number },
      data,
      typeToken,
      nameOf,
    )
    const ttl = ownTtl ?? reading.defaultTtlSeconds ?? reading.lastTtlSeconds
    if (ttl === null)
      throw new BadText(
        first,
        'no-ttl',
        'the record has no TTL, and neither `$TTL` nor a record before it gives one',
        'write `$TTL 1h` at the top',
      )
    const { owner } = reading
    if (owner.kind === 'known') addRecord({ name: owner.name, ttlSeconds: ttl, at: place, ...found }, reading, file)
  }
}

function addRecord(record: StaticRecord, reading: Reading, file: MasterText): void {
  if (reading.isFull) return
  if (reading.records.length < MAX_ZONE_RECORDS) {
    reading.records.push(record)
    return
  }
  reading.isFull = true
  file.report('error', record.at, 'too-many-records', `the zone has more than ${MAX_ZONE_RECORDS} records`, null)
}

function takeSoa(
  fields: ReturnType<typeof soaFields>,
  ownTtl: number | null,
  at: SourcePosition,
  reading: Reading,
  file: MasterText,
): void {
  const given = ownTtl ?? reading.defaultTtlSeconds ?? reading.lastTtlSeconds
  if (given === null) {
    // Old files have no $TTL, and their MINIMUM was meant as one (RFC 1035 §3.3.13, before RFC 2308).
    file.report(
      'warning',
      at,
      'no-ttl',
      `the SOA has no TTL and there is no \`$TTL\`: the minimum, ${fields.minimumSeconds}s, is taken for both`,
      'write `$TTL 1h` at the top',
    )
    reading.defaultTtlSeconds = fields.minimumSeconds
  }
  const { owner, soa } = reading
  if (owner.kind !== 'known') return
  const found = { owner: owner.name, fields: { ...fields, ttlSeconds: given ?? fields.minimumSeconds }, at }
  if (soa === null) {
    reading.soa = found
    if (reading.zone !== null && owner.name !== reading.zone)
      file.report(
        'error',
        at,
        'soa-elsewhere',
        `the SOA is that of \`${owner.name}\`, and the zone is \`${reading.zone}\``,
        'let the two agree',
      )
    return
  }
  // What a transfer was saved to ends with the SOA that it began with (RFC 5936 §2.2).
  if (
    soa.owner === owner.name &&
    JSON.stringify({ ...soa.fields, ttlSeconds: 0 }) === JSON.stringify({ ...found.fields, ttlSeconds: 0 })
  )
    return
  file.report(
    'error',
    at,
    'second-soa',
    `there is a second SOA; the first is at line ${soa.at.line}`,
    'a zone has one (RFC 1035 §5.2)',
  )
}
