import { CLASS, TSIG_ERROR, TYPE } from './codes.ts'
import { parseName, type WireName } from './name.ts'

/** What of a query's TSIG record (RFC 8945 §4.2) goes back with an error about it. */
export interface Tsig {
  readonly keyName: WireName
  readonly algorithm: WireName
  /** Time Signed and Fudge, 8 octets. */
  readonly time: Uint8Array
  readonly originalId: Uint8Array
}

/** Time Signed, Fudge and MAC Size. */
const BEFORE_MAC = 10
/** Original ID, Error and Other Len. */
const BEHIND_MAC = 6

/** Reads a TSIG record from the octet behind its owner on. Null is FORMERR. */
export function parseTsig(
  message: Uint8Array,
  keyName: WireName,
  fixedPart: number,
  dataStart: number,
  dataEnd: number,
): Tsig | null {
  const algorithm = parseName(message, dataStart, dataEnd)
  // RFC 8945 §4.2: CLASS "MUST be ANY".
  if (algorithm === null || word(message, fixedPart + 2) !== CLASS.ANY) return null
  const timeAt = algorithm.next
  if (timeAt + BEFORE_MAC + BEHIND_MAC > dataEnd) return null
  const idAt = timeAt + BEFORE_MAC + word(message, timeAt + 8)
  if (idAt + BEHIND_MAC > dataEnd || idAt + BEHIND_MAC + word(message, idAt + 4) !== dataEnd) return null
  return {
    keyName,
    algorithm: algorithm.name,
    time: message.slice(timeAt, timeAt + 8),
    originalId: message.slice(idAt, idAt + 2),
  }
}

/**
 * The TSIG record of an answer about an unknown key. RFC 8945 §5.2.1: "the server MUST generate an error response with
 * RCODE 9 (NOTAUTH) and TSIG ERROR 17 (BADKEY)", "unsigned": MAC Size 0 and no MAC.
 */
export function composeBadKey({ keyName, algorithm, time, originalId }: Tsig): Uint8Array {
  const data = Buffer.concat([
    Buffer.from(algorithm, 'latin1'),
    time,
    Buffer.of(0, 0),
    originalId,
    Buffer.of(0, TSIG_ERROR.BADKEY, 0, 0),
  ])
  const fixed = Buffer.of(0, TYPE.TSIG, 0, CLASS.ANY, 0, 0, 0, 0, data.length >> 8, data.length & 0xff)
  return Buffer.concat([Buffer.from(keyName, 'latin1'), fixed, data])
}

const word = (message: Uint8Array, at: number): number => ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0)
