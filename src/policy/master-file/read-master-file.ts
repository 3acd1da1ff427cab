import type { Problem } from '../../domain/problem.ts'
import type { Turns } from '../../domain/turns.ts'
import type { StaticRecord } from '../../domain/zone.ts'
import { MAX_MASTER_FILE_BYTES } from '../limits.ts'
import { isBelow, readName } from '../rdata/name-text.ts'
import { BadText, shown, type Token } from '../rdata/token.ts'
import { didYouMean } from '../suggest.ts'
import { generatedEntries } from './generate.ts'
import { entriesOf } from './lexer.ts'
import { attempt, type FileSoa, type MasterText, masterTexts, type Reading, type ReportAt } from './reading.ts'
import { readRecordEntry } from './record-entry.ts'
import { ttlSeconds } from './ttl-text.ts'

export interface MasterFile {
  readonly path: string
  readonly text: string
  /** What names are relative to before any `$ORIGIN`; null when nothing tells. */
  readonly origin: string | null
  /** The apex, where somebody said it. */
  readonly zone: string | null
}

export interface MasterZone {
  /** The owner of the SOA, else what was said, else the origin; null when nothing tells. */
  readonly apex: string | null
  readonly soa: FileSoa | null
  /** In the order written, those of the apex among them; SOA, DNSSEC and what is outside the zone are not. */
  readonly records: readonly StaticRecord[]
  /** For what is found about them later. */
  readonly reportAt: ReportAt
}

/** A file that another one includes, or the sentence that says why there is none. */
export type OpenInclude = (from: string, name: string) => { readonly path: string; readonly text: string } | string

type OpenText = ReturnType<typeof masterTexts>['open']

const ENTRIES_A_TURN = 1_000
const MAX_INCLUDED = 1_000
const MAX_INCLUDE_DEPTH = 10

/**
 * An RFC 1035 master file as the records of a zone. All that is wrong with it is told at once; total, and linear in the
 * length of what is read.
 */
export function* readMasterFile(source: MasterFile, include: OpenInclude, problems: Problem[]): Turns<MasterZone> {
  const reading: Reading = {
    zone: source.zone,
    origin: source.origin,
    owner: { kind: 'none' },
    defaultTtlSeconds: null,
    lastTtlSeconds: null,
    soa: null,
    records: [],
    dnssec: null,
    octets: source.text.length,
    files: 1,
    isFull: false,
  }
  const texts = masterTexts(problems)
  const file = texts.open(source.path, source.text)
  yield* readText(file, reading, include, [source.path], texts.open)
  tellDnssec(reading, file)
  const apex = reading.soa?.owner ?? source.zone ?? source.origin
  return {
    apex,
    soa: reading.soa,
    records: apex === null ? [] : within(apex, reading, texts.reportAt),
    reportAt: texts.reportAt,
  }
}

function* readText(
  file: MasterText,
  reading: Reading,
  include: OpenInclude,
  within: readonly string[],
  open: OpenText,
): Turns<void> {
  const entries = entriesOf(file.text, (at, rule, message, hint) => file.report('error', at, rule, message, hint))
  let count = 0
  for (const entry of entries) {
    const [first] = entry.tokens
    if (reading.isFull || first === undefined) return
    if (++count % ENTRIES_A_TURN === 0) yield
    if (entry.isIndented || first.form !== 'word' || !first.text.startsWith('$')) readRecordEntry(entry, reading, file)
    else if (first.text.toUpperCase() === '$INCLUDE') {
      const named = attempt(file, () => includeOf(entry.tokens, reading))
      if (named !== null) yield* readIncluded(named, file, reading, include, within, open)
    } else if (first.text.toUpperCase() === '$GENERATE') {
      attempt(file, () => {
        for (const one of generatedEntries(entry.tokens)) readRecordEntry(one, reading, file)
      })
    } else attempt(file, () => direct(entry.tokens, reading))
  }
}

const DIRECTIVES = ['$ORIGIN', '$TTL', '$INCLUDE', '$GENERATE']

/** RFC 1035 §5.1: `$ORIGIN <domain-name>`; RFC 2308 §4: `$TTL <TTL>`. */
function direct([directive, value, more]: readonly Token[], reading: Reading): void {
  if (directive === undefined) return
  const name = directive.text.toUpperCase()
  if (!DIRECTIVES.includes(name))
    throw new BadText(directive, 'bad-directive', `${shown(directive)} is no directive`, didYouMean(name, DIRECTIVES))
  if (value === undefined)
    throw new BadText(
      directive,
      'bad-directive',
      `\`${name}\` says nothing`,
      name === '$TTL' ? 'expected `$TTL 1h`' : 'expected `$ORIGIN geo.example.`',
    )
  if (name === '$TTL') reading.defaultTtlSeconds = ttlSeconds(value)
  else reading.origin = readName(value, reading.origin)
  if (more !== undefined) throw new BadText(more, 'bad-directive', `${shown(more)} is more than \`${name}\` has`)
}

interface Included {
  readonly token: Token
  readonly origin: string | null
}

/** "$INCLUDE <file-name> [<domain-name>]". */
function includeOf([directive, name, origin, more]: readonly Token[], reading: Reading): Included {
  if (directive === undefined || name === undefined)
    throw new BadText(directive as Token, 'bad-directive', '`$INCLUDE` names no file', 'expected `$INCLUDE hosts.zone`')
  if (more !== undefined) throw new BadText(more, 'bad-directive', `${shown(more)} is more than \`$INCLUDE\` has`)
  return { token: name, origin: origin === undefined ? reading.origin : readName(origin, reading.origin) }
}

/** RFC 1035 §5.1: "a $INCLUDE entry never changes the relative origin of the parent file". */
function* readIncluded(
  { token, origin }: Included,
  file: MasterText,
  reading: Reading,
  include: OpenInclude,
  within: readonly string[],
  open: OpenText,
): Turns<void> {
  const found = include(file.path, token.text)
  const refuse = (message: string, hint: string | null): void =>
    file.report('error', token, 'bad-include', message, hint)
  if (typeof found === 'string') return refuse(found, null)
  if (within.includes(found.path)) return refuse(`${shown(token)} includes itself`, null)
  reading.octets += found.text.length
  reading.files++
  if (within.length >= MAX_INCLUDE_DEPTH || reading.files > MAX_INCLUDED || reading.octets > MAX_MASTER_FILE_BYTES)
    return refuse(
      'the files that the zone includes are too many, too deep or too long',
      `expected at most ${MAX_INCLUDED} files, ${MAX_INCLUDE_DEPTH} inside one another, ${MAX_MASTER_FILE_BYTES} octets together`,
    )
  const before = { origin: reading.origin, owner: reading.owner }
  reading.origin = origin
  yield* readText(open(found.path, found.text), reading, include, [...within, found.path], open)
  Object.assign(reading, before)
}

function tellDnssec({ dnssec }: Reading, file: MasterText): void {
  if (dnssec === null) return
  const types = [...dnssec.types].sort().join(', ')
  file.report(
    'warning',
    dnssec.first,
    'dnssec-left-out',
    `the zone is signed: what its signer made (${dnssec.count} × ${types}) is left out, because nothing is signed here yet`,
    'take its DS out of the parent zone first: with it, validating resolvers refuse unsigned answers',
  )
}

/** Masters pass over what is not theirs (BIND: "ignoring out-of-zone data"), so that the file moves over as it is. */
function within(apex: string, { records }: Reading, reportAt: ReportAt): readonly StaticRecord[] {
  const outside = records.filter(({ name }) => !isBelow(name, apex))
  for (const { name, at } of outside)
    reportAt(
      'warning',
      at,
      'outside-zone',
      `\`${name}\` is not in the zone \`${apex}\`: the record is left out`,
      'end names in full with a dot, or remove the record',
    )
  return outside.length === 0 ? records : records.filter(({ name }) => isBelow(name, apex))
}
