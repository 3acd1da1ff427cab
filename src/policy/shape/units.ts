import * as z from 'zod'
import { MAX_TTL_SECONDS } from '../limits.ts'
import { text } from './fault.ts'

const DURATION = /^(-?\d+(?:\.\d+)?)\s?(ms|s|m|h|d)$/
const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Seconds, or null when it is no duration. Negative ones are durations too: their door says what is wrong. */
function secondsOf(text: string): number | null {
  const [, amount, unit] = DURATION.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null
  return Number(amount) * SECONDS[unit as keyof typeof SECONDS]
}

const DURATION_EXAMPLES = ['500ms', '30s', '5m', '1h', '1d']
const DURATION_PHRASE = 'a duration with its unit, such as `500ms`, `30s`, `5m`, `1h` or `1d`'

/** A time to live in seconds. */
export const ttl = text(
  `a TTL with its unit, such as \`30s\` or \`1h\`, from 0s to ${MAX_TTL_SECONDS}s (RFC 2181 §8)`,
  {
    id: 'ttl',
    description: `Time to live: whole seconds with a unit (s, m, h, d), from 0s to ${MAX_TTL_SECONDS}s (RFC 2181 §8).`,
    examples: DURATION_EXAMPLES.slice(1),
    pattern: '^\\d+(\\.\\d+)?\\s?(ms|s|m|h|d)$',
  },
  (value, fail): number => {
    const seconds = secondsOf(value)
    if (seconds === null) return fail({ rule: 'bad-duration', hint: `expected ${DURATION_PHRASE}` })
    if (seconds < 0)
      return fail({
        rule: 'bad-ttl',
        message: `the TTL ${value} is negative`,
        hint: 'expected 0s or more (RFC 2181 §8)',
      })
    if (seconds > MAX_TTL_SECONDS) {
      return fail({
        rule: 'bad-ttl',
        message: `the TTL ${value} is too long`,
        hint: `expected at most ${MAX_TTL_SECONDS}s (RFC 2181 §8)`,
      })
    }
    if (!Number.isInteger(seconds))
      return fail({
        rule: 'bad-ttl',
        message: `the TTL ${value} is no whole number of seconds`,
        hint: 'TTLs count whole seconds',
      })
    return seconds
  },
)

/** A span of time in seconds, within `least` and `most` seconds. */
export function duration(least: number, most: number, description: string) {
  const range = `from ${spanText(least)} to ${spanText(most)}`
  return text(
    DURATION_PHRASE,
    {
      description: `${description} A duration ${range}.`,
      examples: DURATION_EXAMPLES,
      pattern: '^\\d+(\\.\\d+)?\\s?(ms|s|m|h|d)$',
    },
    (value, fail): number => {
      const seconds = secondsOf(value)
      if (seconds === null) return fail({ rule: 'bad-duration', hint: `expected ${DURATION_PHRASE}` })
      if (seconds < least || seconds > most) return fail({ rule: 'bad-duration', hint: `expected a duration ${range}` })
      return seconds
    },
  )
}

const spanText = (seconds: number): string =>
  seconds > 0 && seconds < 1 ? `${seconds * 1000}ms` : seconds >= 86_400 ? `${seconds / 86_400}d` : `${seconds}s`

/** Half the equator: nothing on Earth is farther apart. */
const FARTHEST_KM = 20_038

/** How much farther still counts as equal: kilometres more, or times as far. */
export const within = text(
  'a distance such as `300km` or a ratio such as `1.2x`',
  {
    description:
      'As near as the nearest plus so many kilometres (`300km`), or within so many times its distance (`1.2x`), counts as equal.',
    examples: ['300km', '1.2x'],
    pattern: '^\\d+(\\.\\d+)?\\s?(km|x)$',
  },
  (value, fail): { readonly km: number } | { readonly ratio: number } => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)\s?(km|x)$/.exec(value) ?? []
    if (amount === undefined)
      return fail({ rule: 'bad-distance', hint: 'expected a distance such as `300km` or a ratio such as `1.2x`' })
    const number = Number(amount)
    if (unit === 'km') {
      return number <= FARTHEST_KM
        ? { km: number }
        : fail({ rule: 'bad-distance', hint: `expected at most ${FARTHEST_KM}km, half the equator` })
    }
    return number >= 1 && number <= 1000
      ? { ratio: number }
      : fail({ rule: 'bad-distance', hint: 'expected a ratio from 1x to 1000x' })
  },
)

const PERCENT_PHRASE = 'a percentage from 0 to 100, such as `10%` or 10'

/** 0…100. */
export const percent = z.union([
  z.number(PERCENT_PHRASE).min(0, PERCENT_PHRASE).max(100, PERCENT_PHRASE),
  text(
    PERCENT_PHRASE,
    { description: 'A share in percent, 0% to 100%.', examples: ['10%', '2.5%'], pattern: '^\\d+(\\.\\d+)?\\s?%$' },
    (value, fail): number => {
      const [, amount] = /^(\d+(?:\.\d+)?)\s?%$/.exec(value) ?? []
      const number = Number(amount)
      return number <= 100 ? number : fail({ rule: 'bad-percent', hint: `expected ${PERCENT_PHRASE}` })
    },
  ),
])
