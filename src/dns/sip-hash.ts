/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that a sender who does not know the key cannot aim. On 32-bit
 * halves, without allocating, because it runs for packets.
 *
 * `key` holds four words from `keyAt` on, the first being the low half of k0. The message is `octets` from `at` on, to its
 * last whole block of 8 octets padded as SipHash wants it: see `sipPad`. The two words of the result go to `out`, the low one first.
 */
export function sipHash24(
  key: Int32Array,
  keyAt: number,
  octets: Uint8Array,
  at: number,
  paddedLength: number,
  out: Int32Array,
): void {
  const k0Low = key[keyAt] as number
  const k0High = key[keyAt + 1] as number
  const k1Low = key[keyAt + 2] as number
  const k1High = key[keyAt + 3] as number
  let aLow = k0Low ^ 0x70736575
  let aHigh = k0High ^ 0x736f6d65
  let bLow = k1Low ^ 0x6e646f6d
  let bHigh = k1High ^ 0x646f7261
  let cLow = k0Low ^ 0x6e657261
  let cHigh = k0High ^ 0x6c796765
  let dLow = k1Low ^ 0x79746573
  let dHigh = k1High ^ 0x74656462
  const end = at + paddedLength
  // Two rounds for each block, then four more over nothing.
  for (let block = at; block <= end; block += 8) {
    const isLast = block === end
    const low = isLast ? 0 : wordAt(octets, block)
    const high = isLast ? 0 : wordAt(octets, block + 4)
    dLow ^= low
    dHigh ^= high
    if (isLast) cLow ^= 0xff
    for (let round = isLast ? 4 : 2; round > 0; round--) {
      let sum = (aLow >>> 0) + (bLow >>> 0)
      aLow = sum | 0
      aHigh = (aHigh + bHigh + (sum > MAX_WORD ? 1 : 0)) | 0
      sum = (cLow >>> 0) + (dLow >>> 0)
      cLow = sum | 0
      cHigh = (cHigh + dHigh + (sum > MAX_WORD ? 1 : 0)) | 0
      let low13 = (bLow << 13) | (bHigh >>> 19)
      bHigh = ((bHigh << 13) | (bLow >>> 19)) ^ aHigh
      bLow = low13 ^ aLow
      const low16 = (dLow << 16) | (dHigh >>> 16)
      dHigh = ((dHigh << 16) | (dLow >>> 16)) ^ cHigh
      dLow = low16 ^ cLow
      const swapped = aLow
      aLow = aHigh
      aHigh = swapped
      sum = (cLow >>> 0) + (bLow >>> 0)
      cLow = sum | 0
      cHigh = (cHigh + bHigh + (sum > MAX_WORD ? 1 : 0)) | 0
      sum = (aLow >>> 0) + (dLow >>> 0)
      aLow = sum | 0
      aHigh = (aHigh + dHigh + (sum > MAX_WORD ? 1 : 0)) | 0
      low13 = (bLow << 17) | (bHigh >>> 15)
      bHigh = ((bHigh << 17) | (bLow >>> 15)) ^ cHigh
      bLow = low13 ^ cLow
      const low21 = (dLow << 21) | (dHigh >>> 11)
      dHigh = ((dHigh << 21) | (dLow >>> 11)) ^ aHigh
      dLow = low21 ^ aLow
      const turned = cLow
      cLow = cHigh
      cHigh = turned
    }
    aLow ^= low
    aHigh ^= high
  }
  out[0] = aLow ^ bLow ^ cLow ^ dLow
  out[1] = aHigh ^ bHigh ^ cHigh ^ dHigh
}

const MAX_WORD = 0xffffffff

/** Pads the message of `length` octets that stands at `at`, behind which there is room to the end of its block; returns the padded length. */
export function sipPad(octets: Uint8Array, at: number, length: number): number {
  const paddedLength = (length & ~7) + 8
  octets.fill(0, at + length, at + paddedLength - 1)
  octets[at + paddedLength - 1] = length & 0xff
  return paddedLength
}

const wordAt = (octets: Uint8Array, at: number): number =>
  (octets[at] as number) |
  ((octets[at + 1] as number) << 8) |
  ((octets[at + 2] as number) << 16) |
  ((octets[at + 3] as number) << 24)
