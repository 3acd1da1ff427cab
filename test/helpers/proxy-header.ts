import { parseAddress } from '../../src/domain/address.ts'

export interface ProxyHeaderParts {
  /** 1: on behalf of a client; 0: for itself. */
  readonly command?: number
  readonly source?: string
  readonly destination?: string
  /** Of the addresses, if there are any. */
  readonly family?: number
  /** 1: a stream, 2: datagrams. */
  readonly protocol?: number
  /** In place of source and destination. */
  readonly addresses?: Uint8Array
  readonly tlvs?: Uint8Array
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** A header of version 2, right or wrong. */
export function composeProxyHeader(parts: ProxyHeaderParts): Buffer {
  const { command = 1, source, destination, protocol = 1, tlvs = new Uint8Array() } = parts
  const ends = [source, destination].map((text) => parseAddress(text ?? ''))
  const [from, to] = ends
  const family = parts.family ?? (from?.family === 6 ? 2 : 1)
  const addresses =
    parts.addresses ??
    (from && to ? Buffer.concat([from.bytes, to.bytes, Uint8Array.of(0x12, 0x34, 0, 53)]) : new Uint8Array())
  const rest = addresses.length + tlvs.length
  const fixed = Uint8Array.of(0x20 | command, (family << 4) | protocol, rest >> 8, rest & 0xff)
  return Buffer.concat([SIGNATURE, fixed, addresses, tlvs])
}
