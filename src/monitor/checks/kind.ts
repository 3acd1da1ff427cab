import type { IpAddress, IpFamily } from '../../domain/address.ts'
import type { Check, CheckKind } from '../../domain/check.ts'
import type { ProbeTarget } from '../../ports/health-check.ts'
import type { AskDns } from './ask-dns.ts'
import type { Attempt, Finding } from './attempt.ts'

/** What the kinds need of the outside. */
export interface CheckTools {
  /** The addresses of a name, those of one family; none when there are none. Rejects when it cannot be told. */
  readonly lookUp: (hostname: string, family: IpFamily) => Promise<readonly IpAddress[]>
  /** Why this address must not be probed; null when it may. */
  readonly guard: (address: IpAddress) => string | null
  readonly askDns: AskDns
  /** Whether policies may run commands on this machine. */
  readonly exec: 'on' | 'off'
  /** Milliseconds since 1970 with fractions, from a clock that never goes back. */
  readonly nowMs: () => number
}

export type CheckOf<Kind extends CheckKind> = Extract<Check, { kind: Kind }>

/** One attempt at one target. May reject: the error's words are the detail of a failure. */
export type Probe = (target: ProbeTarget, attempt: Attempt) => Promise<Finding>

/** A kind of check: what is the same for all its probes is made once. */
export type ProbeKind<Kind extends CheckKind> = (check: CheckOf<Kind>, tools: CheckTools) => Probe
