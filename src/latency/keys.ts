import { formatAddress, type IpAddress, type IpFamily, type IpPrefix, prefixOf } from '../domain/address.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { ClientLevel } from './constants.ts'

/**
 * What measurements are about: the endpoint's sites, so that services of one site learn from one another; without a site its first
 * address, host name or URL.
 */
export function targetKeyOf({ sites, a, aaaa, hostname, url, id }: Endpoint): string {
  if (sites.length > 0) return `site:${sites.map((site) => site.id).join('+')}`
  const address = a[0] ?? aaaa[0]
  return `at:${address === undefined ? (hostname ?? url ?? id) : formatAddress(address)}`
}

/** Networks of clients that are told apart: nothing finer is kept of anybody (latency.md, "Privacy"). */
const PREFIX_BITS: Readonly<Record<IpFamily, number>> = { 4: 24, 6: 48 }
/** A quorum counts these: one holder has many /24s and /48s side by side. */
const BLOCK_BITS: Readonly<Record<IpFamily, number>> = { 4: 20, 6: 40 }
/** What one holder may at most have: bounds its part of the table. */
const HOLDING_BITS: Readonly<Record<IpFamily, number>> = { 4: 16, 6: 32 }

const cutKey = (address: IpAddress, bits: Readonly<Record<IpFamily, number>>): string => {
  const { family, bytes, length } = prefixOf(address, bits[address.family])
  return `${family}:${Buffer.from(bytes.subarray(0, Math.ceil(length / 8))).toString('hex')}`
}

export interface PrefixKeys {
  readonly key: string
  readonly block: string
  readonly holding: string
}

/** Null for a network that is wider than the one kept: it says too little. */
export function prefixKeysOf(network: IpAddress, length: number): PrefixKeys | null {
  const { family } = network
  if (length < PREFIX_BITS[family]) return null
  return {
    key: cutKey(network, PREFIX_BITS),
    block: cutKey(network, BLOCK_BITS),
    holding: cutKey(network, HOLDING_BITS),
  }
}

/** The network of a key. */
export function prefixOfKey(key: string): IpPrefix {
  const family = key.startsWith('4') ? 4 : 6
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  bytes.set(Buffer.from(key.slice(2), 'hex'))
  return { family, bytes, length: PREFIX_BITS[family] }
}

/** Where clients are, as far as cells tell them apart. */
export interface CellPlace {
  readonly subregion: number | null
  readonly country: string | null
  readonly asn: number | null
  /** Key of {@link prefixKeysOf}; null when the network is not known as far as that. */
  readonly prefix: string | null
}

/** The cell of a place at a level; null where it has none. */
export function cellKeyOf(level: ClientLevel, { subregion, country, asn, prefix }: CellPlace): string | null {
  switch (level) {
    case 'subregion':
      return subregion === null ? null : String(subregion)
    case 'country':
      return country
    case 'asn':
      // An ASN over several countries is several: its paths differ.
      return asn === null ? null : `${asn}|${country ?? ''}`
    case 'prefix':
      return prefix
  }
}
