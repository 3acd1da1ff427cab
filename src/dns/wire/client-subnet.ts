import type { IpAddress } from '../../domain/address.ts'

/** The Client Subnet option of a query (RFC 7871 §6), checked. */
export interface ClientSubnet {
  /** FAMILY, SOURCE, SCOPE and ADDRESS as they came: they go back unchanged but for SCOPE. */
  readonly octets: Uint8Array
  readonly sourcePrefixLength: number
  /** Filled with zeros behind the source prefix; null when the client named none (SOURCE 0, or a family without addresses). */
  readonly address: IpAddress | null
}

const FAMILY_IPV4 = 1
const FAMILY_IPV6 = 2

/**
 * Null is FORMERR. RFC 7871 §6: for an option "that uses either too few or too many ADDRESS octets, or that has non-zero
 * ADDRESS bits set beyond SOURCE PREFIX-LENGTH", and SCOPE "in queries … MUST be set to 0".
 */
export function parseClientSubnet(octets: Uint8Array): ClientSubnet | null {
  if (octets.length < 4) return null
  const family = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0)
  const source = octets[2] ?? 0
  const scope = octets[3] ?? 0
  const given = octets.subarray(4)
  if (scope !== 0 || given.length !== Math.ceil(source / 8)) return null
  if (family !== FAMILY_IPV4 && family !== FAMILY_IPV6) {
    return source === 0 ? { octets: copy(octets), sourcePrefixLength: 0, address: null } : null
  }
  const width = family === FAMILY_IPV4 ? 4 : 16
  if (source > width * 8) return null
  const spareBits = given.length * 8 - source
  if (((given.at(-1) ?? 0) & ((1 << spareBits) - 1)) !== 0) return null
  if (source === 0) return { octets: copy(octets), sourcePrefixLength: 0, address: null }
  const bytes = new Uint8Array(width)
  bytes.set(given)
  return {
    octets: copy(octets),
    sourcePrefixLength: source,
    address: { family: family === FAMILY_IPV4 ? 4 : 6, bytes },
  }
}

/** `slice` of a Buffer is a view: the SCOPE that is set in the answer would be set in the query too. */
const copy = (octets: Uint8Array): Uint8Array => Uint8Array.from(octets)
