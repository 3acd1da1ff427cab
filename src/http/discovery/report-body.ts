import type { Measurement } from '../../ports/report-sink.ts'
import { badBody, type HttpProblem } from '../problem.ts'
import { isRecord, parseJson } from './json-body.ts'

/** What a report claims, in the order in which it claims it. Nothing of it is believed yet. */
export interface ReportBody {
  readonly token: string
  readonly measurements: readonly Measurement[]
}

/** Twice as many as a token has endpoints: two fetches of each. */
export const MAX_MEASUREMENTS = 16
/** What no clock measures of a request: about a day. */
const MOST_MS = 1e8
/**
 * latency.md E, poisoning: "accept 1 ms..3 s"; the rest is the estimator's to refuse. Below are reused connections, which
 * browsers time as 0.
 */
const LEAST_RTT_MS = 1

const TIMINGS = ['connectMs', 'tlsMs', 'firstByteMs'] as const

/** Reads the JSON of `POST /v1/reports`. Unknown fields are passed over: clients may be newer than this node. */
export function parseReport(text: string): ReportBody | HttpProblem {
  const body = parseJson(text)
  if (!isRecord(body)) return badBody('A report is a JSON object with token and measurements.')
  const { token, measurements } = body
  if (typeof token !== 'string') return badBody('token is missing: it is the token of a discovery answer, a text.')
  if (!Array.isArray(measurements) || measurements.length === 0 || measurements.length > MAX_MEASUREMENTS) {
    return badBody(`measurements is a list of 1 to ${MAX_MEASUREMENTS}.`)
  }
  const read: Measurement[] = []
  for (const [index, row] of measurements.entries()) {
    const measurement = parseMeasurement(row)
    if (typeof measurement === 'string') return badBody(`measurements[${index}]: ${measurement}`)
    read.push(measurement)
  }
  return { token, measurements: read }
}

/** What is wrong, as a sentence. */
function parseMeasurement(row: unknown): Measurement | string {
  if (!isRecord(row)) return 'expected an object.'
  const { endpoint, outcome = 'ok' } = row
  if (typeof endpoint !== 'string' || endpoint === '') return 'endpoint is the id of an endpoint of the answer.'
  if (outcome !== 'ok' && outcome !== 'unreachable') return 'outcome is ok or unreachable.'
  const roundTrips: number[] = []
  for (const name of TIMINGS) {
    const value = row[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'number' || !(value >= 0 && value <= MOST_MS)) {
      return `${name} is a number of milliseconds from 0 to ${MOST_MS}, or is left out.`
    }
    if (value >= LEAST_RTT_MS) roundTrips.push(value)
  }
  // Each of the three takes one round trip at least (TLS 1.3: RFC 8446 §2), so that the shortest is nearest to it.
  const rttMs = outcome === 'ok' && roundTrips.length > 0 ? Math.min(...roundTrips) : null
  return { endpoint, outcome, rttMs }
}

/** One of an endpoint: reached if any attempt got through, and the shortest round trip. In the order of the first. */
export function mergeMeasurements(measurements: readonly Measurement[]): readonly Measurement[] {
  const merged = new Map<string, Measurement>()
  for (const measurement of measurements) {
    const before = merged.get(measurement.endpoint)
    merged.set(measurement.endpoint, before === undefined ? measurement : bestOf(before, measurement))
  }
  return [...merged.values()]
}

function bestOf(a: Measurement, b: Measurement): Measurement {
  const rtts = [a.rttMs, b.rttMs].filter((rttMs) => rttMs !== null)
  return {
    endpoint: a.endpoint,
    outcome: a.outcome === 'ok' || b.outcome === 'ok' ? 'ok' : 'unreachable',
    rttMs: rtts.length === 0 ? null : Math.min(...rtts),
  }
}
