import { type Fields, isDone, joined, nextField, octet, octets32 } from './fields.ts'
import { BadText, shown, type Token } from './token.ts'

const bad = (token: Token, what: string, expected: string): BadText =>
  new BadText(token, 'bad-record', `the ${what} is ${shown(token)}`, `expected ${expected}`)

/** RFC 7043 §3.2: octets in hexadecimal with hyphens between them. */
export function euiOctets(fields: Fields, count: 6 | 8): Uint8Array {
  const token = nextField(fields, 'address')
  const pairs = token.text.split('-')
  if (pairs.length !== count || !pairs.every((pair) => /^[0-9a-f]{2}$/i.test(pair)))
    throw bad(token, 'address', `${count} octets in hexadecimal with \`-\` between them`)
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
}

/** RFC 1876 §3: "d1 [m1 [s1]] {"N"|"S"} d2 [m2 [s2]] {"E"|"W"} alt["m"] [siz["m"] [hp["m"] [vp["m"]]]]". */
export function locOctets(fields: Fields): Uint8Array {
  const latitude = angle(fields, 'latitude', 90, { N: 1, S: -1 })
  const longitude = angle(fields, 'longitude', 180, { E: 1, W: -1 })
  // §2: "a base of 100,000m below the reference spheroid", in centimetres.
  const altitude = centimetres(fields, 'altitude', -100_000, 42_849_672.95) + 10_000_000
  const [size, horizontal, vertical] = [100, 1_000_000, 1_000].map((initial, index) =>
    isDone(fields)
      ? initial
      : centimetres(fields, ['size', 'horizontal precision', 'vertical precision'][index] ?? '', 0, 90_000_000),
  )
  return joined(
    octet(0),
    ...[size, horizontal, vertical].map((value = 0) => octet(exponentOf(value))),
    octets32(2 ** 31 + latitude),
    octets32(2 ** 31 + longitude),
    octets32(altitude),
  )
}

/** Thousandths of a second of arc. */
function angle(fields: Fields, what: string, most: number, sides: Readonly<Record<string, 1 | -1>>): number {
  const expected = `degrees, minutes and seconds up to ${most} degrees, and ${Object.keys(sides).join(' or ')}`
  let total = 0
  for (let unit = 0; ; unit++) {
    const token = nextField(fields, what)
    const name = token.text.toUpperCase()
    const side = Object.hasOwn(sides, name) ? sides[name] : undefined
    if (side !== undefined && unit > 0 && total <= most * 3_600_000) return side * total
    const [size, limit, form] = ANGLE_UNITS[unit] ?? []
    if (size === undefined || limit === undefined || form?.test(token.text) !== true || Number(token.text) > limit)
      throw bad(token, what, expected)
    total += Math.round(Number(token.text) * size)
  }
}

/** Of degrees, minutes and seconds: thousandths of a second in one, the most there can be, and the form. */
const ANGLE_UNITS: readonly (readonly [number, number, RegExp])[] = [
  [3_600_000, 180, /^\d{1,3}$/],
  [60_000, 59, /^\d{1,2}$/],
  [1_000, 59.999, /^\d{1,2}(?:\.\d{1,3})?$/],
]

function centimetres(fields: Fields, what: string, least: number, most: number): number {
  const token = nextField(fields, what)
  const [, number] = /^(-?\d{1,8}(?:\.\d{1,2})?)m?$/i.exec(token.text) ?? []
  const metres = number === undefined ? Number.NaN : Number(number)
  if (!(metres >= least && metres <= most)) throw bad(token, what, `metres from ${least} to ${most}`)
  return Math.round(metres * 100)
}

/** §2: "the most significant four bits represent the base, and the second number represents the power of ten". */
function exponentOf(value: number): number {
  let [base, power] = [value, 0]
  while (base >= 10) {
    base = Math.floor(base / 10)
    power++
  }
  return (base << 4) | power
}
