/**
 * MaxMind DB files (format 2.0, https://maxmind.github.io/MaxMind-DB/). The only file that imports `maxmind`, and it asks
 * it only for metadata and for records of addresses that our own walk of the search tree has led to: the library's
 * look-ups answer for text that is no address, and for IPv6 in IPv4 files (latency.md A3, traps 1 and 3).
 */
import { gunzipSync } from 'node:zlib'
import { Reader, type Response } from 'maxmind'
import type { IpAddress, IpFamily } from '../domain/address.ts'
import { formatAddress } from '../domain/address.ts'
import { GeoDataError, messageOf } from './geo-data-error.ts'
import { endOfValue } from './mmdb-extent.ts'

export interface MmdbFile {
  /** As messages should call it. */
  readonly name: string
  readonly databaseType: string
  readonly builtAtMs: number
  readonly nodeCount: number
  /** 6 may hold IPv4 as well, under ::/96. */
  readonly family: IpFamily
  /** Where the walk of a family starts, a record as {@link childOf} gives it; null when the file has no such addresses. */
  rootOf(family: IpFamily): number | null
  /**
   * The record on one side of a node: a number below `nodeCount` is a node, `nodeCount` itself is nothing, above it is data.
   * @throws GeoDataError when it points to neither.
   */
  childOf(node: number, side: 0 | 1): number
  /**
   * The decoded record of the network that the address is in; undefined without one. Of a family that the file has.
   * @throws GeoDataError when it cannot be decoded.
   */
  recordOf(address: IpAddress): unknown
}

const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
const DATA_SEPARATOR_OCTETS = 16
const IPV4_DEPTH = 96
/** Far above any city database; a gzip bomb ends here. */
const MAX_UNZIPPED_OCTETS = 2 ** 31 - 1

/**
 * Opens a whole file in memory, `.gz` or not.
 * @throws GeoDataError when it is no MaxMind DB file, or not a whole one.
 */
export function openMmdb(name: string, content: Buffer): MmdbFile {
  const bytes = unzipped(name, content)
  const metadataStart = bytes.lastIndexOf(METADATA_MARKER)
  if (metadataStart < 0) {
    throw new GeoDataError(
      name,
      `no MaxMind DB metadata in its ${bytes.length} octets: expected a whole .mmdb file; it is empty, cut off or of another format`,
    )
  }
  if (endOfValue(bytes, metadataStart + METADATA_MARKER.length) > bytes.length) {
    throw new GeoDataError(name, `its metadata goes on beyond its ${bytes.length} octets: cut off`)
  }
  const reader = readerOf(name, bytes)
  const { nodeCount, recordSize, ipVersion, searchTreeSize, databaseType, buildEpoch } = reader.metadata
  const family = ipVersion === 4 || ipVersion === 6 ? ipVersion : null
  if (family === null) throw new GeoDataError(name, `metadata ip_version is ${ipVersion}: expected 4 or 6`)
  const dataOctets = metadataStart - searchTreeSize - DATA_SEPARATOR_OCTETS
  if (!Number.isSafeInteger(nodeCount) || nodeCount < 1 || dataOctets < 0) {
    throw new GeoDataError(
      name,
      `metadata promises ${nodeCount} nodes, ${searchTreeSize} octets, but only ${metadataStart} are there: cut off or damaged`,
    )
  }
  const rawChild = childReader(bytes, recordSize)
  const lastRecord = nodeCount + DATA_SEPARATOR_OCTETS + dataOctets - 1

  function childOf(node: number, side: 0 | 1): number {
    const record = rawChild(node, side)
    // "a data section pointer is at least node count + 16": between them is the separator.
    if (record > nodeCount && (record < nodeCount + DATA_SEPARATOR_OCTETS || record > lastRecord)) {
      throw new GeoDataError(name, `node ${node} points to ${record}, outside the file's nodes and data: damaged`)
    }
    return record
  }

  function ipv4Root(): number | null {
    if (family === 4) return 0
    let record = 0
    for (let depth = 0; depth < IPV4_DEPTH && record < nodeCount; depth++) record = childOf(record, 0)
    return record === nodeCount ? null : record
  }

  return {
    name,
    databaseType: String(databaseType),
    // A date beyond all dates is none: the oldest.
    builtAtMs: buildEpoch.getTime() || 0,
    nodeCount,
    family,
    rootOf: (wanted) => (wanted === 4 ? ipv4Root() : family === 6 ? 0 : null),
    childOf,
    recordOf(address) {
      try {
        return reader.get(formatAddress(address)) ?? undefined
      } catch (error) {
        const problem = `the record of ${formatAddress(address)} cannot be decoded (${messageOf(error)}): damaged`
        throw new GeoDataError(name, problem, error)
      }
    },
  }
}

function unzipped(name: string, content: Buffer): Buffer {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content
  try {
    return gunzipSync(content, { maxOutputLength: MAX_UNZIPPED_OCTETS })
  } catch (error) {
    throw new GeoDataError(name, `cannot be unzipped (${messageOf(error)}): cut off or damaged`, error)
  }
}

function readerOf(name: string, bytes: Buffer): Reader<Response> {
  try {
    return new Reader<Response>(bytes)
  } catch (error) {
    throw new GeoDataError(name, `its metadata cannot be read (${messageOf(error)}): damaged`, error)
  }
}

/** The two records of a node are 24, 28 or 32 bits each ("Node Layout"); of 28, the middle octet holds four bits of each. */
function childReader(bytes: Buffer, recordSize: number): (node: number, side: 0 | 1) => number {
  const three = (at: number) => (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  if (recordSize === 24) return (node, side) => three(node * 6 + side * 3)
  if (recordSize === 32) return (node, side) => bytes.readUInt32BE(node * 8 + side * 4)
  return (node, side) => {
    const at = node * 7
    const middle = bytes[at + 3]!
    return side === 0 ? ((middle & 0xf0) << 20) | three(at) : ((middle & 0x0f) << 24) | three(at + 4)
  }
}
