import { type EdeCode, OPTION, type Rcode, TYPE } from './wire/codes.ts'
import type { Edns } from './wire/opt.ts'

/** RFC 9715 §3.1: 1232 octets pass every common path unfragmented. Also the size that our OPT record states. */
export const UDP_PAYLOAD_SIZE = 1232

/** Values of options that depend on who asks, not on what is asked. Null is without the option. */
export interface OptionValues {
  /** Of a COOKIE option, as it is sent. */
  cookie: Uint8Array | null
  nsid: Uint8Array | null
  keepaliveSeconds: number | null
  /** The answer is padded to a multiple of so many octets. */
  paddingBlock: number | null
}

export const noOptions = (): OptionValues => ({ cookie: null, nsid: null, keepaliveSeconds: null, paddingBlock: null })

export interface OptContents {
  readonly rcode: Rcode
  /** ECS SCOPE PREFIX-LENGTH. */
  readonly scopePrefixLength: number
  /** Extended DNS Error (RFC 8914). */
  readonly error: { readonly code: EdeCode; readonly text: string } | null
  readonly options: OptionValues
}

const FIXED_LENGTH = 11
const OPTION_HEADER_LENGTH = 4
const MAX_ERROR_TEXT = 100

/**
 * The OPT record of an answer, without padding, in at most `room` octets. With names and options as long as they may be, the
 * id of the server is what 512 octets do not hold; it is left out then.
 */
export function composeOpt(edns: Edns, contents: OptContents, room: number): Uint8Array {
  const { ecs, error, cookie, nsid, keepalive } = valuesOf(edns, contents)
  const most = [ecs, error, cookie, nsid, keepalive].flat()
  const options = lengthOf(most) + FIXED_LENGTH <= room ? most : [ecs, error, cookie, keepalive].flat()
  // RFC 6891 §6.1.4: the DO bit is the only flag that is known; it goes back as it came (RFC 3225 §3), the others as zero.
  const flags = edns.dnssecOk ? 0x80 : 0
  const version = 0
  const size = UDP_PAYLOAD_SIZE
  const length = lengthOf(options)
  const fixed = [
    0,
    0,
    TYPE.OPT,
    size >> 8,
    size & 0xff,
    contents.rcode >> 4,
    version,
    flags,
    0,
    length >> 8,
    length & 0xff,
  ]
  return Buffer.concat([Uint8Array.from(fixed), ...options])
}

type Parts = readonly Uint8Array[]
const lengthOf = (parts: Parts): number => parts.reduce((sum, part) => sum + part.length, 0)

function valuesOf(edns: Edns, { scopePrefixLength, error, options }: OptContents) {
  const { cookie, nsid, keepaliveSeconds } = options
  return {
    ecs: edns.ecs === null ? [] : option(OPTION.ECS, scoped(edns.ecs.octets, scopePrefixLength)),
    error: error === null ? [] : option(OPTION.EDE, errorValue(error)),
    cookie: cookie === null ? [] : option(OPTION.COOKIE, cookie),
    nsid: nsid === null ? [] : option(OPTION.NSID, nsid),
    keepalive: keepaliveSeconds === null ? [] : option(OPTION.KEEPALIVE, timeoutValue(keepaliveSeconds)),
  }
}

const option = (code: number, value: Uint8Array): Parts => [
  Uint8Array.of(code >> 8, code & 0xff, value.length >> 8, value.length & 0xff),
  value,
]

/** RFC 7871 §7.2.1: FAMILY, SOURCE PREFIX-LENGTH and ADDRESS "MUST match those in the query"; SCOPE is ours. */
function scoped(octets: Uint8Array, scopePrefixLength: number): Uint8Array {
  // Not `slice`: of a Buffer that is no copy, and the query is the caller's.
  const value = Uint8Array.from(octets)
  value[3] = scopePrefixLength
  return value
}

const errorValue = ({ code, text }: { readonly code: EdeCode; readonly text: string }): Uint8Array =>
  Buffer.concat([Uint8Array.of(0, code), Buffer.from(text, 'utf8').subarray(0, MAX_ERROR_TEXT)])

/** RFC 7828 §3.1: "an idle timeout value for the TCP connection, specified in units of 100 milliseconds". */
function timeoutValue(seconds: number): Uint8Array {
  const units = Math.min(Math.floor(seconds * 10), 0xffff)
  return Uint8Array.of(units >> 8, units & 0xff)
}

/**
 * The Padding option that brings a message of `length` octets to a multiple of `block`, or as near as `limit` allows; nothing
 * when there is no room for it. RFC 7830 §3: "PADDING octets SHOULD be set to 0x00".
 */
export function composePadding(length: number, block: number, limit: number): Uint8Array {
  const least = length + OPTION_HEADER_LENGTH
  const padded = Math.min(Math.ceil(least / block) * block, limit)
  if (padded < least) return new Uint8Array(0)
  const zeros = padded - least
  const padding = new Uint8Array(padded - length)
  padding.set([0, OPTION.PADDING, zeros >> 8, zeros & 0xff])
  return padding
}

/** Puts an option behind the others of an OPT record that stands at `at` in `out`. */
export function appendOption(out: Uint8Array, at: number, optLength: number, added: Uint8Array): void {
  const length = optLength - FIXED_LENGTH + added.length
  out[at + FIXED_LENGTH - 2] = length >> 8
  out[at + FIXED_LENGTH - 1] = length & 0xff
  out.set(added, at + optLength)
}
