/** A resolver that caches by client subnet as RFC 7871 §7.3 tells it to, for answers that never expire. */

import type { IpAddress } from '../../src/domain/address.ts'

/** What came back: records in words, and the scope of the client subnet option. */
export interface UpstreamAnswer {
  readonly text: string
  readonly scopePrefixLength: number
}

/** Asks the authority, with a client subnet of so many bits. */
export type AskUpstream = (question: string, subnet: IpAddress, sourcePrefixLength: number) => UpstreamAnswer

interface Entry {
  readonly address: IpAddress
  readonly prefixLength: number
  readonly text: string
}

export interface EcsCache {
  /** What a client of this resolver is told. */
  resolve(question: string, client: IpAddress): string
  readonly hits: () => number
}

/** RFC 7871 §11.1 recommends these. */
export const SOURCE_LENGTH = { 4: 24, 6: 56 } as const

export function createEcsCache(ask: AskUpstream): EcsCache {
  const entries = new Map<string, Entry[]>()
  let hits = 0
  return {
    hits: () => hits,
    resolve(question, client) {
      const known = entries.get(question) ?? []
      entries.set(question, known)
      // §7.3.1: "the cached answer with the longest SCOPE PREFIX-LENGTH that covers the client" is the one.
      const found = known
        .filter((entry) => covers(entry, client))
        .reduce<Entry | null>((best, it) => (best === null || it.prefixLength > best.prefixLength ? it : best), null)
      if (found !== null) {
        hits++
        return found.text
      }
      const source = SOURCE_LENGTH[client.family]
      const { text, scopePrefixLength } = ask(question, client, source)
      // §7.3.1: a scope longer than the source means that the answer is for the source's network alone.
      known.push({ address: client, prefixLength: Math.min(scopePrefixLength, source), text })
      return text
    },
  }
}

/** An answer of scope 0 is for everyone, of whatever family (§7.3.1). */
function covers({ address, prefixLength }: Entry, client: IpAddress): boolean {
  if (prefixLength === 0) return true
  if (address.family !== client.family) return false
  const whole = prefixLength >> 3
  for (let i = 0; i < whole; i++) if (address.bytes[i] !== client.bytes[i]) return false
  const rest = prefixLength & 7
  return rest === 0 || ((address.bytes[whole] as number) ^ (client.bytes[whole] as number)) >> (8 - rest) === 0
}
