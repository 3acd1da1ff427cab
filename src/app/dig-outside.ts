import type { AliasAddresses, FindAliasAddresses } from '../dns/alias-addresses.ts'
import { type AddressType, lookUpAddresses } from '../dns/alias-lookup.ts'
import type { NameServer } from '../dns/name-servers.ts'

/** Addresses of names outside our zones, learned when they turn out to be needed. */
export interface OutsideNames {
  readonly find: FindAliasAddresses
  /** Asks for every name that was looked up in vain. Returns them; empty when there were none. */
  learn(): Promise<readonly string[]>
}

/** @param servers asked in this order until one answers */
export function createOutsideNames(servers: readonly NameServer[], nowMs: () => number): OutsideNames {
  const known = new Map<string, AliasAddresses>()
  const missed = new Set<string>()
  return {
    find(name) {
      const found = known.get(name)
      if (found === undefined) missed.add(name)
      return found ?? null
    },
    async learn() {
      const names = [...missed]
      missed.clear()
      const addresses = async (name: string, type: AddressType) => {
        for (const server of servers) {
          const result = await lookUpAddresses(server, name, type)
          if (result.kind === 'addresses') {
            return { addresses: result.addresses, validUntilMs: nowMs() + result.ttlSeconds * 1000 }
          }
        }
        return null
      }
      await Promise.all(
        names.map(async (name) => {
          const [a, aaaa] = await Promise.all([addresses(name, 'A'), addresses(name, 'AAAA')])
          known.set(name, { a, aaaa })
        }),
      )
      return names
    },
  }
}
