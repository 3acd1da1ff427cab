/** Endpoints that clients of some network report as unreachable: there they fall behind, and nowhere else. */

import type { Unreachable } from '../domain/facts.ts'
import { DEPENDS, type Reason } from '../domain/plan.ts'
import type { Candidates } from './candidates.ts'
import { isInside } from './conditions/location.ts'
import { unreachable as unreachableReason } from './reasons.ts'
import type { Material } from './steps/step.ts'
import type { View } from './view.ts'

export interface UnreachableHere {
  /** Superset of the DEPENDS bits that `mark` reads. */
  readonly reads: number
  readonly nextExpiryMs: number
  /** Calls `behind` for each candidate that the client's network cannot reach. */
  mark(candidates: Candidates, view: View, behind: (endpoint: number) => void): void
  /** For an endpoint that the last `mark` named. */
  reason(endpoint: number): Reason | null
}

/** An operator's `up` wins over what clients report. */
export function compileUnreachable({ unreachable, facts }: Material): UnreachableHere {
  const reports = unreachable.filter(
    ({ endpoint }) => facts[endpoint] !== undefined && facts[endpoint].override?.state !== 'up',
  )
  const by = facts.map((_, i) => reports.filter(({ endpoint }) => endpoint === i))
  const found: (Unreachable['network'] | null)[] = facts.map(() => null)
  const bitOf = ({ network }: Unreachable) => ('asn' in network ? DEPENDS.asn : DEPENDS.cidr)
  const isIn = ({ network }: Unreachable, { client }: View) =>
    'asn' in network ? client.location.asn === network.asn : isInside(client, network.prefix)
  return {
    reads: reports.reduce((bits, report) => bits | bitOf(report), 0),
    nextExpiryMs: reports.reduce((least, { expiresAtMs }) => Math.min(least, expiresAtMs), Number.POSITIVE_INFINITY),
    mark(candidates, view, behind) {
      if (reports.length === 0) return
      for (let p = 0; p < candidates.count; p++) {
        const endpoint = candidates.order[p]!
        for (const report of by[endpoint]!) view.reads |= bitOf(report)
        const report = by[endpoint]!.find((each) => isIn(each, view))
        found[endpoint] = report?.network ?? null
        if (report !== undefined) behind(endpoint)
      }
    },
    reason: (endpoint) => (found[endpoint] == null ? null : unreachableReason(found[endpoint])),
  }
}
