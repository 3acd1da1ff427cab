import { formatPrefix } from '../domain/address.ts'
import type { Unreachable } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import { createVoices, type Group, type UnreachabilityReport, type Voice, WINDOW_MS } from './unreachability-voices.ts'

export type { UnreachabilityReport } from './unreachability-voices.ts'

/** Who cannot reach what, by clients' own word. Time comes with every call. */
export interface Unreachability {
  add(report: UnreachabilityReport): void
  /** By service; those without any are absent. The same objects while nothing changes. */
  facts(policies: readonly DemotablePolicy[], nowMs: number): ReadonlyMap<string, readonly Unreachable[]>
  /** When the facts change by themselves; null when they do not. */
  nextExpiryMs(): number | null
}

export type DemotablePolicy = Pick<Policy, 'service'> & {
  readonly endpoints: readonly Pick<Policy['endpoints'][number], 'id'>[]
}

/** One failed request may be a page that was left; the second is a habit. */
const FAILURES_OF_A_PREFIX = 2
/** latency.md E, poisoning: "until >=3 prefixes from >=3 distinct /20s agree at ASN level". */
const QUORUM = 3
/** Then the network is sent there again, and finds out. */
const DEMOTED_MS = 600_000
/** Of one service: each costs the steering maps a class of clients. Those that come later wait. */
const MOST_ASNS = 32
const MOST_PREFIXES = 128
/** Of all services together. */
const MOST_DEMOTIONS = 4_096

interface Demotion {
  readonly service: string
  readonly endpoint: string
  readonly network: Unreachable['network']
  /** Of the AS of a prefix; 0 when unknown. */
  readonly asn: number
  /** How many prefixes complained when it began. */
  readonly voices: number
  readonly sinceMs: number
}

/**
 * The ledger of "unreachable for me" (field.md 4.7: "quorum … demotes the endpoint for that ASN/prefix only, with TTL, cap").
 * A prefix whose reports fail more often than not, twice at least, demotes the endpoint for itself. For its AS it takes three such
 * prefixes out of three different /20s (/40s), and no more than half as many that reach it. Successes lift it again;
 * after ten minutes it ends by itself.
 */
export function createUnreachability(): Unreachability {
  const voices = createVoices()
  // In the order in which they began: the first ends first.
  const demotions = new Map<string, Demotion>()
  let version = 0
  let made: { readonly of: readonly DemotablePolicy[]; readonly version: number } | null = null
  let facts: ReadonlyMap<string, readonly Unreachable[]> = new Map()

  const judge = (key: string, verdict: Verdict, demotion: Demotion): void => {
    const isDemoted = demotions.has(key)
    if (verdict === 'keep' || isDemoted === (verdict === 'demote')) return
    version++
    if (isDemoted) demotions.delete(key)
    else demotions.set(key, demotion)
    for (const oldest of demotions.keys()) {
      if (demotions.size <= MOST_DEMOTIONS) break
      demotions.delete(oldest)
    }
  }
  const expire = (nowMs: number): void => {
    for (const [key, { sinceMs }] of demotions) {
      // The clock may be set back: what began in the future would stay for ever.
      if (nowMs < sinceMs + DEMOTED_MS && nowMs >= sinceMs - WINDOW_MS) break
      demotions.delete(key)
      version++
    }
  }
  return {
    add(report) {
      const { service, endpoint, prefix, asn, atMs } = report
      expire(atMs)
      const { voice, group } = voices.add(report)
      const begun = { service, endpoint, asn, voices: group.failing.size, sinceMs: atMs }
      const keyOf = (network: Unreachable['network']) => `${service} ${endpoint} ${nameOf(network)}`
      judge(keyOf({ prefix }), prefixVerdict(voice), { ...begun, network: { prefix } })
      if (asn === 0) return
      const key = keyOf({ asn })
      const before = demotions.get(key)
      judge(key, asnVerdict(group, before?.voices ?? 0), { ...begun, network: { asn } })
    },
    facts(policies, nowMs) {
      expire(nowMs)
      if (made?.of === policies && made.version === version) return facts
      made = { of: policies, version }
      facts = keepEqual(facts, factsOf(policies, [...demotions.values()]))
      return facts
    },
    nextExpiryMs() {
      for (const { sinceMs } of demotions.values()) return sinceMs + DEMOTED_MS
      return null
    },
  }
}

type Verdict = 'demote' | 'lift' | 'keep'

function prefixVerdict({ failures, successes }: Voice): Verdict {
  if (successes >= failures) return 'lift'
  return failures >= FAILURES_OF_A_PREFIX ? 'demote' : 'keep'
}

/** @param voicesBefore of the demotion in force: while nobody is sent there, few complain anew, and that is no praise */
function asnVerdict({ failing, reaching }: Group, voicesBefore: number): Verdict {
  if (2 * reaching.size > Math.max(failing.size, voicesBefore)) return 'lift'
  const isQuorum = failing.size >= QUORUM && 2 * reaching.size <= failing.size
  return isQuorum && hasWitnesses(failing.values()) ? 'demote' : 'keep'
}

function hasWitnesses(voices: Iterable<Voice>): boolean {
  const wide = new Set<string>()
  for (const voice of voices) if (wide.add(voice.wide).size >= QUORUM) return true
  return false
}

/** Never all of them: a third, or one of a pair; what is reported of the others waits. */
const mostDemoted = (endpoints: number): number => (endpoints < 2 ? 0 : Math.max(1, Math.floor(endpoints / 3)))

function factsOf(
  policies: readonly DemotablePolicy[],
  demotions: readonly Demotion[],
): ReadonlyMap<string, readonly Unreachable[]> {
  const of = new Map<string, readonly Unreachable[]>()
  if (demotions.length === 0) return of
  const byService = Map.groupBy(demotions, ({ service }) => service)
  for (const policy of policies) {
    const unreachable = factsOfService(policy, byService.get(policy.service) ?? [])
    if (unreachable.length > 0) of.set(policy.service, unreachable)
  }
  return of
}

/** ASNs first: an AS that is demoted speaks for its prefixes, and counts towards what they may have demoted. */
function factsOfService({ endpoints }: DemotablePolicy, demotions: readonly Demotion[]): readonly Unreachable[] {
  const room = {
    endpoints: new Map(endpoints.map(({ id }, index) => [id, index])),
    most: mostDemoted(endpoints.length),
  }
  const isOfAsn = ({ network }: Demotion) => 'asn' in network
  const asns = choose(demotions.filter(isOfAsn), { ...room, mostNetworks: MOST_ASNS, above: new Map() })
  const ofPrefixes = demotions.filter((demotion) => !isOfAsn(demotion))
  const prefixes = choose(ofPrefixes, { ...room, mostNetworks: MOST_PREFIXES, above: asns })
  return [...asns.values(), ...prefixes.values()].flat()
}

interface Room {
  /** Indices by id. */
  readonly endpoints: ReadonlyMap<string, number>
  /** How many of them one network may have demoted. */
  readonly most: number
  readonly mostNetworks: number
  /** What is demoted for the AS as a whole. */
  readonly above: ReadonlyMap<string, readonly Unreachable[]>
}

/** By network, those that began first. */
function choose(demotions: readonly Demotion[], room: Room): ReadonlyMap<string, readonly Unreachable[]> {
  const chosen = new Map<string, readonly Unreachable[]>()
  for (const { endpoint: id, network, asn, sinceMs } of demotions) {
    const name = nameOf(network)
    const own = chosen.get(name)
    const known = [...(own ?? []), ...(room.above.get(nameOf({ asn })) ?? [])]
    const endpoint = room.endpoints.get(id)
    if (endpoint === undefined || known.length >= room.most) continue
    if (known.some((each) => each.endpoint === endpoint)) continue
    if (own === undefined && chosen.size >= room.mostNetworks) continue
    chosen.set(name, [...(own ?? []), { endpoint, network, expiresAtMs: sinceMs + DEMOTED_MS }])
  }
  return chosen
}

const nameOf = (network: Unreachable['network']): string =>
  'asn' in network ? `AS${network.asn}` : formatPrefix(network.prefix)

/** What says the same stays the same object, for all that is compiled from it. */
function keepEqual(
  before: ReadonlyMap<string, readonly Unreachable[]>,
  now: ReadonlyMap<string, readonly Unreachable[]>,
): ReadonlyMap<string, readonly Unreachable[]> {
  let isSame = before.size === now.size
  const kept = new Map<string, readonly Unreachable[]>()
  for (const [service, unreachable] of now) {
    const same = before.get(service)
    const isEqual = same !== undefined && textOf(same) === textOf(unreachable)
    kept.set(service, isEqual ? same : unreachable)
    isSame &&= isEqual
  }
  return isSame ? before : kept
}

const textOf = (unreachable: readonly Unreachable[]): string =>
  unreachable.map(({ endpoint, network, expiresAtMs }) => `${endpoint} ${nameOf(network)} ${expiresAtMs}`).join()
