/** `geo-data/overrides.yaml`: the operator's word over the database. */
import type { IpPrefix } from '../domain/address.ts'
import { formatPrefix, parsePrefix } from '../domain/address.ts'
import { COUNTRIES } from '../domain/countries.ts'
import type { GeoPoint, Location } from '../domain/place.ts'
import { EMPTY_TREE, MAX_LEAF_VALUE, paintPrefixes } from '../domain/prefix-tree.ts'
import type { Problem } from '../domain/problem.ts'
import { type Cursor, cursorOf, isMapping, show } from '../policy/cursor.ts'
import { decodeDocument } from '../policy/decode-document.ts'
import { formatProblem } from '../policy/format-problem.ts'
import { didYouMean } from '../policy/suggest.ts'
import { parseYaml } from '../policy/yaml-document.ts'
import { GeoDataError } from './geo-data-error.ts'
import type { GeoParts } from './geo-locator.ts'
import { createLocationClasses, overrideLocationOf } from './location-classes.ts'

export interface GeoOverride {
  readonly prefix: IpPrefix
  /** Null when the row names only an AS number: the place stays the database's. */
  readonly location: Location | null
  readonly city: string | null
  readonly asn: number | null
}

const KEYS = ['cidr', 'country', 'subdivision', 'lat', 'lon', 'city', 'asn']

/**
 * Reads the file. Nothing but comments in it: no overrides.
 * @throws GeoDataError with every problem, each with line and column.
 */
export function readOverrides(path: string, bytes: Uint8Array): readonly GeoOverride[] {
  const source = decodeDocument(path, bytes)
  if (!('text' in source)) throw refusal(path, [source])
  const parsed = parseYaml(source)
  if (!parsed.ok) {
    if (parsed.problems.every((problem) => problem.rule === 'empty-document')) return []
    throw refusal(path, parsed.problems)
  }
  const problems: Problem[] = []
  const overrides = readDocument(cursorOf(parsed.document, problems))
  if (problems.length > 0) throw refusal(path, problems)
  return overrides
}

const refusal = (path: string, problems: readonly Problem[]) =>
  new GeoDataError(path, `not used, because of\n${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`)

function readDocument(root: Cursor): readonly GeoOverride[] {
  for (const [key, cursor] of root.entries()) {
    if (key !== 'networks') reportUnknownKey(cursor, key, ['networks'])
  }
  const networks = root.child('networks')
  if (networks.value === undefined || networks.value === null) return []
  if (!Array.isArray(networks.value)) {
    networks.report({ rule: 'wrong-type', message: `\`networks\` is ${show(networks.value)}`, hint: 'expected a list' })
    return []
  }
  const lines = new Map<string, number>()
  return networks.items().flatMap((row) => {
    const override = readRow(row)
    if (override === null) return []
    const cidr = formatPrefix(override.prefix)
    const earlier = lines.get(cidr)
    lines.set(cidr, row.at().line)
    if (earlier === undefined) return [override]
    const message = `${cidr} is placed twice, first on line ${earlier}`
    row.child('cidr').report({ rule: 'duplicate-network', message, hint: 'keep one of the two' })
    return []
  })
}

function readRow(row: Cursor): GeoOverride | null {
  if (!isMapping(row.value)) {
    const hint = 'expected a mapping such as `{ cidr: 10.1.0.0/16, country: DE }`'
    row.report({ rule: 'wrong-type', message: `the row is ${show(row.value)}`, hint })
    return null
  }
  for (const [key, cursor] of row.entries()) if (!KEYS.includes(key)) reportUnknownKey(cursor, key, KEYS)
  const prefix = readPrefix(row)
  const country = readText(row, 'country', (text) => COUNTRIES.has(text), 'an ISO 3166-1 code of two capital letters')
  const subdivision = readSubdivision(row, country)
  const point = readPoint(row)
  const city = readText(row, 'city', (text) => text.trim() !== '', 'a name')
  const asn = readNumber(row, 'asn', 1, MAX_LEAF_VALUE)
  if (asn !== null && !Number.isInteger(asn)) reportValue(row.child('asn'), 'asn', 'a whole number')
  if (prefix === null) return null
  const saysWhere = row.child('country').value !== undefined || row.child('lat').value !== undefined
  if (!saysWhere && asn === null) {
    const message = 'the row says nothing of where the network is'
    row.report({ rule: 'empty-override', message, hint: 'add `country`, or `lat` and `lon`, or `asn`' })
  }
  const location = saysWhere ? overrideLocationOf({ country, subdivision, point }) : null
  return { prefix, location, city, asn }
}

function readPrefix(row: Cursor): IpPrefix | null {
  const cursor = row.child('cidr')
  if (cursor.value === undefined) {
    row.report({
      rule: 'missing-key',
      message: 'the row has no `cidr`',
      hint: 'expected a network such as 10.1.0.0/16',
    })
    return null
  }
  const parsed = parsePrefix(typeof cursor.value === 'string' ? cursor.value : '')
  if (parsed.ok) return parsed.prefix
  const hint =
    parsed.problem === 'hostBits' ? `did you mean ${parsed.suggestion}?` : 'expected a network such as 10.1.0.0/16'
  const why = {
    hostBits: 'has bits beyond its length',
    lengthOutOfRange: 'is longer than its address',
    notAPrefix: 'is no network',
  }
  cursor.report({ rule: 'bad-cidr', message: `\`cidr\` ${show(cursor.value)} ${why[parsed.problem]}`, hint })
  return null
}

/** `VA`, or `US-VA` of the row's own country. */
function readSubdivision(row: Cursor, country: string | null): string | null {
  const text = readText(
    row,
    'subdivision',
    (value) => /^([A-Z]{2}-)?[A-Z0-9]{1,3}$/.test(value),
    'an ISO 3166-2 code such as VA',
  )
  if (text === null) return null
  const [first = '', second] = text.split('-')
  if (country === null || (second !== undefined && first !== country)) {
    reportValue(
      row.child('subdivision'),
      'subdivision',
      country === null ? 'a `country` beside it' : `one of ${country}`,
    )
  }
  return second ?? first
}

function readPoint(row: Cursor): GeoPoint | null {
  const lat = readNumber(row, 'lat', -90, 90)
  const lon = readNumber(row, 'lon', -180, 180)
  const hasLat = row.child('lat').value !== undefined
  if (hasLat !== (row.child('lon').value !== undefined)) {
    const [found, missing] = hasLat ? ['lat', 'lon'] : ['lon', 'lat']
    row.report({
      rule: 'missing-key',
      message: `the row has \`${found}\` but no \`${missing}\``,
      hint: 'give both or none',
    })
  }
  return lat === null || lon === null ? null : { lat, lon }
}

function readText(row: Cursor, key: string, accepts: (text: string) => boolean, expected: string): string | null {
  const cursor = row.child(key)
  if (cursor.value === undefined) return null
  if (typeof cursor.value === 'string' && accepts(cursor.value)) return cursor.value
  reportValue(cursor, key, expected)
  return null
}

function readNumber(row: Cursor, key: string, min: number, max: number): number | null {
  const cursor = row.child(key)
  if (cursor.value === undefined) return null
  if (typeof cursor.value === 'number' && cursor.value >= min && cursor.value <= max) return cursor.value
  reportValue(cursor, key, `a number from ${min} to ${max}`)
  return null
}

const reportValue = (cursor: Cursor, key: string, expected: string) =>
  cursor.report({ rule: 'bad-value', message: `\`${key}\` is ${show(cursor.value)}`, hint: `expected ${expected}` })

const reportUnknownKey = (cursor: Cursor, key: string, known: readonly string[]) =>
  cursor.report({
    rule: 'unknown-key',
    message: `\`${key}\` is no key here`,
    hint: didYouMean(key, known),
    part: 'key',
  })

/** The same database with the overrides over it; the longest network wins. */
export function withOverrides(parts: GeoParts, overrides: readonly GeoOverride[]): GeoParts {
  const classes = createLocationClasses(parts.locations)
  const places = overrides.flatMap(({ prefix, location }) =>
    location === null ? [] : [{ prefix, value: classes.idOf(location) }],
  )
  const asns = overrides.flatMap(({ prefix, asn }) => (asn === null ? [] : [{ prefix, value: asn }]))
  return {
    ...parts,
    info: { ...parts.info, hasAsn: parts.info.hasAsn || asns.length > 0 },
    locations: classes.locations,
    tree: paintPrefixes(parts.tree, places),
    asns: asns.length === 0 ? parts.asns : paintPrefixes(parts.asns ?? EMPTY_TREE, asns),
  }
}
