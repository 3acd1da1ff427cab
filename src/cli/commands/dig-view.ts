import type { DigResult } from '../../app/dig.ts'
import type { ChosenRevision } from '../../app/dig-revision.ts'
import type { AskTransport } from '../../dns/client/ask-server.ts'
import type { NameServer } from '../../dns/name-servers.ts'
import type { Snapshot } from '../../steering/snapshot.ts'

/** All that `dig` has to show. */
export interface DigView {
  readonly results: readonly DigResult[]
  readonly snapshot: Snapshot
  readonly chosen: ChosenRevision
  /** Who was asked; null: nobody. */
  readonly server: NameServer | null
  readonly transport: AskTransport
  /** Queries for each client and type. */
  readonly count: number
  /** What has to be said beside, one sentence each. */
  readonly notes: readonly string[]
  /** When the snapshot was compiled. */
  readonly nowMs: number
}

export const serverText = ({ address, port }: NameServer): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
