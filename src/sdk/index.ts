/** What applications import as `nearcast/sdk`: for now, the types of the discovery API's answers and of reports. */
export type {
  ExplainedAnswer,
  Reach,
  Report,
  ReportedMeasurement,
  ReportReceipt,
  ServiceAnswer,
} from '../domain/discovery-wire.ts'
