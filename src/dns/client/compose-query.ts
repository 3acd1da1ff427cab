import type { IpAddress } from '../../domain/address.ts'
import { prefixOf } from '../../domain/address.ts'
import { CLASS, OPTION, TYPE } from '../wire/codes.ts'
import type { WireName } from '../wire/name.ts'

export interface QueryParts {
  readonly id: number
  readonly name: WireName
  readonly type: number
  /** Client subnet (RFC 7871), or null for none. */
  readonly subnet: { readonly address: IpAddress; readonly prefixLength: number } | null
  /** COOKIE option (RFC 7873 §4): a client cookie, with the server's behind it once it is known; null for none. */
  readonly cookie: Uint8Array | null
  /** Sets RD, for a server that may be a resolver; absent: off. */
  readonly recursion?: 'desired'
}

/** RFC 9715 §3.1: what passes every common path unfragmented. */
const PAYLOAD_SIZE = 1232
/** RFC 1035 §4.1.1. */
const FLAG_RD = 0x0100

/** A query as a resolver sends it to an authority: RD off unless it is desired, EDNS with 1,232 octets and DO off. */
export function composeQuery({ id, name, type, subnet, cookie, recursion }: QueryParts): Uint8Array {
  const options = Buffer.concat([
    ...(subnet === null ? [] : [subnetOption(subnet.address, subnet.prefixLength)]),
    ...(cookie === null ? [] : [words(OPTION.COOKIE, cookie.length), cookie]),
  ])
  return Uint8Array.from(
    Buffer.concat([
      words(id, recursion === 'desired' ? FLAG_RD : 0, 1, 0, 0, 1),
      Buffer.from(name, 'latin1'),
      words(type, CLASS.IN),
      Uint8Array.of(0),
      words(TYPE.OPT, PAYLOAD_SIZE, 0, 0, options.length),
      options,
    ]),
  )
}

const words = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))

/** RFC 7871 §6: no more octets of the address than the prefix needs, zero bits behind it. */
function subnetOption(address: IpAddress, prefixLength: number): Uint8Array {
  const octets = prefixOf(address, prefixLength).bytes.subarray(0, Math.ceil(prefixLength / 8))
  const family = address.family === 4 ? 1 : 2
  return Uint8Array.from([...words(OPTION.ECS, 4 + octets.length, family), prefixLength, 0, ...octets])
}
