import type { TLSSocket } from 'node:tls'
import type { TlsExpectation } from '../../domain/check.ts'
import type { Finding } from './attempt.ts'

const DAY_MS = 86_400_000

/** What to see to about the certificate that was shown; null when nothing. It is the server's own: others of a chain come and go with the path that is built. */
export function certificateWarning(socket: TLSSocket, { warnDays }: TlsExpectation, nowMs: number): string | null {
  const endsAt = warnDays === 0 ? undefined : socket.getPeerX509Certificate()?.validToDate
  if (endsAt === undefined) return null
  const days = (endsAt.getTime() - nowMs) / DAY_MS
  if (!(days <= warnDays)) return null
  const when = days < 0 ? 'ended' : days < 1 ? 'ends within a day' : `ends in ${Math.floor(days)} days`
  return `the certificate ${when} (${endsAt.toISOString().slice(0, 10)}), expected more than ${warnDays} days`
}

/** A success with a warning is degraded: clients are served, and somebody should look. */
export const withWarning = (finding: Finding, warning: string | null): Finding =>
  warning === null
    ? finding
    : {
        ...finding,
        outcome: finding.outcome === 'fail' ? 'fail' : 'degraded',
        detail: finding.outcome === 'fail' ? finding.detail : `${finding.detail}; ${warning}`,
        warnings: [...(finding.warnings ?? []), warning],
      }
