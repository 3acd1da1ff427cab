import type { SourcePosition } from '../domain/policy.ts'
import type { Problem } from '../domain/problem.ts'
import { formatPath, type Path } from './path.ts'
import { limitedTo } from './problem-list.ts'
import type { YamlDocument } from './yaml-document.ts'

/** What is wrong with a value: see {@link Problem}. */
export interface Finding {
  readonly rule: string
  /** A function where finding the words costs time: it is called only when the problem is shown. */
  readonly message: string | (() => string)
  readonly hint?: string | null | (() => string | null)
  /** What the message points at: the value (the default), or the key that leads to it. */
  readonly part?: 'key' | 'value'
  /** An error when left out. */
  readonly severity?: Problem['severity']
}

/** A place that things can be said about. */
export interface Reporter {
  report(finding: Finding): void
}

/** The place of a name: where another that has it already is found. */
export interface Place extends Reporter {
  keyAt(): SourcePosition
}

/** One value of a document with its place, and the way to say what is wrong with it. */
export interface Cursor extends Place {
  readonly value: unknown
  readonly path: Path
  /** Where the value begins. */
  at(): SourcePosition
  child(name: string | number): Cursor
  /** The same place with another value: for short forms. */
  with(value: unknown): Cursor
  /** The values of a list; a single value is a list of one. */
  items(): readonly Cursor[]
  /** Key and value of each entry of a mapping; none for anything else. */
  entries(): readonly (readonly [string, Cursor])[]
}

/** The top of a document. Findings go to `problems`, see {@link limitedTo}. */
export function cursorOf(document: YamlDocument, problems: Problem[]): Cursor {
  const addProblem = limitedTo(problems, () => document.positionOf([], 'value'))
  const add = (path: Path, { rule, message, hint = null, part = 'value', severity = 'error' }: Finding) =>
    addProblem(
      () => ({
        severity,
        rule,
        at: document.positionOf(path, part),
        path: formatPath(path),
        message: typeof message === 'function' ? message() : message,
        hint: typeof hint === 'function' ? hint() : hint,
      }),
      severity,
    )
  const make = (value: unknown, path: Path): Cursor => ({
    value,
    path,
    at: () => document.positionOf(path, 'value'),
    keyAt: () => document.positionOf(path, 'key'),
    child: (name) => make(valueAt(value, [name]), [...path, name]),
    with: (other) => make(other, path),
    items: () =>
      Array.isArray(value) ? value.map((item, index) => make(item, [...path, index])) : [make(value, path)],
    entries: () =>
      isMapping(value) ? document.keysOf(value).map((key) => [key, make(value[key], [...path, key])]) : [],
    report: (finding) => add(path, finding),
  })
  return make(document.value, [])
}

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What stands at `path` below a value; undefined when there is nothing. */
export function valueAt(value: unknown, path: Path): unknown {
  let found: unknown = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string | number, unknown>)[name]
  }
  return found
}

const LONGEST_SHOWN = 60

/** A value as messages show it: short, on one line. */
export function show(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value !== 'string') return String(value)
  const text = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value
  return JSON.stringify(text)
}

/** The innermost name on the way to a value, for sentences: `` `a[0]` ``. */
export function nameOf(path: Path): string {
  const from = path.findLastIndex((part) => typeof part === 'string')
  const [name, ...indices] = path.slice(Math.max(0, from))
  if (name === undefined) return 'the document'
  return typeof name === 'string' ? `\`${name}${formatPath(indices)}\`` : `\`${formatPath([name, ...indices])}\``
}
