import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import type { Turns } from '../domain/turns.ts'
import { type Cursor, cursorOf } from './cursor.ts'
import { serviceShape } from './documents/service.ts'
import { sharedChecksShape } from './documents/shared-checks.ts'
import { sitesShape } from './documents/sites.ts'
import { tenantsShape } from './documents/tenants.ts'
import { MAX_DOCUMENTS, MAX_TOTAL_BYTES } from './limits.ts'
import { givenZone, isGivenPath, pathBeside } from './master-file/document-path.ts'
import { includesOf, isYamlPath } from './master-file/named-files.ts'
import { didYouMean } from './suggest.ts'
import { parseYaml } from './yaml-document.ts'
import { zoneShape } from './zone/zone.ts'

/** Kinds of documents by their first key, with their forms. */
export const DOCUMENT_KINDS = {
  service: serviceShape,
  zone: zoneShape,
  sites: sitesShape,
  tenants: tenantsShape,
  checks: sharedChecksShape,
} as const
export type Kind = keyof typeof DOCUMENT_KINDS
const KINDS = Object.keys(DOCUMENT_KINDS) as readonly Kind[]

export interface OpenDocument {
  readonly cursor: Cursor
  /** Null when the first key names none. */
  readonly kind: Kind | null
}

/** Pauses every so many documents. */
const A_TURN = 10

export interface OpenDocuments {
  readonly readable: readonly OpenDocument[]
  /** Paths of master files given with `--zone`. */
  readonly givenZones: readonly string[]
  readonly isComplete: boolean
}

/** Documents parsed; master files are left as they are: zones name them. */
export function* openDocuments(documents: readonly SourceDocument[], problems: Problem[]): Turns<OpenDocuments> {
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
    return { readable: [], givenZones: [], isComplete: false }
  }
  const octets = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  if (octets > MAX_TOTAL_BYTES) {
    problems.push({
      severity: 'error',
      rule: 'too-much-text',
      at: { file: documents[0]?.path ?? '', line: 1, column: 1 },
      path: '',
      message: `the documents have ${octets} octets together`,
      hint: `expected at most ${MAX_TOTAL_BYTES}`,
    })
    return { readable: [], givenZones: [], isComplete: false }
  }
  const found = new Map<SourceDocument, OpenDocument>()
  const masterFiles = new Set<string>(documents.map(({ path }) => path).filter(isGivenPath))
  const textOf = new Map(documents.map(({ path, text }) => [path, text]))
  const addNamed = (from: string, name: unknown): void => {
    const path = typeof name === 'string' ? pathBeside(from, name) : null
    const text = path === null || masterFiles.has(path) ? undefined : textOf.get(path)
    if (path === null || text === undefined || isYamlPath(path)) return
    masterFiles.add(path)
    for (const included of includesOf(text)) addNamed(path, included)
  }
  let unreadable = 0
  let count = 0
  // First those that are policy documents by their names: they tell which of the others are not.
  for (const pass of [isYamlPath, (path: string) => !isYamlPath(path)]) {
    for (const document of documents) {
      if (!pass(document.path) || masterFiles.has(document.path)) continue
      if (++count % A_TURN === 0) yield
      const parse = parseYaml(document)
      if (parse.ok) {
        const cursor = cursorOf(parse.document, problems)
        found.set(document, { cursor, kind: kindOf(cursor) })
        addNamed(document.path, parse.document.value.file)
      } else {
        problems.push(...parse.problems)
        unreadable++
      }
    }
  }
  return {
    readable: documents.flatMap((document) => found.get(document) ?? []),
    givenZones: documents.map(({ path }) => path).filter((path) => isGivenZone(path, textOf)),
    isComplete: unreadable === 0,
  }
}

/** A folder holds the files that its zones include beside them, called alike: one that is included and has no SOA is no zone. */
function isGivenZone(path: string, textOf: ReadonlyMap<string, string>): boolean {
  const given = givenZone(path)
  if (given === null) return false
  const included = pathBeside(path, given.file)
  return included === null || !textOf.has(included) || /^[^;\n]*\bSOA\b/im.test(textOf.get(path) ?? '')
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
  // `checks` is a key of services too: there it is the service that was put last.
  if (kind !== undefined && !(kind === 'checks' && keys.includes('service'))) return kind
  const later = KINDS.find((name) => name !== first && keys.includes(name))
  const hint =
    later === undefined
      ? didYouMean(first, KINDS)
      : `the first key tells the kind of the document: put \`${later}\` first`
  cursor
    .child(first)
    .report({ rule: 'unknown-document', message: `a document cannot begin with \`${first}\``, hint, part: 'key' })
  return null
}
