import * as z from 'zod'
import { COUNTRIES } from '../../domain/countries.ts'
import type { Site } from '../../domain/place.ts'
import type { Cursor } from '../cursor.ts'
import { readFields } from '../read.ts'
import { idKey } from '../shape/ids.ts'
import { checkSubdivision, country } from '../shape/places.ts'

const degrees = (most: number, name: string) => {
  const phrase = `a ${name} in degrees, from -${most} to ${most}`
  return z
    .number(phrase)
    .min(-most, phrase)
    .max(most, phrase)
    .meta({ description: `${name[0]?.toUpperCase()}${name.slice(1)} in degrees.` })
}

const siteShape = z
  .strictObject({
    lat: degrees(90, 'latitude'),
    lon: degrees(180, 'longitude'),
    country,
    subdivision: z
      .string('a subdivision such as `VA`')
      .nullable()
      .prefault(null)
      .meta({ description: 'ISO 3166-2 code of the state or province, without the country.', examples: ['VA'] }),
    city: z.string('the name of a city').nullable().prefault(null).meta({ description: 'For people.' }),
    region: z.string('the name of a region').min(1, 'a text that is not empty').nullable().prefault(null).meta({
      description: "What operators call the area; the `region` of discovery answers. Defaults to the site's id.",
    }),
  })
  .meta({ id: 'site', description: 'A named place.' })

export const sitesShape = z
  .strictObject({
    $schema: z.string().optional(),
    sites: z.record(idKey, siteShape).meta({ description: 'Site id → place.' }),
  })
  .meta({ title: 'Sites', description: 'Named places that endpoints of many services share.' })

/** One site; undefined after reporting what is wrong. */
export function readSite(cursor: Cursor, id: string): Site | undefined {
  const fields = readFields(cursor, siteShape)
  if (fields === undefined) return undefined
  const { lat, lon, country: code, city } = fields
  const continent = code === undefined ? undefined : COUNTRIES.get(code)?.continent
  const subdivision = code === undefined ? null : subdivisionOf(cursor.child('subdivision'), fields.subdivision, code)
  if (lat === undefined || lon === undefined || code === undefined || continent === undefined) return undefined
  return { id, lat, lon, country: code, subdivision, continent, region: fields.region ?? id, city }
}

/** `VA`, or `US-VA` when the country is the site's own. */
function subdivisionOf(cursor: Cursor, value: string | null, country: string): string | null {
  if (value === null) return null
  const code = value.includes('-') ? value : `${country}-${value}`
  if (!code.startsWith(`${country}-`)) {
    cursor.report({
      rule: 'unknown-subdivision',
      message: `\`${value}\` is not in \`${country}\``,
      hint: 'mend one of the two',
    })
    return null
  }
  checkSubdivision(
    code,
    ({ rule, message = `\`subdivision\` is \`${value}\``, hint = null }) =>
      cursor.report({ rule, message, hint }) as never,
  )
  return code.slice(country.length + 1)
}
