import { HEARTBEAT_STATUSES, type HeartbeatStatus, type NetworkRtt } from '../../ports/heartbeat-sink.ts'
import { badBody, type HttpProblem } from '../problem.ts'
import { isRecord, parseJson } from './json-body.ts'
import { parseRtts } from './rtt-body.ts'

export interface HeartbeatBody {
  readonly status: HeartbeatStatus
  readonly load: Readonly<Record<string, number>>
  readonly rtts: readonly NetworkRtt[]
}

const FIELDS: readonly string[] = ['status', 'load', 'rtt']
const MAX_METRICS = 16
const MOST_LOAD = 1e15
/** As policies name metrics. */
const METRIC = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** Reads the JSON of a heartbeat; nothing at all means that the endpoint is up. */
export function parseHeartbeat(text: string): HeartbeatBody | HttpProblem {
  if (text.trim() === '') return { status: 'up', load: {}, rtts: [] }
  const body = parseJson(text)
  if (!isRecord(body)) return badBody('A heartbeat is a JSON object with status, load and rtt, or has no body.')
  // An endpoint that writes `state: down` must not be taken to be up.
  if (Object.keys(body).some((name) => !FIELDS.includes(name))) {
    return badBody('A heartbeat has the fields status, load and rtt, and no others.')
  }
  const { status = 'up', load = {}, rtt = {} } = body
  const known = HEARTBEAT_STATUSES.find((name) => name === status)
  if (known === undefined) return badBody(`status is one of ${HEARTBEAT_STATUSES.join(', ')}.`)
  if (!isRecord(load) || Object.keys(load).length > MAX_METRICS) {
    return badBody(`load is an object of at most ${MAX_METRICS} numbers by metric name.`)
  }
  const metrics: [string, number][] = []
  for (const [name, value] of Object.entries(load)) {
    if (!METRIC.test(name)) return badBody('load: a metric is named by 1 to 63 letters, digits, `.`, `_` or `-`.')
    if (typeof value !== 'number' || !(value >= 0 && value <= MOST_LOAD)) {
      return badBody(`load: a metric is a number from 0 to ${MOST_LOAD}.`)
    }
    metrics.push([name, value])
  }
  const rtts = parseRtts(rtt)
  return 'kind' in rtts ? rtts : { status: known, load: Object.fromEntries(metrics), rtts }
}
