const POINTER = 1
const MAP = 7
const ARRAY = 11
const BOOLEAN = 14

/**
 * Where the MaxMind DB value at `offset` ends ("MaxMind DB Data Section": control byte, sizes 29–31 in the octets after it).
 * Beyond the end of `bytes` when the value is cut off, which decoders do not notice of a text.
 */
export function endOfValue(bytes: Uint8Array, offset: number): number {
  let values = 1
  let at = offset
  while (values > 0 && at < bytes.length) {
    values--
    const control = bytes[at++]!
    let type = control >> 5
    if (type === POINTER) {
      at += ((control >> 3) & 3) + 1
      continue
    }
    if (type === 0) type = (bytes[at++] ?? 0) + 7
    let size = control & 0x1f
    if (size >= 29) {
      const [base, octets] = size === 29 ? [29, 1] : size === 30 ? [285, 2] : [65_821, 3]
      size = base
      for (let i = octets - 1; i >= 0; i--) size += (bytes[at++] ?? 0) << (8 * i)
    }
    if (type === MAP) values += size * 2
    else if (type === ARRAY) values += size
    else if (type !== BOOLEAN) at += size
  }
  return values === 0 ? at : Number.POSITIVE_INFINITY
}
