import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { atOnce, type Turns } from '../domain/turns.ts'
import type { Zone } from '../domain/zone.ts'
import { type Cursor, isMapping, nameOf, type Place, show } from './cursor.ts'
import { readService } from './documents/service.ts'
import { readSharedCheck } from './documents/shared-checks.ts'
import { readSite } from './documents/sites.ts'
import { readTenant } from './documents/tenants.ts'
import { reportUnknownKey } from './issues.ts'
import { type Kind, openDocuments } from './open-documents.ts'
import { idKey } from './shape/ids.ts'
import { checkZone } from './zone/check-zone.ts'
import { readGivenZone } from './zone/file-zone.ts'
import type { ReadZone } from './zone/read-zone.ts'
import { readZone } from './zone/zone.ts'

export { decodeDocument } from './decode-document.ts'
export { formatProblem } from './format-problem.ts'

export interface LoadResult {
  /** Null iff there is an error among the problems. */
  readonly set: PolicySet | null
  /** Of all documents, in the order of the documents and of their lines. */
  readonly problems: readonly Problem[]
}

/**
 * Documents → policy set, all or nothing. Every problem of every document is told at once; one mistake is told once.
 * Total: whatever the texts, it returns.
 */
export const loadDocuments = (documents: readonly SourceDocument[]): LoadResult => atOnce(loadSteps(documents))

/** The same with pauses. */
export function* loadSteps(documents: readonly SourceDocument[]): Turns<LoadResult> {
  const problems: Problem[] = []
  const { readable, givenZones, isComplete } = yield* openDocuments(documents, problems)
  const ofKind = (kind: Kind) => readable.filter((document) => document.kind === kind).map(({ cursor }) => cursor)

  const sites = readNamed(ofKind('sites'), 'sites', readSite)
  const unreadable = readable.some(({ kind }) => kind === null) || !isComplete
  const sharedChecks = readNamed(ofKind('checks'), 'checks', readSharedCheck)
  const used = new Set<string>()
  const names = {
    sites: { byId: sites.values, known: unreadable ? null : sites.known },
    checks: {
      byId: sharedChecks.values,
      known: unreadable ? null : sharedChecks.known,
      use: (name: string) => used.add(name),
    },
  }
  const tenants = readNamed(ofKind('tenants'), 'tenants', readTenant)
  const services: Named<Policy>[] = []
  for (const cursor of ofKind('service')) {
    if (services.length % A_TURN === A_TURN - 1) yield
    services.push({ place: cursor.child('service'), value: readService(cursor, names) })
  }
  if (!unreadable) reportUnused(ofKind('checks'), used)
  const policies = unique(services, 'service', (policy) => policy.service)
  const serviceNames = new Map(
    policies.flatMap((policy) => policy.names.dns.map((name) => [name, policy] as const)).reverse(),
  )

  const read = unique(
    yield* readZones(ofKind('zone'), givenZones, documents, problems),
    'zone',
    ({ zone }) => zone.name,
  )
  const zones: Zone[] = []
  for (const zone of read) {
    if (zones.length % A_TURN === A_TURN - 1) yield
    zones.push(yield* checkZone(zone, (name) => serviceNames.get(name)))
  }

  const order = new Map(documents.map(({ path }, index) => [path, index]))
  problems.sort(
    (a, b) =>
      (order.get(a.at.file) ?? 0) - (order.get(b.at.file) ?? 0) || a.at.line - b.at.line || a.at.column - b.at.column,
  )
  const refused = problems.some(({ severity }) => severity === 'error')
  return { set: refused ? null : { policies, zones, sites: sites.values, tenants: tenants.values }, problems }
}

/** Pauses every so many documents. */
const A_TURN = 10

function* readZones(
  cursors: readonly Cursor[],
  givenZones: readonly string[],
  documents: readonly SourceDocument[],
  problems: Problem[],
): Turns<Named<ReadZone>[]> {
  const texts = new Map(documents.map(({ path, text }) => [path, text]))
  const files = { textOf: (path: string) => texts.get(path), problems }
  const found: Named<ReadZone>[] = []
  for (const cursor of cursors) {
    if (found.length % A_TURN === A_TURN - 1) yield
    found.push({ place: cursor.child('zone'), value: yield* readZone(cursor, files) })
  }
  for (const path of givenZones) {
    if (found.length % A_TURN === A_TURN - 1) yield
    const value = yield* readGivenZone(path, files)
    if (value !== undefined) found.push({ place: value.place, value })
  }
  return found
}

/** A check that nobody uses is probed by nobody. */
function reportUnused(cursors: readonly Cursor[], used: ReadonlySet<string>): void {
  for (const [name, entry] of cursors.flatMap((cursor) => cursor.child('checks').entries())) {
    if (used.has(name)) continue
    entry.report({
      severity: 'warning',
      rule: 'unused-shared-check',
      message: `no service uses the shared check \`${name}\``,
      hint: `name it in one, such as \`checks: { ${name}: ${name} }\`, or remove it`,
      part: 'key',
    })
  }
}

const ONE_OF = { sites: 'site', tenants: 'tenant', checks: 'shared check' } as const

/** The named things of all documents of one kind. */
function readNamed<T>(
  cursors: readonly Cursor[],
  key: keyof typeof ONE_OF,
  readOne: (cursor: Cursor, id: string) => T | undefined,
) {
  const values = new Map<string, T>()
  const known = new Set<string>()
  const places = new Map<string, Place>()
  for (const cursor of cursors) {
    for (const [name, child] of cursor.entries()) {
      if (name !== key && name !== '$schema') reportUnknownKey(child, name, [key])
    }
    const section = cursor.child(key)
    if (!isMapping(section.value)) {
      section.report({
        rule: 'wrong-type',
        message: `${nameOf(section.path)} is ${show(section.value)}`,
        hint: 'expected a mapping of names',
      })
    }
    for (const [id, entry] of section.entries()) {
      const checked = idKey.safeParse(id)
      if (!checked.success)
        entry.report({
          rule: 'bad-id',
          message: `${JSON.stringify(id)} is no name`,
          hint: `expected ${checked.error.issues[0]?.message}`,
          part: 'key',
        })
      const before = places.get(id)
      if (before !== undefined) reportTwice(entry, ONE_OF[key], id, before)
      else places.set(id, entry)
      known.add(id)
      const value = readOne(entry, id)
      if (value !== undefined) values.set(id, value)
    }
  }
  return { values, known }
}

interface Named<T> {
  readonly place: Place
  readonly value: T | undefined
}

/** What could be read; those whose name another document already has are told. */
function unique<T>(
  found: readonly Named<T>[],
  kind: 'service' | 'zone',
  nameOfValue: (value: T) => string,
): readonly T[] {
  const places = new Map<string, Place>()
  return found.flatMap(({ place, value }) => {
    if (value === undefined) return []
    const name = nameOfValue(value)
    const before = places.get(name)
    if (before !== undefined) reportTwice(place, kind, name, before)
    else places.set(name, place)
    return [value]
  })
}

function reportTwice(place: Place, kind: string, name: string, before: Place): void {
  const words = () => {
    const { file, line, column } = before.keyAt()
    return `${file}:${line}:${column}`
  }
  place.report({
    rule: `duplicate-${kind.replace(' ', '-')}`,
    message: () => `the ${kind} \`${name}\` is defined twice: here and at ${words()}`,
    hint: 'keep one of the two',
    part: 'key',
  })
}
