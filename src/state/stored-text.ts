/** Revisions and overrides as stored text: JSON with a version, checked in full when it is read. Nothing stored is trusted. */
import { OVERRIDE_STATES, type Override } from '../domain/facts.ts'
import type { Revision, SourceDocument } from '../domain/revision.ts'
import { revisionDigest } from './revision-digest.ts'

const VERSION = 1

export type Stored<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

export function composeRevision(revision: Revision): string {
  return `${JSON.stringify({ version: VERSION, ...revision }, null, 1)}\n`
}

/** `number` is the one under which it is stored: the text must agree, and with its own digest. */
export function parseRevision(text: string, number: number): Stored<Revision> {
  return checked(text, (stored) => {
    const documents = listOf(stored, 'documents').map((entry, index) => documentOf(entry, `documents[${index}]`))
    const revision: Revision = {
      number: integerOf(stored, 'number'),
      documents,
      digest: textOf(stored, 'digest'),
      author: textOf(stored, 'author'),
      reason: textOf(stored, 'reason'),
      atMs: integerOf(stored, 'atMs'),
    }
    if (revision.number !== number) refuse(`number is ${revision.number}, expected ${number}`)
    checkDocuments(documents)
    if (revisionDigest(documents) !== revision.digest)
      refuse('the digest does not fit the documents: they were altered or damaged')
    return revision
  })
}

export function composeOverrides(overrides: readonly Override[]): string {
  return `${JSON.stringify({ version: VERSION, overrides }, null, 1)}\n`
}

export function parseOverrides(text: string): Stored<readonly Override[]> {
  return checked(text, (stored) =>
    listOf(stored, 'overrides').map((entry, index) => checkOverride(recordOf(entry, `overrides[${index}]`))),
  )
}

/**
 * Paths are below the policy directory and each is there once, since they are written out as files again.
 * @throws Error naming the path.
 */
export function checkDocuments(documents: readonly SourceDocument[]): void {
  const seen = new Set<string>()
  for (const { path } of documents) {
    const parts = path.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(path)) {
      refuse(`the document path ${JSON.stringify(path)} is not one below the policy directory`)
    }
    if (seen.has(path)) refuse(`the document ${JSON.stringify(path)} is there twice`)
    seen.add(path)
  }
}

/** @throws Error naming the field, the value found and what was expected. */
export function checkOverride(entry: object): Override {
  const fields = recordOf(entry, 'override')
  const target = textOf(fields, 'target')
  if (!/^[^/\s]+\/[^/\s]+$/.test(target)) refuse(`target is ${show(target)}, expected service/endpoint`)
  const state = OVERRIDE_STATES.find((known) => known === fields.state)
  if (state === undefined) refuse(`state is ${show(fields.state)}, expected one of ${OVERRIDE_STATES.join(', ')}`)
  return {
    target,
    state,
    owner: textOf(fields, 'owner'),
    reason: textOf(fields, 'reason'),
    setAtMs: integerOf(fields, 'setAtMs'),
    expiresAtMs: fields.expiresAtMs === null ? null : integerOf(fields, 'expiresAtMs'),
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Turns the refusals inside `read` into a result. */
function checked<T>(text: string, read: (stored: Fields) => T): Stored<T> {
  try {
    const stored = recordOf(JSON.parse(text), 'the file')
    if (stored.version !== VERSION) refuse(`version is ${show(stored.version)}, this Nearcast reads version ${VERSION}`)
    return { ok: true, value: read(stored) }
  } catch (error) {
    return { ok: false, problem: (error as Error).message }
  }
}

function refuse(problem: string): never {
  throw new Error(problem)
}

function documentOf(entry: unknown, name: string): SourceDocument {
  const fields = recordOf(entry, name)
  return { path: textOf(fields, 'path'), text: textOf(fields, 'text') }
}

function recordOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${name} is ${show(value)}, expected an object`)
  return value as Fields
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = own(fields, name)
  if (!Array.isArray(value)) refuse(`${name} is ${show(value)}, expected a list`)
  return value
}

function textOf(fields: Fields, name: string): string {
  const value = own(fields, name)
  if (typeof value !== 'string') refuse(`${name} is ${show(value)}, expected a text`)
  return value
}

function integerOf(fields: Fields, name: string): number {
  const value = own(fields, name)
  if (!Number.isSafeInteger(value)) refuse(`${name} is ${show(value)}, expected a whole number`)
  return value as number
}

const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined)

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
