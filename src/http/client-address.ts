import { type IpAddress, type IpPrefix, parseAddress, prefixCovers, unmapped } from '../domain/address.ts'
import type { AddressSource } from '../domain/client.ts'
import { type Hop, parseForwarded, parseForwardedFor } from './forwarded.ts'

export interface ClientAddress {
  readonly address: IpAddress
  readonly source: Extract<AddressSource, 'peer' | 'trustedHeader'>
  /** Whether the peer is a proxy of ours: only then may headers say who the client is. */
  readonly peerIsTrusted: boolean
}

/** What this reads of a request. Several lines of one header are joined by commas, as Node does. */
export interface AddressHeaders {
  readonly forwarded?: string | undefined
  readonly 'x-forwarded-for'?: string | string[] | undefined
}

const UNSPECIFIED: IpAddress = { family: 4, bytes: new Uint8Array(4) }

/**
 * Who the client is: the peer, or behind trusted proxies the last hop that a trusted one vouches for. Never believes
 * a peer that is not listed. A hop that cannot be read ends the walk: the proxy that reported it counts as the client.
 *
 * With both headers present only `X-Forwarded-For` is read. Nearly every proxy appends to that one and passes a
 * client's own `Forwarded` through untouched, so that preferring the standard header would let clients choose their
 * address. A proxy that writes only `Forwarded` must remove `X-Forwarded-For` (docs/redirect.md).
 *
 * @param peer `socket.remoteAddress`; undefined for a socket that is already gone, which then is nobody (`0.0.0.0`)
 */
export function clientAddress(
  peer: string | undefined,
  headers: AddressHeaders,
  trustedProxies: readonly IpPrefix[],
): ClientAddress {
  const address = peerAddress(peer)
  const isTrusted = (hop: IpAddress) => trustedProxies.some((prefix) => prefixCovers(prefix, hop))
  if (!isTrusted(address)) return { address, source: 'peer', peerIsTrusted: false }
  let client = address
  for (const hop of hopsOf(headers)) {
    if (hop === null) break
    client = unmapped(hop)
    if (!isTrusted(client)) break
  }
  return { address: client, source: client === address ? 'peer' : 'trustedHeader', peerIsTrusted: true }
}

function hopsOf(headers: AddressHeaders): readonly Hop[] {
  const forwardedFor = headers['x-forwarded-for']
  if (forwardedFor !== undefined) return parseForwardedFor(String(forwardedFor))
  return headers.forwarded === undefined ? [] : parseForwarded(headers.forwarded)
}

function peerAddress(peer: string | undefined): IpAddress {
  // A link-local peer comes with its interface: `fe80::1%eth0`.
  const address = parseAddress(peer?.split('%')[0] ?? '')
  return address === null ? UNSPECIFIED : unmapped(address)
}
