/** Cuts a TCP stream into messages (RFC 1035 §4.2.2), wherever its segments end. */
export interface FrameReader {
  /** Reads one message at most; `rest` is what was not needed for it. */
  read(chunk: Buffer): { readonly message: Buffer | 'none' | 'empty'; readonly rest: Buffer }
}

const PREFIX_LENGTH = 2

/** Holds one message at most: no more than 65,535 octets. */
export function createFrameReader(): FrameReader {
  const prefix = Buffer.alloc(PREFIX_LENGTH)
  let filledPrefix = 0
  let body = Buffer.alloc(0)
  let filledBody = 0

  return {
    read: (chunk) => {
      let used = 0
      while (filledPrefix < PREFIX_LENGTH) {
        const octet = chunk[used]
        if (octet === undefined) return { message: 'none', rest: chunk.subarray(used) }
        prefix[filledPrefix++] = octet
        used++
        if (filledPrefix === PREFIX_LENGTH) {
          body = Buffer.alloc(prefix.readUInt16BE())
          filledBody = 0
        }
      }
      const copied = chunk.copy(body, filledBody, used)
      used += copied
      filledBody += copied
      const rest = chunk.subarray(used)
      if (filledBody < body.length) return { message: 'none', rest }
      filledPrefix = 0
      return { message: body.length === 0 ? 'empty' : body, rest }
    },
  }
}
