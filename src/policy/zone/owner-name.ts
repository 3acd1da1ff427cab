import type { Cursor } from '../cursor.ts'
import { nameOf, show } from '../cursor.ts'
import type { Fail } from '../shape/fault.ts'
import { checkName } from '../shape/names.ts'

/** Whether a name is the apex or below it. */
export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`)

const failAt =
  (cursor: Cursor, faults: { count: number }): Fail =>
  (fault) => {
    faults.count++
    cursor.report({
      rule: fault.rule,
      message: fault.message ?? `${nameOf(cursor.path)} is ${show(cursor.value)}`,
      hint: fault.hint ?? null,
    })
    return undefined as never
  }

/** The name by `checkName`, or undefined after telling what is wrong. */
function checked(cursor: Cursor, name: string, wildcard: 'allowed' | 'refused'): string | undefined {
  const faults = { count: 0 }
  const result = checkName(name, { labels: 'record', wildcard }, failAt(cursor, faults))
  return faults.count === 0 ? result : undefined
}

/**
 * Owner of a record, absolute: `@` is the apex, a name with a dot at its end is in full (RFC 1035 §5.1), and so is one that
 * ends in the zone's own name; any other stands below the zone.
 */
export function readOwner(cursor: Cursor, zone: string): string | undefined {
  const text = cursor.value
  if (typeof text !== 'string') {
    cursor.report({
      rule: 'wrong-type',
      message: `${nameOf(cursor.path)} is ${show(text)}`,
      hint: 'expected a name such as `www`, `@` or `*`',
    })
    return undefined
  }
  if (text === '@') return zone
  if (!text.endsWith('.')) return checked(cursor, absolute(text, zone), 'allowed')
  const name = checked(cursor, text, 'allowed')
  if (name === undefined || isWithin(name, zone)) return name
  cursor.report({
    rule: 'outside-zone',
    message: `\`${text}\` is not in the zone \`${zone}\``,
    hint: `expected a name below \`${zone}.\``,
  })
  return undefined
}

/** `www` below the zone; `www.geo.example` in zone `geo.example` as it is: nobody means `www.geo.example.geo.example`. */
const absolute = (text: string, zone: string): string => (isWithin(text.toLowerCase(), zone) ? text : `${text}.${zone}`)

/**
 * Name in a record's data, absolute, by the same rules, but a name of several labels that is not in the zone needs its dot:
 * it could be meant either way, and the wrong one would be served in silence.
 */
export function readTarget(cursor: Cursor, zone: string, root: 'root' | 'noRoot' = 'noRoot'): string | undefined {
  const text = cursor.value
  if (typeof text !== 'string') {
    cursor.report({
      rule: 'wrong-type',
      message: `${nameOf(cursor.path)} is ${show(text)}`,
      hint: 'expected a name such as `www.other.example.`',
    })
    return undefined
  }
  if (text === '@') return zone
  if (text === '.' && root === 'root') return ''
  if (text.endsWith('.')) return checked(cursor, text, 'refused')
  if (!text.includes('.') || isWithin(text.toLowerCase(), zone)) return checked(cursor, absolute(text, zone), 'refused')
  cursor.report({
    rule: 'ambiguous-name',
    message: `\`${text}\` has no dot at its end`,
    hint: `write \`${text}.\` for a name in full, or \`${text}.${zone}.\` for a name below this zone`,
  })
  return undefined
}
