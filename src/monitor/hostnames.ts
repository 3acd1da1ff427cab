import { lookup, Resolver } from 'node:dns/promises'
import { formatAddress, type IpAddress, type IpFamily, parseAddress } from '../domain/address.ts'
import type { TargetGuard } from './target-guard.ts'

/** The addresses of a name, those of one family; none when it has none. Rejects when it cannot be told. */
export type LookUp = (hostname: string, family: IpFamily) => Promise<readonly IpAddress[]>

/** What resolvers answer where a name, or the family, is not there. */
const NOTHING_THERE: readonly string[] = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_ADDRFAMILY']

/** @param servers asked in this order, such as `192.0.2.53:5353`; none: the system, which reads its hosts file as well */
export function createResolve(servers: readonly string[]): LookUp {
  const resolver = servers.length === 0 ? null : new Resolver({ timeout: 2_000, tries: 2 })
  resolver?.setServers(servers)
  const ask = async (hostname: string, family: IpFamily): Promise<readonly string[]> => {
    if (resolver !== null) return family === 4 ? resolver.resolve4(hostname) : resolver.resolve6(hostname)
    return (await lookup(hostname, { family, all: true })).map(({ address }) => address)
  }
  return async (hostname, family) => {
    try {
      return (await ask(hostname, family)).flatMap((text) => parseAddress(text) ?? [])
    } catch (error) {
      if (NOTHING_THERE.includes((error as NodeJS.ErrnoException).code ?? '')) return []
      throw error
    }
  }
}

export interface RememberParts {
  readonly lookUp: LookUp
  readonly nowMs: () => number
}

/** Several checks of one name, and the two looks of one probe, ask once. */
const REMEMBERED_MS = 5_000
const MOST_REMEMBERED = 10_000

/** The same answers, asked for at most every five seconds for each name and family. */
export function remembering({ lookUp, nowMs }: RememberParts): LookUp {
  const known = new Map<string, { readonly untilMs: number; readonly answer: ReturnType<LookUp> }>()
  return (hostname, family) => {
    const key = `${hostname} ${family}`
    const found = known.get(key)
    const now = nowMs()
    if (found !== undefined && found.untilMs > now && found.untilMs <= now + REMEMBERED_MS) return found.answer
    const answer = lookUp(hostname, family)
    known.delete(key)
    known.set(key, { untilMs: now + REMEMBERED_MS, answer })
    const [oldest] = known.keys()
    if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest)
    return answer
  }
}

export interface NamedHost {
  readonly hostname: string
  readonly family: IpFamily
}

/**
 * Why a host name is not probed by this family at the moment: it has addresses of the other one only, or none that may be
 * probed. Null when there is something to probe, or to fail: a name that is not there, or cannot be looked up.
 */
export async function whyNotProbed(
  { hostname, family }: NamedHost,
  { lookUp, guard }: { readonly lookUp: LookUp; readonly guard: TargetGuard },
): Promise<string | null> {
  try {
    const addresses = await lookUp(hostname, family)
    const [first] = addresses
    if (first === undefined) {
      const others = await lookUp(hostname, family === 4 ? 6 : 4)
      return others.length === 0 ? null : `${hostname} has no IPv${family} address`
    }
    const reasons = addresses.map(guard)
    return reasons.includes(null) ? null : `${hostname} is ${formatAddress(first)}: ${reasons[0]}`
  } catch {
    return null
  }
}
