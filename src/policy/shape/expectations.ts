import * as z from 'zod'
import type { BodyExpectation, LoadReading } from '../../domain/check.ts'
import { parseJsonPath } from '../../domain/json-path.ts'
import { parseMetricName } from '../../domain/metric-name.ts'
import { MAX_CHECK_METRICS, MAX_PATTERN_LENGTH } from '../limits.ts'
import { must, oneOrMore, orQuote, text, whole } from './fault.ts'
import { idKey } from './ids.ts'

/** What a probe expects of a response. */

const STATUS_PHRASE = 'a status such as 200, or a class such as `2xx`'

/** `2xx` stands for 200 to 299. */
const status = z.union([
  whole(100, 599, 'a status').transform((code) => [code]),
  text(
    STATUS_PHRASE,
    { description: 'A class of statuses.', examples: ['2xx'], pattern: '^[1-5]xx$' },
    (value, fail): number[] =>
      /^[1-5]xx$/.test(value)
        ? Array.from({ length: 100 }, (_, i) => Number(value[0]) * 100 + i)
        : fail({ rule: 'bad-status', hint: `expected ${STATUS_PHRASE}` }),
  ),
])

export const statuses = oneOrMore(status).transform((given): readonly number[] => [...new Set(given.flat())])

const PATH_PHRASE = "a JSON path such as `$.status` or `$['pool'][0].up` (RFC 9535, without filters)"

const jsonPath = text(
  PATH_PHRASE,
  { description: 'A JSON path (RFC 9535), without filters.', examples: ['$.status'], pattern: '^\\$' },
  (value, fail): string =>
    parseJsonPath(value) === null ? fail({ rule: 'bad-json-path', hint: `expected ${PATH_PHRASE}` }) : value,
)

const PATTERN_PHRASE = `a regular expression of at most ${MAX_PATTERN_LENGTH} characters`

const pattern = text(
  orQuote(PATTERN_PHRASE),
  { description: 'A regular expression (ECMAScript, flags `s` and `u`).', examples: ['^(ok|warm)$'] },
  (value, fail): string => {
    if (value.length > MAX_PATTERN_LENGTH) return fail({ rule: 'bad-pattern', hint: `expected ${PATTERN_PHRASE}` })
    try {
      return new RegExp(value, 'su').source
    } catch (error) {
      return fail({
        rule: 'bad-pattern',
        message: `\`${value}\` is no regular expression`,
        hint: (error as Error).message.replace(/^Invalid regular expression: .*: /s, ''),
      })
    }
  },
)

const contained = z
  .string({ error: orQuote('a text that the body contains') })
  .min(1, 'a text that is not empty')
  .max(1_000, 'a text of at most 1000 characters')
  .meta({ description: 'A text that the body contains.' })

const json = z.union([
  jsonPath.transform((path) => ({ path, equals: null })),
  z.strictObject({
    path: jsonPath,
    equals: z
      .union([z.string(), z.number(), z.boolean()], 'a text, a number, `true` or `false`')
      .nullable()
      .prefault(null)
      .meta({ description: 'What must stand there; anything when left out.' }),
  }),
])

/** What the body must be like; a text alone must be in it. */
export const body = z
  .union([
    contained.transform((contains): BodyExpectation => ({ contains, matches: null, json: null })),
    z
      .strictObject({
        contains: contained.nullable().prefault(null),
        matches: pattern.nullable().prefault(null),
        json: json.nullable().prefault(null).meta({ description: 'What must stand at a path of a JSON body.' }),
      })
      .refine(
        ({ contains, matches, json: at }) => contains !== null || matches !== null || at !== null,
        must('at least one of `contains`, `matches`, `json`'),
      ),
  ])
  .meta({ description: 'What the body must be like; all that is given must hold.' })

const READING_PHRASE =
  'where the number is read: a JSON path such as `$.load`, or a Prometheus metric such as `load{zone="a"}`'

const reading = text(
  READING_PHRASE,
  {
    description: 'A JSON path (begins with `$`) or the name of a Prometheus metric, with labels if need be.',
    examples: ['$.load', 'node_load1'],
  },
  (value, fail): LoadReading['from'] => {
    if (parseJsonPath(value) !== null) return { json: value }
    if (parseMetricName(value) !== null) return { prometheus: value }
    return fail({
      rule: value.startsWith('$') ? 'bad-json-path' : 'bad-metric',
      hint: `expected ${READING_PHRASE}`,
    })
  },
)

/** Metric → where it is read. */
export const load = z
  .record(idKey, reading)
  .refine((given) => Object.keys(given).length <= MAX_CHECK_METRICS, must(`at most ${MAX_CHECK_METRICS} metrics`))
  .transform((given): readonly LoadReading[] => Object.entries(given).map(([metric, from]) => ({ metric, from })))
  .meta({ description: 'Metric → where the response says it: what `shed`, `spread` and `failover` go by.' })
