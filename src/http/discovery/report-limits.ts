import type { IpAddress } from '../../domain/address.ts'
import { formatPrefix, prefixOf } from '../../domain/address.ts'
import { networkKey, TOKEN_LIFE_MS } from '../decision-token.ts'

/** Why a report is not taken. `used`: its token was shown before. */
export type LimitRefusal = 'used' | 'network' | 'busy'

export interface ReportLimits {
  /** Spends the token and one of the network's reports of this minute; null when it may be taken. */
  admit(tokenId: string, address: IpAddress, nowMs: number): LimitRefusal | null
}

const MINUTE_MS = 60_000
/** latency.md E, poisoning: "4 sessions/prefix/min". */
const REPORTS_A_MINUTE = 4
/** A /16 or /32 may hold ten thousand prefixes: at most a tenth of what a node takes is about one of them. */
const WIDE_REPORTS_A_MINUTE = 600
/** What a node takes altogether, a second and at once. */
const REPORTS_A_SECOND = 100
const REPORTS_AT_ONCE = 200

/**
 * How much of what clients tell is listened to; how many times of one endpoint count is the estimator's to say. Every table is
 * bounded by the rate at which it may grow and the time after which it starts anew.
 */
export function createReportLimits(): ReportLimits {
  // Two generations: a token of five minutes is in one of them as long as it lives.
  let used = new Set<string>()
  let usedBefore = new Set<string>()
  let usedSinceMs = -Infinity
  let reports = new Map<string, number>()
  let minute = -Infinity
  let left = REPORTS_AT_ONCE
  let leftAtMs = -Infinity

  const turn = (nowMs: number): void => {
    // Clocks are set back: what lies ahead of now is as old as what lies far behind.
    if (nowMs - usedSinceMs >= TOKEN_LIFE_MS + MINUTE_MS || nowMs < usedSinceMs) {
      usedBefore = nowMs - usedSinceMs >= 2 * (TOKEN_LIFE_MS + MINUTE_MS) ? new Set() : used
      used = new Set()
      usedSinceMs = nowMs
    }
    const thisMinute = Math.floor(nowMs / MINUTE_MS)
    if (thisMinute !== minute) {
      reports = new Map()
      minute = thisMinute
    }
    left = nowMs < leftAtMs ? left : Math.min(REPORTS_AT_ONCE, left + ((nowMs - leftAtMs) / 1000) * REPORTS_A_SECOND)
    leftAtMs = nowMs
  }

  return {
    admit(tokenId, address, nowMs) {
      turn(nowMs)
      if (used.has(tokenId) || usedBefore.has(tokenId)) return 'used'
      const network = networkKey(address)
      const wide = formatPrefix(prefixOf(address, address.family === 4 ? 16 : 32))
      const [own = 0, around = 0] = [reports.get(network), reports.get(wide)]
      if (own >= REPORTS_A_MINUTE || around >= WIDE_REPORTS_A_MINUTE) return 'network'
      if (left < 1) return 'busy'
      left--
      used.add(tokenId)
      reports.set(network, own + 1)
      reports.set(wide, around + 1)
      return null
    },
  }
}
