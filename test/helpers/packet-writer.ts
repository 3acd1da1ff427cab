/** Octets put together and taken apart again, in memory that is used for one packet after the other. */
export interface PacketWriter {
  start(into: Uint8Array): void
  length(): number
  octet(value: number): void
  word(value: number): void
  setWord(at: number, value: number): void
  /** Letters whose bit of `cases` is set (by position, modulo 32) change their case. */
  octetsCased(octets: Uint8Array, cases: number): void
  /** Nothing happens outside of what is written. */
  change(at: number, how: (octet: number) => number): void
  cut(length: number): void
  insert(at: number, octets: readonly number[]): void
}

/** What comes after `most` octets is left out. */
export function createPacketWriter(most: number): PacketWriter {
  let out: Uint8Array = new Uint8Array(0)
  let end = 0
  const octet = (value: number): void => {
    if (end < most) out[end++] = value
  }
  const word = (value: number): void => {
    octet(value >> 8)
    octet(value)
  }
  return {
    start(into) {
      out = into
      end = 0
    },
    length: () => end,
    octet,
    word,
    setWord(at, value) {
      if (at + 2 > end) return
      out[at] = value >> 8
      out[at + 1] = value
    },
    octetsCased(octets, cases) {
      for (let i = 0; i < octets.length; i++) {
        const value = octets[i] as number
        const isLetter = (value | 0x20) >= 0x61 && (value | 0x20) <= 0x7a
        octet(isLetter && ((cases >>> (i & 31)) & 1) === 1 ? value ^ 0x20 : value)
      }
    },
    change(at, how) {
      if (at < end) out[at] = how(out[at] as number)
    },
    cut(length) {
      end = Math.min(end, length)
    },
    insert(at, octets) {
      const count = Math.min(octets.length, most - end)
      if (at > end || count <= 0) return
      out.copyWithin(at + count, at, end)
      out.set(octets.slice(0, count), at)
      end += count
    },
  }
}
