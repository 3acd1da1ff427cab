import * as z from 'zod'
import { FRONT_ENDS } from '../domain/client.ts'
import type { Condition } from '../domain/policy.ts'
import { type Cursor, isMapping, nameOf, show } from './cursor.ts'
import { reportUnknownKey } from './issues.ts'
import { MAX_CONDITIONS } from './limits.ts'
import { read } from './read.ts'
import { asn, cidr } from './shape/addresses.ts'
import { oneOrMore } from './shape/fault.ts'
import { idKey, valueGlob } from './shape/ids.ts'
import { hostPattern } from './shape/names.ts'
import { continent, country, subdivision } from './shape/places.ts'
import { timeWindow } from './shape/time.ts'
import { percent } from './shape/units.ts'
import { headerName, urlPath } from './shape/web.ts'

/** One key of `when`: its value as written, and how it is read. */
interface ConditionKey {
  readonly shape: z.ZodType
  readonly read: (cursor: Cursor) => Condition | undefined
}

function key<S extends z.ZodType>(
  description: string,
  shape: S,
  condition: (value: z.output<S>) => Condition,
): ConditionKey {
  return {
    shape: shape.meta({ description }),
    read(cursor) {
      const value = read(cursor, shape)
      return value === undefined ? undefined : condition(value)
    },
  }
}

/** Name → value or list; several names must all match. */
function namedValues(kind: 'header' | 'cookie'): ConditionKey {
  const names = z.record(headerName, oneOrMore(valueGlob))
  return key(`HTTP only: ${kind} name → value or list of values.`, names, (entries) =>
    allOf(Object.entries(entries).map(([name, values]) => ({ kind, name, in: values }))),
  )
}

/** A list of mappings joined by `any` or `all`. */
function listOf(kind: 'any' | 'all', description: string): ConditionKey {
  return {
    shape: z
      .array(z.lazy(() => whenShape))
      .min(1)
      .meta({ description }),
    read(cursor) {
      if (!Array.isArray(cursor.value) || cursor.value.length === 0) {
        cursor.report({
          rule: 'wrong-type',
          message: `${nameOf(cursor.path)} is ${show(cursor.value)}`,
          hint: 'expected a list of conditions, such as `[{ country: DE }, { asn: 64500 }]`',
        })
        return undefined
      }
      return { kind, of: everyOne(cursor.items().map(readMapping)) }
    },
  }
}

const allOf = (of: readonly Condition[]): Condition => (of.length === 1 && of[0] ? of[0] : { kind: 'all', of })

const everyOne = (conditions: readonly (Condition | undefined)[]): Condition[] =>
  conditions.filter((condition): condition is Condition => condition !== undefined)

const KEYS: Readonly<Record<string, ConditionKey>> = {
  country: key('Country of the client.', oneOrMore(country), (codes) => ({ kind: 'country', in: codes })),
  continent: key('Continent of the client.', oneOrMore(continent), (codes) => ({ kind: 'continent', in: codes })),
  subdivision: key('State or province of the client.', oneOrMore(subdivision), (codes) => ({
    kind: 'subdivision',
    in: codes,
  })),
  asn: key("Number of the client's autonomous system.", oneOrMore(asn), (numbers) => ({ kind: 'asn', in: numbers })),
  cidr: key("Network of the client's address.", oneOrMore(cidr), (prefixes) => ({ kind: 'cidr', in: prefixes })),
  located: key('Whether anything is known of where the client is.', z.boolean(), (is) => ({ kind: 'located', is })),
  time: key('Days and hours in a time zone.', oneOrMore(timeWindow), (windows) =>
    windows.length === 1 && windows[0] ? windows[0] : { kind: 'any', of: windows },
  ),
  frontEnd: key('The door the client came by.', oneOrMore(z.enum(FRONT_ENDS)), (names) => ({
    kind: 'frontEnd',
    in: names,
  })),
  header: namedValues('header'),
  cookie: namedValues('cookie'),
  path: key('HTTP only: beginning of the path.', oneOrMore(urlPath), (prefixes) => ({ kind: 'path', prefixes })),
  host: key('HTTP only: the host asked for.', oneOrMore(hostPattern), (names) => ({ kind: 'host', in: names })),
  percent: key('A stable share of the client networks; those in 10% are also in 20%.', percent, (share) => ({
    kind: 'percent',
    percent: share,
  })),
  not: {
    shape: z.lazy(() => whenShape).meta({ description: 'Holds when the conditions inside do not.' }),
    read(cursor) {
      const of = readMapping(cursor)
      return of && { kind: 'not', of }
    },
  },
  any: listOf('any', 'Holds when one of the list holds.'),
  all: listOf('all', 'Holds when all of the list hold.'),
}

const TENANT = 'tenant.'
const tenantValues = oneOrMore(valueGlob)

function tenantKey(attribute: string): ConditionKey {
  return key('', tenantValues, (values) => ({ kind: 'tenant', attribute, in: values }))
}

/** `when` as written, for the JSON Schema. Built from the same table that {@link readWhen} reads by. */
export const whenShape: z.ZodType = z
  .strictObject(Object.fromEntries(Object.entries(KEYS).map(([name, { shape }]) => [name, shape.optional()])))
  .meta({
    id: 'when',
    description:
      'Conditions; all keys must hold, values of one key are alternatives. `tenant.<attribute>` asks for an attribute of the tenant.',
    minProperties: 1,
    patternProperties: {
      '^tenant\\.[A-Za-z0-9]': {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
      },
    },
  })

/** A `when` mapping; undefined after reporting what is wrong. */
export function readWhen(cursor: Cursor): Condition | undefined {
  const condition = readMapping(cursor)
  if (condition !== undefined && countConditions(condition) > MAX_CONDITIONS) {
    cursor.report({
      rule: 'too-many-conditions',
      message: `\`when\` has ${countConditions(condition)} conditions`,
      hint: `expected at most ${MAX_CONDITIONS}`,
    })
  }
  return condition
}

function readMapping(cursor: Cursor): Condition | undefined {
  if (!isMapping(cursor.value) || Object.keys(cursor.value).length === 0) {
    const found = isMapping(cursor.value) ? 'an empty mapping' : show(cursor.value)
    cursor.report({
      rule: 'wrong-type',
      message: `${nameOf(cursor.path)} is ${found}`,
      hint: 'expected conditions, such as `{ country: [DE, FR] }`',
    })
    return undefined
  }
  return allOf(everyOne(cursor.entries().map(([name, value]) => readKey(name, value))))
}

function readKey(name: string, cursor: Cursor): Condition | undefined {
  if (Object.hasOwn(KEYS, name)) return KEYS[name]?.read(cursor)
  const attribute = name.startsWith(TENANT) ? name.slice(TENANT.length) : null
  if (attribute !== null && idKey.safeParse(attribute).success) return tenantKey(attribute).read(cursor)
  if (name === 'tenant') {
    cursor.report({
      rule: 'unknown-key',
      message: '`tenant` needs an attribute',
      hint: 'write `tenant.id: acme` or `tenant.plan: enterprise`',
      part: 'key',
    })
    return undefined
  }
  reportUnknownKey(cursor, name, Object.keys(KEYS))
  return undefined
}

function countConditions(condition: Condition): number {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.reduce((sum, inner) => sum + countConditions(inner), 1)
    case 'not':
      return 1 + countConditions(condition.of)
    case 'country':
    case 'continent':
    case 'subdivision':
    case 'asn':
    case 'cidr':
    case 'located':
    case 'time':
    case 'frontEnd':
    case 'tenant':
    case 'header':
    case 'cookie':
    case 'path':
    case 'host':
    case 'percent':
      return 1
  }
}
