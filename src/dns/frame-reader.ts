/** Cuts a TCP stream into messages (RFC 1035 §4.2.2), wherever its segments end. */
export interface FrameReader {
  /** Reads one message at most; `rest` is what was not needed for it. A message is good until its chunk is not. */
  read(chunk: Buffer): { readonly message: Buffer | 'none' | 'empty'; readonly rest: Buffer }
}

const PREFIX_LENGTH = 2
/** What a message that comes in pieces is given at first. It gets more as it comes: announcing 65,535 octets costs us nothing. */
const FIRST_ROOM = 512
const NOTHING = Buffer.alloc(0)

/** Holds one message at most, and no more of it than has come. */
export function createFrameReader(): FrameReader {
  let length = 0
  let filledPrefix = 0
  let body = NOTHING
  let filledBody = 0

  const makeRoom = (octets: number): void => {
    if (octets <= body.length) return
    const grown = Buffer.allocUnsafeSlow(Math.min(length, Math.max(octets, FIRST_ROOM, body.length * 2)))
    body.copy(grown, 0, 0, filledBody)
    body = grown
  }

  const reset = (): void => {
    filledPrefix = 0
    filledBody = 0
    length = 0
    body = NOTHING
  }

  return {
    read: (chunk) => {
      let used = 0
      while (filledPrefix < PREFIX_LENGTH) {
        const octet = chunk[used]
        if (octet === undefined) return { message: 'none', rest: NOTHING }
        length = (length << 8) | octet
        filledPrefix++
        used++
      }
      const end = used + length - filledBody
      const piece = chunk.subarray(used, end)
      const rest = chunk.subarray(end)
      if (piece.length === length) {
        // Most messages come whole.
        reset()
        return { message: piece.length === 0 ? 'empty' : piece, rest }
      }
      makeRoom(filledBody + piece.length)
      piece.copy(body, filledBody)
      filledBody += piece.length
      if (filledBody < length) return { message: 'none', rest: NOTHING }
      const message = body.subarray(0, length)
      reset()
      return { message, rest }
    },
  }
}
