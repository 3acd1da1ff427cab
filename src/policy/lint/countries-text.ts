import { COUNTRIES } from '../../domain/countries.ts'
import { CONTINENT_NAMES, CONTINENTS } from '../../domain/place.ts'

const MOST_CODES = 12

/** Countries in words, by continent: `Europe (DE, FR), all of Africa`; `every country`. */
export function countriesText(codes: readonly string[]): string {
  const named = new Set(codes)
  if (named.size >= COUNTRIES.size) return 'every country'
  return CONTINENTS.flatMap((continent) => {
    const all = [...COUNTRIES.values()].filter((country) => country.continent === continent).map(({ code }) => code)
    const missing = all.filter((code) => !named.has(code))
    const present = all.filter((code) => named.has(code))
    const name = CONTINENT_NAMES[continent]
    if (present.length === 0) return []
    if (missing.length === 0) return [`all of ${name}`]
    if (missing.length < present.length) return [`${name} without ${list(missing)}`]
    return [`${name} (${list(present)})`]
  }).join('; ')
}

const list = (codes: readonly string[]): string =>
  codes.length <= MOST_CODES
    ? codes.join(', ')
    : `${codes.slice(0, MOST_CODES).join(', ')} and ${codes.length - MOST_CODES} more`
