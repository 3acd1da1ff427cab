import type { Explanation } from '../../app/explain.ts'
import type { NetworkSplit } from '../../app/explain-network.ts'

/** All that `explain` has to show of one client. */
export interface ExplainView {
  readonly of: 'client' | 'decision'
  readonly explanation: Explanation
  /** How the network divides, of which `explanation` shows the largest part; null where no network was asked for. */
  readonly split: NetworkSplit | null
  /** What has to be said beside the answer, one sentence each. */
  readonly notes: readonly string[]
}
