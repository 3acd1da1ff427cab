import { formatAddress } from '../../domain/address.ts'
import type { Check, ProbeHost } from '../../domain/check.ts'
import type { ProbeResult } from '../../domain/health.ts'
import type { TargetBelief } from './target-belief.ts'

export interface Result extends ProbeResult {
  readonly atMs: number
}

/** One check at one address of an endpoint. */
export interface Target {
  readonly check: Check
  readonly host: ProbeHost
  readonly belief: TargetBelief
  /** Why it is not probed; null when it is. Nothing is believed of it then. */
  readonly notProbed: string | null
  readonly nextProbeMs: number | null
  /** Newest first; heartbeats count as results. */
  readonly last: readonly Result[]
}

/** The address, or the name with its family; null for the endpoint as a whole. */
export function hostKey(host: ProbeHost): string | null {
  if (host === null) return null
  return 'address' in host ? formatAddress(host.address) : `${host.hostname} IPv${host.family}`
}
