import { type Check, membersOf } from '../../domain/check.ts'
import type { Cursor } from '../cursor.ts'
import { checkKnown, type SharedChecks } from '../service-scope.ts'
import { didYouMean } from '../suggest.ts'
import { readCheck } from './read-check.ts'

/** The checks of a service; a text instead of a check is the name of a shared one. */
export function readChecks(
  entries: readonly (readonly [name: string, cursor: Cursor])[],
  shared: SharedChecks,
): readonly Check[] {
  const read = entries.flatMap(([name, cursor]) => {
    const check = typeof cursor.value === 'string' ? readShared(cursor, name, shared) : readCheck(cursor, name)
    return check === undefined ? [] : [{ name, cursor, check }]
  })
  const known = new Set(entries.map(([name]) => name))
  for (const { cursor, check } of read) {
    if (check.kind === 'all' || check.kind === 'any' || check.kind === 'not') {
      checkKnown(cursor.child(check.kind), 'check', known)
    } else if (check.kind === 'atLeast') {
      checkKnown(cursor.child('of'), 'check', known)
    }
  }
  const checks = read.map(({ check }) => check)
  const byName = new Map(checks.map((check) => [check.name, check]))
  const told = new Set<string>()
  for (const { name, cursor } of read) {
    const circle = circleFrom(name, byName)
    if (circle === null || circle.some((member) => told.has(member))) continue
    for (const member of circle) told.add(member)
    cursor.report({
      rule: 'check-circle',
      message: `check \`${name}\` hangs on itself: ${[...circle, name].join(' → ')}`,
      hint: 'take one of these names out of another',
      part: 'key',
    })
  }
  return checks
}

function readShared(cursor: Cursor, name: string, { byId, known, use }: SharedChecks): Check | undefined {
  const id = String(cursor.value)
  use(id)
  const found = byId.get(id)
  if (found !== undefined) return { ...found, name }
  if (known !== null && !known.has(id)) {
    cursor.report({
      rule: 'unknown-check',
      message: `there is no shared check \`${id}\``,
      hint: () =>
        didYouMean(id, known) ?? 'write the check here, such as `{ http: /healthz }`, or in a document `checks:`',
    })
  }
  return undefined
}

/** The way from a check back to itself; null when there is none. Each check is looked at once. */
function circleFrom(start: string, checks: ReadonlyMap<string, Check>): readonly string[] | null {
  const seen = new Set<string>()
  const walk = (name: string): readonly string[] | null => {
    const check = checks.get(name)
    if (check === undefined || seen.has(name)) return null
    seen.add(name)
    for (const member of membersOf(check)) {
      if (member === start) return [name]
      const rest = walk(member)
      if (rest !== null) return [name, ...rest]
    }
    return null
  }
  return walk(start)
}
