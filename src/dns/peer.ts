import type { IpAddress } from '../domain/address.ts'

/** `tls` is DNS over TLS (RFC 7858), `https` DNS over HTTPS (RFC 8484). */
export type Transport = 'udp' | 'tcp' | 'tls' | 'https'

/** Who sent a query, and how. */
export interface Peer {
  readonly address: IpAddress
  readonly transport: Transport
  /** After so long without a query its connection is closed; told as edns-tcp-keepalive, over TCP and TLS only. */
  readonly idleSeconds?: number
}
