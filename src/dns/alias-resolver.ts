import type { Schedule } from '../ports/schedule.ts'
import type { AliasAddresses, FindAliasAddresses, LearnedAddresses } from './alias-addresses.ts'
import { type AddressType, type LookupResult, lookUpAddresses } from './alias-lookup.ts'
import type { NameServer } from './name-servers.ts'

export interface AliasProblem {
  readonly name: string
  readonly message: string
  /** What is served meanwhile. */
  readonly serving: 'lastGood' | 'nothing'
}

export interface AliasResolverOptions {
  /** Asked in this order until one answers. */
  readonly servers: readonly NameServer[]
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Uniform unsigned 32-bit draws, for jitter. */
  readonly dice: () => number
  readonly onProblem: (problem: AliasProblem) => void
}

/** Keeps the addresses of names outside our zones, asking for them before they expire. No answer ever waits for it. */
export interface AliasResolver {
  /** Replaces the set of names that are resolved; names that stay keep what is known of them. */
  track(names: readonly string[]): void
  readonly addresses: FindAliasAddresses
  close(): void
}

/** Upstream TTLs outside of these are taken for their nearer end: no flood of questions, no change that is seen too late. */
const MIN_TTL_SECONDS = 5
const MAX_TTL_SECONDS = 3600
const RETRY_SECONDS = { first: 5, longest: 60 }
/** Names looked up at once; the others wait their turn. */
const MAX_ACTIVE = 8

interface Tracked {
  readonly name: string
  a: LearnedAddresses | null
  aaaa: LearnedAddresses | null
  /** Rounds in a row in which something failed. */
  failures: number
  cancel: () => void
}

export function createAliasResolver(options: AliasResolverOptions): AliasResolver {
  const { servers, nowMs, schedule, dice, onProblem } = options
  const tracked = new Map<string, Tracked>()
  const waiting: Tracked[] = []
  let active = 0

  const isTracked = (entry: Tracked): boolean => tracked.get(entry.name) === entry

  const enqueue = (entry: Tracked): void => {
    waiting.push(entry)
    startNext()
  }

  const startNext = (): void => {
    while (active < MAX_ACTIVE) {
      const entry = waiting.shift()
      if (entry === undefined) return
      if (!isTracked(entry)) continue
      active++
      void refresh(entry).finally(() => {
        active--
        startNext()
      })
    }
  }

  const refresh = async (entry: Tracked): Promise<void> => {
    const [a, aaaa] = await Promise.all([askServers(servers, entry.name, 'A'), askServers(servers, entry.name, 'AAAA')])
    if (!isTracked(entry)) return
    const message = learn(entry, a, aaaa, nowMs())
    entry.failures = message === null ? 0 : entry.failures + 1
    if (message !== null) {
      const hasAny = entry.a !== null || entry.aaaa !== null
      onProblem({ name: entry.name, message, serving: hasAny ? 'lastGood' : 'nothing' })
    }
    entry.cancel = schedule(() => enqueue(entry), delaySeconds(entry, nowMs(), dice() / 2 ** 32) * 1000)
  }

  return {
    track: (names) => {
      const wanted = new Set(names)
      for (const entry of [...tracked.values()]) {
        if (wanted.has(entry.name)) continue
        entry.cancel()
        tracked.delete(entry.name)
      }
      for (const name of wanted) {
        if (tracked.has(name)) continue
        const entry: Tracked = { name, a: null, aaaa: null, failures: 0, cancel: () => {} }
        tracked.set(name, entry)
        enqueue(entry)
      }
    },
    addresses: (name): AliasAddresses | null => tracked.get(name) ?? null,
    close: () => {
      for (const entry of tracked.values()) entry.cancel()
      tracked.clear()
    },
  }
}

/** The first answer of any server; the last failure when none has one. */
async function askServers(servers: readonly NameServer[], name: string, type: AddressType): Promise<LookupResult> {
  let result: LookupResult = { kind: 'failed', message: 'no resolver is configured' }
  for (const server of servers) {
    result = await lookUpAddresses(server, name, type)
    if (result.kind === 'addresses') return result
    result = { kind: 'failed', message: `${type} from ${server.address} port ${server.port}: ${result.message}` }
  }
  return result
}

/** Takes over what was learned; what failed keeps the last good. Returns what to report. */
function learn(entry: Tracked, a: LookupResult, aaaa: LookupResult, nowMs: number): string | null {
  const failures = [a, aaaa].flatMap((result) => (result.kind === 'failed' ? [result.message] : []))
  const hasAddresses = [a, aaaa].some((result) => result.kind === 'addresses' && result.addresses.length > 0)
  const hadAddresses = [entry.a, entry.aaaa].some((learned) => learned !== null && learned.addresses.length > 0)
  if (!hasAddresses && hadAddresses) {
    // A name that suddenly has nothing is more often a mistake than a wish, and an empty answer is an outage.
    return failures[0] ?? 'the name has no addresses any more'
  }
  if (a.kind === 'addresses') entry.a = learnedFrom(a, nowMs)
  if (aaaa.kind === 'addresses') entry.aaaa = learnedFrom(aaaa, nowMs)
  return failures[0] ?? (hasAddresses ? null : 'the name has no addresses')
}

const learnedFrom = (
  { addresses, ttlSeconds }: Extract<LookupResult, { kind: 'addresses' }>,
  nowMs: number,
): LearnedAddresses => ({
  addresses,
  validUntilMs: nowMs + Math.min(MAX_TTL_SECONDS, Math.max(MIN_TTL_SECONDS, ttlSeconds)) * 1000,
})

/** Before the earlier expiry, at 75 to 95 percent of the time left, so that names do not come together; after a failure with growing pauses. */
function delaySeconds(entry: Tracked, nowMs: number, draw: number): number {
  if (entry.failures > 0) {
    const pause = Math.min(RETRY_SECONDS.longest, RETRY_SECONDS.first * 2 ** (entry.failures - 1))
    return pause * (0.5 + draw / 2)
  }
  const expiries = [entry.a, entry.aaaa].map((learned) => learned?.validUntilMs ?? nowMs + MAX_TTL_SECONDS * 1000)
  return ((Math.min(...expiries) - nowMs) / 1000) * (0.75 + draw / 5)
}
