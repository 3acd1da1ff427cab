import { iso31662 } from 'iso-3166'
import * as z from 'zod'
import { COUNTRIES } from '../../domain/countries.ts'
import type { ClientArea } from '../../domain/endpoint.ts'
import { CONTINENT_NAMES, CONTINENTS, type Continent } from '../../domain/place.ts'
import { asn, cidr } from './addresses.ts'
import { type Fail, oneOrMore, text } from './fault.ts'

const CODES_BY_NAME = new Map([...COUNTRIES.values()].map(({ name, code }) => [name.toLowerCase(), code]))

export function checkCountry(value: string, fail: Fail): string {
  if (COUNTRIES.has(value)) return value
  const meant = COUNTRIES.has(value.toUpperCase())
    ? value.toUpperCase()
    : value === 'UK'
      ? 'GB'
      : CODES_BY_NAME.get(value.toLowerCase())
  return fail({
    rule: 'unknown-country',
    message: `\`${value}\` is no country code`,
    hint:
      meant === undefined ? 'expected two capital letters of ISO 3166-1, such as `DE`' : `did you mean \`${meant}\`?`,
  })
}

export const country = text(
  'a country code of two letters, such as `DE`',
  {
    id: 'country',
    description: 'ISO 3166-1 alpha-2 code of a country.',
    examples: ['DE', 'US'],
    pattern: '^[A-Z]{2}$',
  },
  checkCountry,
)

const isContinent = (value: string): value is Continent => Object.hasOwn(CONTINENT_NAMES, value)

export const continent = text(
  'a continent: `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`',
  {
    id: 'continent',
    description: Object.entries(CONTINENT_NAMES)
      .map(([code, name]) => `${code} ${name}`)
      .join(', '),
    examples: ['EU'],
    pattern: `^(${CONTINENTS.join('|')})$`,
  },
  (value, fail): Continent => {
    if (isContinent(value)) return value
    const wanted = value.toLowerCase()
    const meant = CONTINENTS.find(
      (code) => code.toLowerCase() === wanted || CONTINENT_NAMES[code].toLowerCase() === wanted,
    )
    return fail({
      rule: 'unknown-continent',
      message: `\`${value}\` is no continent`,
      hint: meant === undefined ? `expected one of ${CONTINENTS.join(', ')}` : `did you mean \`${meant}\`?`,
    })
  },
)

const SUBDIVISIONS: ReadonlyMap<string, readonly string[]> = Map.groupBy(
  iso31662.map(({ code }) => code),
  (code) => code.slice(0, 2),
)

/** `US-VA`: ISO 3166-2 with the country. */
export function checkSubdivision(value: string, fail: Fail): string {
  const [, countryCode, part] = /^([A-Z]{2})-([A-Z0-9]{1,3})$/.exec(value) ?? []
  if (countryCode === undefined || part === undefined) {
    const upper = value.toUpperCase()
    const meant =
      upper !== value && /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(upper)
        ? `did you mean \`${upper}\`?`
        : 'expected a code of ISO 3166-2 with its country, such as `US-VA`'
    return fail({ rule: 'unknown-subdivision', message: `\`${value}\` is no subdivision code`, hint: meant })
  }
  if (!COUNTRIES.has(countryCode)) return checkCountry(countryCode, fail)
  const known = SUBDIVISIONS.get(countryCode) ?? []
  if (known.length === 0 || known.includes(value)) return value
  return fail({
    rule: 'unknown-subdivision',
    message: `ISO 3166-2 has no \`${value}\``,
    hint: `expected a code of ISO 3166-2, such as \`${known[0]}\``,
  })
}

export const subdivision = text(
  'a subdivision with its country, such as `US-VA`',
  {
    id: 'subdivision',
    description: 'ISO 3166-2 code of a state or province, with its country.',
    examples: ['US-VA', 'DE-BY'],
    pattern: '^[A-Z]{2}-[A-Z0-9]{1,3}$',
  },
  checkSubdivision,
)

/** A set of clients by where they are: an alternative of each key is enough. */
export const clientArea = z
  .strictObject({
    country: oneOrMore(country).optional(),
    continent: oneOrMore(continent).optional(),
    subdivision: oneOrMore(subdivision).optional(),
    asn: oneOrMore(asn).optional(),
    cidr: oneOrMore(cidr).optional(),
  })
  .refine((area) => Object.keys(area).length > 0, {
    params: { rule: 'empty-area', hint: 'expected at least one of country, continent, subdivision, asn, cidr' },
  })
  .meta({
    description:
      'The clients this endpoint is meant for, by where they are; matching one entry is enough. Read by `geofence`.',
  })
  .transform(
    (area): ClientArea => ({
      countries: area.country ?? [],
      continents: area.continent ?? [],
      subdivisions: area.subdivision ?? [],
      asns: area.asn ?? [],
      prefixes: area.cidr ?? [],
    }),
  )
