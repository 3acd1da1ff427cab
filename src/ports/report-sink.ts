import type { IpAddress, IpPrefix } from '../domain/address.ts'

/** What one client found at one endpoint that it had been given. */
export interface Measurement {
  /** Id of the endpoint. */
  readonly endpoint: string
  readonly outcome: 'ok' | 'unreachable'
  /** The shortest round trip that it saw, ms; null when it tells none, or got no answer. */
  readonly rttMs: number | null
}

/** One report, after everything that could be forged about it was checked. */
export interface ClientReport {
  readonly service: string
  /** As seen by the transport, never as reported. */
  readonly address: IpAddress
  /** The /24 or /48 around it: all that may be kept. */
  readonly prefix: IpPrefix
  /** At most one of an endpoint; may be none. */
  readonly measurements: readonly Measurement[]
  readonly atMs: number
}

/**
 * What became of a measurement. Of the others the time counts for nothing, only that the endpoint was reached: the network has
 * measured this one often enough for now, or nothing on earth is so fast, or so slow.
 */
export type MeasurementVerdict = 'taken' | 'enough' | 'implausible'

/** Where clients' reports go. */
export interface ReportSink {
  /** One verdict for each measurement. */
  take(report: ClientReport): readonly MeasurementVerdict[]
}
