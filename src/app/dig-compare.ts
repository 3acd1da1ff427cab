import { EDE, TYPE } from '../dns/wire/codes.ts'
import { dataToText } from '../dns/wire/data-text.ts'
import { nameToText } from '../dns/wire/name.ts'
import type { Response, ResponseRecord } from '../dns/wire/response.ts'
import { rcodeToText, typeToText } from '../dns/wire/type-names.ts'
import { parseDecisionId } from '../steering/decision-id.ts'

/** What may differ without meaning anything. */
export interface Allowance {
  /** Seconds that a TTL may be off: where the plan ends soon, the two answers are not from one moment. */
  readonly ttlSeconds: number
  /** Whether it is known which revision the node serves; where it is not, the serial that follows from it says nothing. */
  readonly serial: 'compared' | 'ignored'
}

/** The parts of a response that two can differ in, each as text. */
interface Content {
  readonly rcode: string
  readonly answer: string
  readonly ttl: string
  readonly scope: string
  readonly authority: string
  readonly additional: string
  readonly error: string
  readonly flags: string
}

const NAMES: Readonly<Record<keyof Content, string>> = {
  rcode: 'RCODE',
  answer: 'answer',
  ttl: 'TTL',
  scope: 'scope',
  authority: 'authority section',
  additional: 'additional section',
  error: 'extended error',
  flags: 'flags',
}

/** All that a response says about its question, as one text: equal texts are equal answers. */
export const contentOf = (response: Response): string => JSON.stringify(partsOf(response, 'compared'))

/** One part in which an answer is not what was expected; the texts are empty where there is nothing. */
export interface Difference {
  readonly part: string
  readonly found: string
  readonly expected: string
}

/** What sets an answer apart from the one that was expected; empty when nothing does. */
export function differencesBetween(found: Response, expected: Response, allowance: Allowance): readonly Difference[] {
  const [a, b] = [partsOf(found, allowance.serial), partsOf(expected, allowance.serial)]
  const keys = (Object.keys(NAMES) as (keyof Content)[]).filter((key) => a[key] !== b[key])
  return keys
    .filter((key) => key !== 'ttl' || !areNear(found, expected, allowance.ttlSeconds))
    .filter((key) => !CONSEQUENCES.some(([cause, effect]) => effect === key && keys.includes(cause)))
    .map((key) => ({ part: NAMES[key], found: a[key], expected: b[key] }))
}

/** Another answer has other TTLs and denies or does not; the cause is enough. */
const CONSEQUENCES: readonly (readonly [cause: keyof Content, effect: keyof Content])[] = [
  ['answer', 'ttl'],
  ['answer', 'authority'],
  ['rcode', 'authority'],
]

function areNear(found: Response, expected: Response, seconds: number): boolean {
  const [a, b] = [ttlsOf(found), ttlsOf(expected)]
  return a.length === b.length && a.every((ttl, index) => Math.abs(ttl - (b[index] ?? 0)) <= seconds)
}

const ttlsOf = ({ answer, authority }: Response): readonly number[] =>
  (answer.length > 0 ? answer : authority).map(({ ttlSeconds }) => ttlSeconds)

function partsOf(response: Response, serial: Allowance['serial']): Content {
  const { edns, authoritative, truncated } = response
  const texts = (records: readonly ResponseRecord[]) =>
    records
      .map((record) => recordText(record, serial))
      .sort()
      .join(', ')
  return {
    rcode: rcodeToText(response.rcode),
    answer: texts(response.answer),
    ttl: [...new Set(ttlsOf(response))].join(', '),
    scope: edns?.ecs === null || edns?.ecs === undefined ? '' : `/${edns.ecs.scopePrefixLength}`,
    authority: texts(response.authority),
    additional: texts(response.additional),
    error: errorsOf(response)
      .map(({ code, text }) => `${code}${text === '' ? '' : ` (${text})`}`)
      .join(', '),
    flags: [...(authoritative ? ['aa'] : []), ...(truncated ? ['tc'] : [])].join(' '),
  }
}

/** Extended errors, without the decision id that a node with `dns.debug` puts in place of their text. */
export const errorsOf = ({ edns }: Response): readonly { readonly code: number; readonly text: string }[] =>
  (edns?.errors ?? [])
    .map(({ code, text }) => ({ code, text: parseDecisionId(text) === null ? text : '' }))
    .filter(({ code, text }) => code !== EDE.OTHER || text !== '')

/** The decision id that a node with `dns.debug` told us, or null. */
export const toldDecision = ({ edns }: Response): string | null =>
  edns?.errors.find(({ text }) => parseDecisionId(text) !== null)?.text ?? null

/** Without owner and TTL where they go without saying: `192.0.2.10`, `www.geo.example. CNAME api.geo.example.`. */
function recordText(record: ResponseRecord, serial: Allowance['serial']): string {
  const text = dataToText(record.type, record.data)
  const isSoa = record.type === TYPE.SOA && serial === 'ignored'
  const shown = isSoa ? text.replace(/^(\S+ \S+) \d+/, '$1 SERIAL') : text
  return `${nameToText(record.name)}. ${typeToText(record.type)} ${shown}`
}
