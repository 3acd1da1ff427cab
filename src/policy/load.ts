import type { Site } from '../domain/place.ts'
import type { Policy } from '../domain/policy.ts'
import type { PolicySet, Tenants } from '../domain/policy-set.ts'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import type { Zone } from '../domain/zone.ts'
import { type Cursor, cursorOf, isMapping, nameOf, show } from './cursor.ts'
import { readService, serviceShape } from './documents/service.ts'
import { readSite, sitesShape } from './documents/sites.ts'
import { readTenant, tenantsShape } from './documents/tenants.ts'
import { reportUnknownKey } from './issues.ts'
import { MAX_DOCUMENTS } from './limits.ts'
import { idKey } from './shape/ids.ts'
import { didYouMean } from './suggest.ts'
import { parseYaml } from './yaml-document.ts'
import { checkZone } from './zone/check-zone.ts'
import { type ReadZone, readZone, zoneShape } from './zone/zone.ts'

export { decodeDocument } from './decode-document.ts'
export { formatProblem } from './format-problem.ts'

export interface LoadResult {
  /** Null iff there is an error among the problems. */
  readonly set: PolicySet | null
  /** Of all documents, in the order of the documents and of their lines. */
  readonly problems: readonly Problem[]
}

/** Kinds of documents by their first key, with their forms. */
export const DOCUMENT_KINDS = {
  service: serviceShape,
  zone: zoneShape,
  sites: sitesShape,
  tenants: tenantsShape,
} as const
type Kind = keyof typeof DOCUMENT_KINDS
const KINDS = Object.keys(DOCUMENT_KINDS) as readonly Kind[]

/**
 * Documents → policy set, all or nothing. Every problem of every document is told at once; one mistake is told once.
 * Total: whatever the texts, it returns.
 */
export function loadDocuments(documents: readonly SourceDocument[]): LoadResult {
  const problems: Problem[] = []
  const readable = openDocuments(documents, problems)
  const ofKind = (kind: Kind) => readable.filter((document) => document.kind === kind).map(({ cursor }) => cursor)

  const sites = readNamed(ofKind('sites'), 'sites', readSite)
  const unreadable = readable.some(({ kind }) => kind === null) || readable.length < documents.length
  const names = { byId: sites.values, known: unreadable ? null : sites.known }
  const tenants = readNamed(ofKind('tenants'), 'tenants', readTenant)
  const policies = unique(
    ofKind('service').map((cursor) => ({ cursor, value: readService(cursor, names) })),
    'service',
    (policy) => policy.service,
  )
  const zones = unique(
    ofKind('zone').map((cursor) => ({ cursor, value: readZone(cursor) })),
    'zone',
    ({ zone }) => zone.name,
  )
  for (const zone of zones) checkZone(zone, policies)

  const order = new Map(documents.map(({ path }, index) => [path, index]))
  problems.sort(
    (a, b) =>
      (order.get(a.at.file) ?? 0) - (order.get(b.at.file) ?? 0) || a.at.line - b.at.line || a.at.column - b.at.column,
  )
  const refused = problems.some(({ severity }) => severity === 'error')
  return { set: refused ? null : makeSet(policies, zones, sites.values, tenants.values), problems }
}

const makeSet = (
  policies: readonly Policy[],
  zones: readonly ReadZone[],
  sites: ReadonlyMap<string, Site>,
  tenants: Tenants,
): PolicySet => ({
  policies,
  zones: zones.map(({ zone }): Zone => zone),
  sites,
  tenants,
})

interface OpenDocument {
  readonly cursor: Cursor
  /** Null when the first key names none. */
  readonly kind: Kind | null
}

function openDocuments(documents: readonly SourceDocument[], problems: Problem[]): readonly OpenDocument[] {
  if (documents.length > MAX_DOCUMENTS) {
    const at = { file: documents[MAX_DOCUMENTS]?.path ?? '', line: 1, column: 1 }
    problems.push({
      severity: 'error',
      rule: 'too-many-documents',
      at,
      path: '',
      message: `there are ${documents.length} documents`,
      hint: `expected at most ${MAX_DOCUMENTS}`,
    })
    return []
  }
  return documents.flatMap((document) => {
    const parse = parseYaml(document)
    if (!parse.ok) {
      problems.push(...parse.problems)
      return []
    }
    const cursor = cursorOf(parse.document, problems)
    return [{ cursor, kind: kindOf(cursor) }]
  })
}

/** The first key tells the kind; `$schema`, which editors want in JSON files, may stand before it. */
function kindOf(cursor: Cursor): Kind | null {
  const keys = cursor
    .entries()
    .map(([key]) => key)
    .filter((key) => key !== '$schema')
  const [first] = keys
  if (first === undefined) {
    cursor.report({
      rule: 'empty-document',
      message: 'the document is empty',
      hint: `begin with one of ${KINDS.join(', ')}`,
    })
    return null
  }
  const kind = KINDS.find((name) => name === first)
  if (kind !== undefined) return kind
  const later = KINDS.find((name) => keys.includes(name))
  const hint =
    later === undefined
      ? didYouMean(first, KINDS)
      : `the first key tells the kind of the document: put \`${later}\` first`
  cursor
    .child(first)
    .report({ rule: 'unknown-document', message: `a document cannot begin with \`${first}\``, hint, part: 'key' })
  return null
}

/** The named things of all documents of one kind. */
function readNamed<T>(
  cursors: readonly Cursor[],
  key: 'sites' | 'tenants',
  readOne: (cursor: Cursor, id: string) => T | undefined,
) {
  const values = new Map<string, T>()
  const known = new Set<string>()
  const places = new Map<string, Cursor>()
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
      if (before !== undefined) reportTwice(entry, key === 'sites' ? 'site' : 'tenant', id, before)
      else places.set(id, entry)
      known.add(id)
      const value = readOne(entry, id)
      if (value !== undefined) values.set(id, value)
    }
  }
  return { values, known }
}

/** What could be read; those whose name another document already has are told. */
function unique<T>(
  found: readonly { readonly cursor: Cursor; readonly value: T | undefined }[],
  kind: 'service' | 'zone',
  nameOfValue: (value: T) => string,
): readonly T[] {
  const places = new Map<string, Cursor>()
  return found.flatMap(({ cursor, value }) => {
    if (value === undefined) return []
    const name = nameOfValue(value)
    const before = places.get(name)
    if (before !== undefined) reportTwice(cursor.child(kind), kind, name, before)
    else places.set(name, cursor.child(kind))
    return [value]
  })
}

function reportTwice(cursor: Cursor, kind: string, name: string, before: Cursor): void {
  const place = () => {
    const { file, line, column } = before.keyAt()
    return `${file}:${line}:${column}`
  }
  cursor.report({
    rule: `duplicate-${kind}`,
    message: () => `the ${kind} \`${name}\` is defined twice: here and at ${place()}`,
    hint: 'keep one of the two',
    part: 'key',
  })
}
