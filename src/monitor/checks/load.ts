import { BODY_OCTETS, type LoadReading } from '../../domain/check.ts'
import { parseJsonPath, selectJson } from '../../domain/json-path.ts'
import { parseMetricName } from '../../domain/metric-name.ts'
import { parseBody } from './body.ts'
import type { HttpAnswer } from './http-request.ts'
import { readMetric } from './prometheus.ts'

export interface LoadFound {
  readonly load: Readonly<Record<string, number>>
  /** What could not be read: an endpoint that answers is not down because it does not say how busy it is. */
  readonly warnings: readonly string[]
}

/** The load that an answer tells. Negative numbers are none. */
export function readLoad(readings: readonly LoadReading[], answer: HttpAnswer): LoadFound {
  const load: [string, number][] = []
  const warnings: string[] = []
  for (const { metric, from } of readings) {
    const found = 'json' in from ? numberAt(from.json, answer) : metricOf(from.prometheus, answer)
    if (typeof found === 'number') load.push([metric, found])
    else warnings.push(`load \`${metric}\` was not read: ${found}`)
  }
  return { load: Object.fromEntries(load), warnings }
}

function numberAt(pathText: string, answer: HttpAnswer): number | string {
  const path = parseJsonPath(pathText)
  if (path === null) return `${pathText} is no JSON path`
  const parsed = parseBody(answer)
  if ('fault' in parsed) return parsed.fault
  const [found] = selectJson(path, parsed.value)
  return typeof found === 'number' && found >= 0 ? found : `no number of 0 or more at ${pathText}`
}

function metricOf(text: string, { body, bodyLength }: HttpAnswer): number | string {
  const name = parseMetricName(text)
  if (name === null) return `${text} is no metric`
  // A line that was cut may have half a number.
  const page = body.toString('utf8')
  const found = readMetric(bodyLength === 'whole' ? page : page.slice(0, page.lastIndexOf('\n') + 1), name)
  if (found !== null && found >= 0) return found
  const where = bodyLength === 'whole' ? 'in the answer' : `in the first ${BODY_OCTETS} octets of the answer`
  return `no number of 0 or more for ${text} ${where}`
}
