import type * as z from 'zod'
import { type Cursor, type Finding, isMapping, nameOf, show } from './cursor.ts'
import type { Fault } from './shape/fault.ts'
import { didYouMean, suggest } from './suggest.ts'

type Issue = z.core.$ZodIssue

/** Zod's issues in our words, at their places. Convention of the shapes: an issue's message is what fits after "expected". */
export function reportIssues(cursor: Cursor, issues: readonly Issue[]): void {
  const meant = issues
    .filter((issue) => issue.code === 'unrecognized_keys')
    .flatMap((issue) => meantKeys(issue.keys, knownKeysOf(issue)))
  for (const [index, issue] of issues.entries()) {
    // A number that is negative and no whole number breaks two rules of one phrase: once is enough.
    const before = issues[index - 1]
    if (before?.code !== 'unrecognized_keys' && before?.path.join('\n') === issue.path.join('\n')) continue
    if (issue.code === 'invalid_type' && meant.includes(String(issue.path.at(-1))) && isAbsent(cursor, issue.path))
      continue
    reportIssue(
      issue.path.reduce<Cursor>((at, name) => at.child(name as string | number), cursor),
      issue,
      parentOf(cursor, issue.path),
    )
  }
}

const parentOf = (cursor: Cursor, path: readonly PropertyKey[]): Cursor =>
  path.slice(0, -1).reduce<Cursor>((at, name) => at.child(name as string | number), cursor)

const isAbsent = (cursor: Cursor, path: readonly PropertyKey[]): boolean => {
  const [name, ...rest] = path
  if (name === undefined) return cursor.value === undefined
  return isAbsent(cursor.child(name as string | number), rest)
}

function reportIssue(at: Cursor, issue: Issue, parent: Cursor): void {
  const branch = issue.code === 'invalid_union' ? fittingBranch(issue, at.value) : null
  if (at.value === undefined && issue.path.length > 0) {
    reportMissing(parent, String(at.path.at(-1)))
  } else if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) reportUnknownKey(at.child(key), key, knownKeysOf(issue))
  } else if (branch !== null) {
    reportIssues(at, branch)
  } else {
    at.report(findingOf(issue, at))
  }
}

function findingOf(issue: Exclude<Issue, z.core.$ZodIssueUnrecognizedKeys>, at: Cursor): Finding {
  const message = `${nameOf(at.path)} is ${show(at.value)}`
  const hint = `expected ${issue.message}`
  switch (issue.code) {
    case 'invalid_union':
      return { rule: 'wrong-type', message, hint: `expected ${alternatives(issue)}${quoteHint(at.value)}` }
    case 'invalid_key': {
      const [inner] = issue.issues
      const fault = inner?.code === 'custom' ? (inner.params as Fault) : { hint: `expected ${inner?.message}` }
      return {
        rule: 'bad-key',
        message: `the key ${show(at.path.at(-1))} will not do`,
        hint: fault.hint ?? null,
        part: 'key',
      }
    }
    case 'custom':
      return { message, ...(issue.params as Fault) }
    case 'invalid_value': {
      const meant = typeof at.value === 'string' ? suggest(at.value, issue.values.map(String)) : null
      return { rule: 'bad-value', message, hint: meant === null ? hint : `did you mean \`${meant}\`?` }
    }
    case 'invalid_type': {
      // A fraction where a whole number is wanted is no other type to an operator.
      const rule = typeof at.value === 'number' && NUMBERS.has(issue.expected) ? 'bad-value' : 'wrong-type'
      return { rule, message, hint: hint + quoteHint(at.value) }
    }
    case 'too_big':
    case 'too_small':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
      return { rule: 'bad-value', message, hint }
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['number', 'int', 'nan'])

export function reportUnknownKey(cursor: Cursor, key: string, known: readonly string[]): void {
  const around = cursor.path.length > 1 ? nameOf(cursor.path.slice(0, -1)) : 'the document'
  cursor.report({
    rule: 'unknown-key',
    message: `\`${key}\` is no key of ${around}`,
    hint: () => didYouMean(key, known),
    part: 'key',
  })
}

/** Known keys that unknown ones were probably meant to be: what is missing for a slip of the pen is told by the slip alone. */
export const meantKeys = (unknown: readonly string[], known: readonly string[]): string[] =>
  unknown.map((key) => suggest(key, known)).filter((key) => key !== null)

export function reportMissing(cursor: Cursor, key: string): void {
  cursor.report({ rule: 'missing-key', message: `${nameOf(cursor.path)} has no \`${key}\``, part: 'key' })
}

/** To YAML, `[2001:db8::]` is a list of one mapping. */
function quoteHint(value: unknown): string {
  const [key, ...others] = isMapping(value) ? Object.keys(value) : []
  return key?.includes(':') && others.length === 0 ? `; write '${key}:' in quotes` : ''
}

/** The branch that was meant: of those that take a value of this type, the one with the fewest complaints. */
function fittingBranch(issue: z.core.$ZodIssueInvalidUnion, value: unknown): readonly Issue[] | null {
  const fitting = issue.errors.filter((branch) =>
    branch.every((inner) => inner.path.length > 0 || takesType(inner, value)),
  )
  return fitting.toSorted((a, b) => a.length - b.length)[0] ?? null
}

function takesType(issue: Issue, value: unknown): boolean {
  switch (issue.code) {
    case 'invalid_type':
      return typeof value === 'number' && NUMBERS.has(issue.expected)
    case 'invalid_value':
      return issue.values.some((allowed) => typeof allowed === typeof value)
    case 'invalid_union':
      return fittingBranch(issue, value) !== null
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'custom':
    case 'too_big':
    case 'too_small':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
      return true
  }
}

/** What the branches expect, for a value that fits none. A list is always a list of the other branch: not said. */
function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  const phrases = issue.errors.flatMap((branch) => {
    const own = branch.find((inner) => inner.path.length === 0)
    if (own === undefined) return []
    return own.code === 'invalid_union' ? [alternatives(own)] : [own.message]
  })
  const distinct = [...new Set(phrases)]
  const shown = distinct.filter((phrase) => phrase !== TYPE_WORDS.array)
  return (shown.length === 0 ? distinct : shown).join(', or ')
}

const KNOWN_KEYS = 'one of the keys '

const knownKeysOf = (issue: z.core.$ZodIssueUnrecognizedKeys): string[] =>
  issue.message.slice(KNOWN_KEYS.length).split(', ')

/** Phrases for issues whose shape gives none of its own. */
export function expectedPhrase(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[String(issue.expected)] ?? String(issue.expected)
    case 'invalid_value':
      return OR.format((issue.values as readonly unknown[]).map((value) => `\`${String(value)}\``))
    case 'unrecognized_keys':
      return KNOWN_KEYS + Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {}).join(', ')
    case 'too_small':
      return issue.origin === 'array' ? `a list of at least ${issue.minimum}` : `at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'array' ? `a list of at most ${issue.maximum}` : `at most ${issue.maximum}`
    default:
      return issue.message ?? 'something else'
  }
}

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' })

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}
