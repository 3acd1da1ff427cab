import type { IpPrefix } from '../domain/address.ts'
import { formatPrefix, prefixOf } from '../domain/address.ts'

/** One client network's word about one endpoint. */
export interface UnreachabilityReport {
  readonly service: string
  /** Id of the endpoint. */
  readonly endpoint: string
  /** A /24 or /48. */
  readonly prefix: IpPrefix
  /** 0 when unknown. */
  readonly asn: number
  readonly outcome: 'ok' | 'unreachable'
  readonly atMs: number
}

/** What networks of one AS said lately about one endpoint, by prefix. */
export interface Group {
  readonly failing: ReadonlyMap<string, Voice>
  /** Those that reach it, at least as often as not. */
  readonly reaching: ReadonlyMap<string, Voice>
}

export interface Voice {
  /** The /20 or /40 around the prefix: what lies in one is not counted as several witnesses. */
  readonly wide: string
  readonly failures: number
  readonly successes: number
}

export interface Voices {
  /** Takes a report down. What the prefix says by now, and all of its AS. */
  add(report: UnreachabilityReport): { readonly voice: Voice; readonly group: Group }
}

/** How long a report counts. */
export const WINDOW_MS = 300_000
/** Of one prefix; 4 reports a minute are taken. */
const MOST_REPORTS = 20
/** Prefixes that complain, and prefixes that do not, over all endpoints: the one that spoke longest ago gives way. */
const MOST_FAILING = 20_000
const MOST_REACHING = 50_000

interface Speaker extends Voice {
  readonly members: Members
  readonly prefix: string
  failures: number
  successes: number
  reports: { readonly atMs: number; readonly outcome: UnreachabilityReport['outcome'] }[]
}

interface Members {
  readonly key: string
  readonly failing: Map<string, Speaker>
  readonly reaching: Map<string, Speaker>
}

/** Bounded tables of who said what. Those that only praise never crowd out those that complain. */
export function createVoices(): Voices {
  const groups = new Map<string, Members>()
  // In the order in which they spoke, the longest silent first.
  const failing = new Set<Speaker>()
  const reaching = new Set<Speaker>()

  const remove = (speaker: Speaker): void => {
    const { members, prefix } = speaker
    failing.delete(speaker)
    reaching.delete(speaker)
    members.failing.delete(prefix)
    members.reaching.delete(prefix)
    if (members.failing.size + members.reaching.size === 0) groups.delete(members.key)
  }
  const forgetSilent = (speakers: Set<Speaker>, most: number, nowMs: number): void => {
    for (const speaker of speakers) {
      const lastMs = speaker.reports.at(-1)?.atMs ?? 0
      if (speakers.size <= most && Math.abs(nowMs - lastMs) <= WINDOW_MS) break
      remove(speaker)
    }
  }
  return {
    add({ service, endpoint, prefix, asn, outcome, atMs }) {
      forgetSilent(failing, MOST_FAILING - 1, atMs)
      forgetSilent(reaching, MOST_REACHING - 1, atMs)
      const key = `${service} ${endpoint} ${asn}`
      const members = groups.get(key) ?? { key, failing: new Map(), reaching: new Map() }
      const name = formatPrefix(prefix)
      const speaker: Speaker = members.failing.get(name) ??
        members.reaching.get(name) ?? {
          members,
          prefix: name,
          wide: formatPrefix(prefixOf(prefix, prefix.family === 4 ? 20 : 40)),
          failures: 0,
          successes: 0,
          reports: [],
        }
      remove(speaker)
      groups.set(key, members)
      const recent = speaker.reports.filter((report) => Math.abs(atMs - report.atMs) <= WINDOW_MS)
      speaker.reports = [...recent, { atMs, outcome }].slice(-MOST_REPORTS)
      speaker.failures = speaker.reports.filter((report) => report.outcome === 'unreachable').length
      speaker.successes = speaker.reports.length - speaker.failures
      const isFailing = speaker.failures > speaker.successes
      ;(isFailing ? failing : reaching).add(speaker)
      ;(isFailing ? members.failing : members.reaching).set(name, speaker)
      return { voice: speaker, group: members }
    },
  }
}
