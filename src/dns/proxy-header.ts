/** Version 2 of the PROXY protocol (haproxy.org, proxy-protocol.txt, section 2.2): what a balancer writes in front of a connection or a datagram. */

import type { IpAddress } from '../domain/address.ts'

export type ProxyHeader =
  /** `length` octets, and whom the balancer speaks for; null: for itself, or for somebody without an address. */
  | { readonly kind: 'header'; readonly client: IpAddress | null; readonly length: number }
  /** Good so far; so many octets are needed to tell more. */
  | { readonly kind: 'partial'; readonly needed: number }
  /** No header: why, as the end of a sentence. */
  | { readonly kind: 'malformed'; readonly why: string }

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
/** Signature, version and command, family and protocol, length of the rest. */
export const FIXED_LENGTH = 16
/** Addresses and TLVs. The largest TLV that balancers send is a client's certificate. */
const MOST_REST = 8192

const COMMAND = { local: 0, proxy: 1 } as const
const FAMILY = { unspecified: 0, inet: 1, inet6: 2, unix: 3 } as const
const LAST_PROTOCOL = 2
/** Source and destination, each with a port. */
const ADDRESSES_LENGTH = { inet: 12, inet6: 36 } as const

/** Reads the header at the start of `octets`; never past `length`. */
export function readProxyHeader(octets: Uint8Array, length: number): ProxyHeader {
  const present = Math.min(length, octets.length)
  for (let at = 0; at < Math.min(present, SIGNATURE.length); at++) {
    if (octets[at] !== SIGNATURE[at])
      return malformed(startsWithText(octets) ? 'it is one of version 1' : 'there is none')
  }
  if (present < FIXED_LENGTH) return { kind: 'partial', needed: FIXED_LENGTH }
  const [versionCommand = 0, familyProtocol = 0, high = 0, low = 0] = octets.subarray(SIGNATURE.length, FIXED_LENGTH)
  const version = versionCommand >> 4
  const command = versionCommand & 0x0f
  const family = familyProtocol >> 4
  const rest = (high << 8) | low
  if (version !== 2) return malformed(`it is of version ${version}, expected 2`)
  // "Receivers must drop connections presenting unexpected values here."
  if (command > COMMAND.proxy) return malformed(`command ${command} is unknown`)
  if (rest > MOST_REST) return malformed(`it has ${rest} octets of addresses and TLVs, at most ${MOST_REST} are read`)
  const whole = FIXED_LENGTH + rest
  if (present < whole) return { kind: 'partial', needed: whole }
  // "The receiver must accept this connection as valid and must use the real connection endpoints and discard the protocol
  // block including the family which is ignored."
  if (command === COMMAND.local) return { kind: 'header', client: null, length: whole }
  // A balancer that took the query over TCP or TLS may pass it on in a datagram: either protocol is believed.
  if ((familyProtocol & 0x0f) > LAST_PROTOCOL || family > FAMILY.unix)
    return malformed(`family and protocol ${familyProtocol} are unknown`)
  return readSource(octets, family, rest)
}

function readSource(octets: Uint8Array, family: number, rest: number): ProxyHeader {
  const length = FIXED_LENGTH + rest
  const source = (kind: 'inet' | 'inet6', octetsOfAddress: 4 | 16): ProxyHeader => {
    if (rest < ADDRESSES_LENGTH[kind])
      return malformed(`it has ${rest} octets of addresses, expected ${ADDRESSES_LENGTH[kind]}`)
    const bytes = Uint8Array.from(octets.subarray(FIXED_LENGTH, FIXED_LENGTH + octetsOfAddress))
    return { kind: 'header', client: { family: octetsOfAddress === 4 ? 4 : 6, bytes }, length }
  }
  if (family === FAMILY.inet) return source('inet', 4)
  if (family === FAMILY.inet6) return source('inet6', 16)
  if (family === FAMILY.unix) return malformed('it names a socket of the file system as client')
  // "The receiver is free to accept the connection anyway and use the real endpoint addresses."
  return { kind: 'header', client: null, length }
}

const malformed = (why: string): ProxyHeader => ({ kind: 'malformed', why })

/** `PROXY TCP4 …`: version 1, which nobody needs to believe as well. */
const startsWithText = (octets: Uint8Array): boolean =>
  Buffer.from(octets.subarray(0, 5)).toString('latin1') === 'PROXY'
