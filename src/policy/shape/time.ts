import * as z from 'zod'
import { type TimeWindow, WEEKDAYS } from '../../domain/policy.ts'
import { didYouMean } from '../suggest.ts'
import { oneOrMore, text } from './fault.ts'

const TIME_PATTERN = '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$'
const CLOCK_PHRASE = 'a time of day such as `09:00`, from `00:00` to `24:00`'

/** Minutes since midnight, 0…1440. */
const clock = text(
  CLOCK_PHRASE,
  {
    id: 'clock',
    description: 'Time of day on a clock of 24 hours.',
    examples: ['09:00', '17:30'],
    pattern: TIME_PATTERN,
  },
  (value, fail): number => {
    if (!new RegExp(TIME_PATTERN).test(value)) return fail({ rule: 'bad-time', hint: `expected ${CLOCK_PHRASE}` })
    const [hours = 0, minutes = 0] = value.split(':').map(Number)
    return hours * 60 + minutes
  },
)

const timeZone = text(
  'a time zone such as `Europe/Berlin`',
  { description: 'Name of a time zone in the IANA database.', examples: ['Europe/Berlin', 'UTC'] },
  (value, fail): string => {
    // `Intl` also takes offsets such as +01:00, which know no daylight saving time, and any case.
    const known = /^[A-Z]/.test(value) && isTimeZone(value)
    return known
      ? value
      : fail({
          rule: 'unknown-time-zone',
          message: `there is no time zone \`${value}\``,
          hint: () => suggestZone(value),
        })
  },
)

function suggestZone(value: string): string {
  const meant = didYouMean(value, ZONES)
  return meant?.startsWith('did') ? meant : 'expected a name of the IANA database, such as `Europe/Berlin` or `UTC`'
}

/** Canonical names; `Intl` knows their other names too, but asking it takes long. */
const ZONES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('timeZone'))

function isTimeZone(name: string): boolean {
  if (ZONES.has(name)) return true
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Local wall-clock time; `to` at or before `from` runs over midnight. */
export const timeWindow = z
  .strictObject({
    days: oneOrMore(z.enum(WEEKDAYS))
      .optional()
      .meta({ description: 'Days on which the window begins; all when left out.' }),
    from: clock.prefault('00:00').meta({ description: 'Begin, inclusive.' }),
    to: clock.prefault('24:00').meta({ description: 'End, exclusive; at or before `from` it is on the next day.' }),
    zone: timeZone,
  })
  .transform(
    (window): TimeWindow => ({
      kind: 'time',
      days: window.days ?? WEEKDAYS,
      // 24:00 is the end of the day; as a begin, and 00:00 as an end, they are the same instant.
      fromMinute: window.from % 1440,
      toMinute: window.to === 0 ? 1440 : window.to,
      timeZone: window.zone,
    }),
  )
