/** Reading a DNS message octet by octet, for tests. */

export interface Cursor {
  at: number
}

export function take(message: Buffer, cursor: Cursor, count: number): Buffer {
  const start = cursor.at
  if (start + count > message.length) throw new Error('beyond the message')
  cursor.at = start + count
  return message.subarray(start, start + count)
}
export const take8 = (message: Buffer, cursor: Cursor): number => take(message, cursor, 1).readUInt8()
export const take16 = (message: Buffer, cursor: Cursor): number => take(message, cursor, 2).readUInt16BE()
export const take32 = (message: Buffer, cursor: Cursor): number => take(message, cursor, 4).readUInt32BE()

export function readName(message: Buffer, cursor: Cursor): string {
  const labels: string[] = []
  let at = cursor.at
  let jumps = 0
  for (let length = message.readUInt8(at); length !== 0; length = message.readUInt8(at)) {
    if (length >= 0xc0) {
      if (jumps++ === 0) cursor.at = at + 2
      if (jumps > 127) throw new Error('pointers without end')
      at = message.readUInt16BE(at) & 0x3fff
      continue
    }
    if (length > 63) throw new Error(`label of ${length} octets`)
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  if (jumps === 0) cursor.at = at + 1
  return `${labels.join('.')}.`
}
