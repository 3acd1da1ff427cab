import { parentOf, ROOT, type WireName } from './name.ts'
import { HEADER_LENGTH } from './query.ts'
import type { OwnedRRset, WireData } from './record-data.ts'

/** A message being written. Nothing goes behind `limit`. */
export interface MessageWriter {
  readonly out: Uint8Array
  readonly limit: number
  position: number
  /** Where names already stand, for compression (RFC 1035 §4.1.4). */
  readonly offsets: Map<WireName, number>
}

/** Pointers have 14 bits. */
const MAX_POINTER = 0x3fff

/** A writer behind the question, which `out` holds already: owner names point to it, and so keep its case. */
export function writerBehindQuestion(
  out: Uint8Array,
  limit: number,
  name: WireName,
  questionEnd: number,
): MessageWriter {
  const offsets = new Map<WireName, number>()
  let offset = HEADER_LENGTH
  for (let rest = name; rest !== ROOT; rest = parentOf(rest)) {
    offsets.set(rest, offset)
    offset += 1 + rest.charCodeAt(0)
  }
  return { out, limit, position: questionEnd, offsets }
}

/** Writes all records of the set, or none: then false. */
export function writeRRset(writer: MessageWriter, rrClass: number, rrset: OwnedRRset): boolean {
  const start = writer.position
  for (const data of rrset.data) {
    if (!writeRecord(writer, rrClass, rrset, data)) {
      writer.position = start
      for (const [name, offset] of writer.offsets) if (offset >= start) writer.offsets.delete(name)
      return false
    }
  }
  return true
}

function writeRecord(writer: MessageWriter, rrClass: number, rrset: OwnedRRset, data: WireData): boolean {
  if (!writeName(writer, rrset.owner, 'allowed') || writer.position + 10 > writer.limit) return false
  putWord(writer, rrset.type)
  putWord(writer, rrClass)
  putWord(writer, rrset.ttlSeconds >>> 16)
  putWord(writer, rrset.ttlSeconds & 0xffff)
  const lengthAt = writer.position
  writer.position += 2
  if (!putOctets(writer, data.head)) return false
  for (const name of data.names) if (!writeName(writer, name, data.compress)) return false
  if (!putOctets(writer, data.tail)) return false
  const length = writer.position - lengthAt - 2
  writer.out[lengthAt] = length >> 8
  writer.out[lengthAt + 1] = length & 0xff
  return true
}

function writeName(writer: MessageWriter, name: WireName, compress: WireData['compress']): boolean {
  for (let rest = name; rest !== ROOT; rest = parentOf(rest)) {
    const known = writer.offsets.get(rest)
    if (known !== undefined && compress === 'allowed') {
      if (writer.position + 2 > writer.limit) return false
      putWord(writer, 0xc000 | known)
      return true
    }
    const length = rest.charCodeAt(0)
    if (writer.position + 1 + length > writer.limit) return false
    if (known === undefined && writer.position <= MAX_POINTER) writer.offsets.set(rest, writer.position)
    for (let i = 0; i <= length; i++) writer.out[writer.position++] = rest.charCodeAt(i)
  }
  if (writer.position + 1 > writer.limit) return false
  writer.out[writer.position++] = 0
  return true
}

/** The caller has made sure that there is room. */
function putWord(writer: MessageWriter, value: number): void {
  writer.out[writer.position++] = (value >>> 8) & 0xff
  writer.out[writer.position++] = value & 0xff
}

function putOctets(writer: MessageWriter, bytes: Uint8Array): boolean {
  if (writer.position + bytes.length > writer.limit) return false
  writer.out.set(bytes, writer.position)
  writer.position += bytes.length
  return true
}
