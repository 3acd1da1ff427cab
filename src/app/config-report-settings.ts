import { plain, type Setting } from './config-setting.ts'
import { formatReportKey, oneOf, reportKeyShape } from './config-values.ts'

/** What can be set about the reports of clients. */
export interface ReportConfig {
  /** Whether clients may report what their endpoints were like. */
  readonly reports: 'on' | 'off'
  /** Signs the tokens by which they do; null: random, and of this process alone. */
  readonly reportsKey: Uint8Array | null
}

export const REPORT_SETTINGS: { readonly [K in keyof ReportConfig]: Setting<ReportConfig[K]> } = {
  reports: {
    path: ['reports', 'take'],
    placeholder: '<on|off>',
    takes: 'one',
    shape: oneOf(['on', 'off']),
    initial: () => 'on',
    format: plain,
    help: 'whether clients may report times and unreachable endpoints (POST /v1/reports of the discovery API)',
  },
  reportsKey: {
    path: ['reports', 'key'],
    placeholder: '<hex|random>',
    takes: 'one',
    shape: reportKeyShape,
    initial: () => null,
    format: formatReportKey,
    secret: 'yes',
    help: 'signs the tokens of answers, 64 hexadecimal digits, one for a fleet; random is good for one node; never shown',
  },
}
