import { iso31662 } from 'iso-3166'
import { SUBDIVISION_EXONYMS } from './subdivision-exonyms.ts'

/**
 * ISO 3166-2 code without the country (`VA`) of a subdivision given by its name, in English or as ISO writes it, with or
 * without words such as "Province of"; null when nobody knows it.
 */
export function subdivisionCodeOf(country: string, name: string): string | null {
  const whole = CODES.get(`${country}-${folded(name)}`)
  return whole ?? CODES_BY_BARE_NAME.get(`${country}-${bare(name)}`) ?? null
}

/** What kind of subdivision it is, in English and in the languages of ISO's names. */
const KIND_WORDS = new Set(
  (
    'autonomous capital city community county department departamento district division fylke governorate grad judet kanton ' +
    'kraj krai kray lan maakunta metropolitan municipality muhafazah oblast okrug parish periferia prefecture province ' +
    'provincia region republic respublika sheng shi state territory voblasc voivodeship wilaya zizhiqu zupanija ' +
    'si gwangyeoksi teukbyeolsi do fu ken to of the de del al ad ash'
  ).split(' '),
)

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\p{Mark}'’ʹʿ]/gu, '')
    .toLowerCase()
    .replace(/ł/g, 'l')
    .replace(/ø/g, 'o')
    .replace(/ı/g, 'i')
    .replace(/đ/g, 'd')

const words = (name: string): string[] => plain(name).match(/[\p{Letter}\p{Number}]+/gu) ?? []

const folded = (name: string): string => words(name).join('')

const bare = (name: string): string =>
  words(name)
    .filter((word) => !KIND_WORDS.has(word))
    .join('')

const AMBIGUOUS = null

const CODES = new Map<string, string>()
const CODES_BY_BARE_NAME = new Map<string, string | typeof AMBIGUOUS>()

for (const [country, codes] of Object.entries(SUBDIVISION_EXONYMS)) {
  for (const [code, names] of Object.entries(codes)) {
    for (const name of names.split('|')) CODES.set(`${country}-${folded(name)}`, code)
  }
}
// Subdivisions of the country itself come before parts of those: `state1` is of the first level.
const isFirstLevel = ({ parent }: { readonly parent: string }) => !parent.includes('-')
for (const { code, name } of [...iso31662.filter(isFirstLevel), ...iso31662.filter((entry) => !isFirstLevel(entry))]) {
  const [country = '', subdivision = ''] = code.split('-')
  for (const variant of [name, ...name.split(/[[\](),/]/)]) {
    const key = `${country}-${folded(variant)}`
    if (!CODES.has(key)) CODES.set(key, subdivision)
    const bareKey = `${country}-${bare(variant)}`
    const other = CODES_BY_BARE_NAME.get(bareKey)
    if (other === undefined) CODES_BY_BARE_NAME.set(bareKey, subdivision)
    else if (other !== subdivision) CODES_BY_BARE_NAME.set(bareKey, AMBIGUOUS)
  }
}
