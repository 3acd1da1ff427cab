import * as z from 'zod'
import type { Check, CheckKind } from '../../domain/check.ts'
import { type Cursor, isMapping, nameOf, show } from '../cursor.ts'
import { suggest } from '../suggest.ts'
import type { CheckDefinition } from './define-check.ts'
import { CHECKS } from './registry.ts'

const KINDS = Object.keys(CHECKS)
const isCheckKind = (name: string): name is CheckKind => Object.hasOwn(CHECKS, name)

const shapes = (of: readonly CheckDefinition['of'][]) =>
  z.union(
    Object.values(CHECKS)
      .filter((definition) => of.includes(definition.of))
      .map(({ shape, summary }) => shape.meta({ description: summary })) as [z.ZodObject, ...z.ZodObject[]],
  )

/** A check of a service, as written. */
export const checkShape = shapes(['endpoints', 'checks']).meta({
  id: 'check',
  description: 'How the health of endpoints is known.',
})

/** A check that services share, as written: it knows no other checks. */
export const sharedCheckShape = shapes(['endpoints']).meta({ id: 'sharedCheck', description: 'A check to share.' })

/** One check; undefined after reporting what is wrong. */
export function readCheck(cursor: Cursor, name: string): Check | undefined {
  const { value } = cursor
  if (!isMapping(value)) {
    cursor.report({
      rule: 'wrong-type',
      message: `${nameOf(cursor.path)} is ${show(value)}`,
      hint: 'expected a mapping such as `{ http: /healthz }`',
    })
    return undefined
  }
  const keys = Object.keys(value)
  const [kind, ...others] = keys.filter(isCheckKind)
  if (kind === undefined || others.length > 0) {
    const found = kind === undefined ? 'no kind' : `several kinds: ${[kind, ...others].map(quote).join(', ')}`
    cursor.report({
      rule: 'check-kind',
      message: `check \`${name}\` has ${found}`,
      hint: () => kindHint(keys),
      part: 'key',
    })
    return undefined
  }
  return CHECKS[kind].read(cursor, name)
}

const quote = (word: string): string => `\`${word}\``

function kindHint(keys: readonly string[]): string {
  const meant = keys.filter((key) => !isCheckKind(key)).map((key) => suggest(key, KINDS))
  if (keys.includes('tls') && keys.some((key) => key === 'http' || key === 'grpc')) {
    return 'what a certificate must be like stands beside it: `serverName`, `verify`, `warnBefore`'
  }
  const slip = meant.find((word) => word !== null)
  if (slip !== undefined && !keys.some(isCheckKind)) return `did you mean \`${slip}\`?`
  return `expected one of ${KINDS.map(quote).join(', ')}, such as \`${CHECKS.http.example}\``
}
