/**
 * A compiled database on disk, one file.
 *
 *   0  magic "NEARGEO\0"
 *   8  format version    (32 bits, in the machine's own order, as all numbers: elsewhere it reads as another version)
 *  12  octets of JSON, padded with spaces to a multiple of 8
 *  16  SHA-256 of all but itself
 *  48  JSON, then the nodes of the location tree, then those of the ASN tree
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { PrefixTree } from '../domain/prefix-tree.ts'
import { GeoDataError, messageOf } from './geo-data-error.ts'
import type { GeoParts } from './geo-locator.ts'

const MAGIC = Buffer.from('NEARGEO\0', 'latin1')
const FORMAT_VERSION = 1
const VERSION_OFFSET = 8
const HASH_OFFSET = 16
const HEADER_OCTETS = 48

interface TreeShape {
  readonly root4: number
  readonly root6: number
  /** Of its `nodes` array. */
  readonly length: number
}

interface Contents extends Pick<GeoParts, 'info' | 'digest' | 'locations'> {
  readonly key: string
  readonly tree: TreeShape
  readonly asns: TreeShape | null
}

/** So many compiled databases are kept: the one in use, and those to go back to. */
const KEPT_FILES = 3

const FILE_NAME = /^geo-[0-9a-f]{16}\.cache$/

/** `key` names what the database was compiled from, in hex. */
export const cachePath = (directory: string, key: string): string => join(directory, `geo-${key.slice(0, 16)}.cache`)

/** Null when there is no such file, or one that is damaged, of another version or for another key: it is to be made anew. */
export function readCache(directory: string, key: string): GeoParts | null {
  const file = readIfThere(cachePath(directory, key))
  if (file === null || file.length < HEADER_OCTETS || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null
  const [version, jsonLength] = new Uint32Array(file.buffer, file.byteOffset + VERSION_OFFSET, 2)
  if (version !== FORMAT_VERSION || jsonLength === undefined) return null
  const content = file.subarray(HEADER_OCTETS)
  const hash = sha256(file.subarray(0, HASH_OFFSET), content)
  if (!hash.equals(file.subarray(HASH_OFFSET, HEADER_OCTETS))) return null
  const contents = JSON.parse(content.toString('utf8', 0, jsonLength)) as Contents
  if (contents.key !== key) return null
  let offset = content.byteOffset + jsonLength
  const treeOf = ({ root4, root6, length }: TreeShape): PrefixTree => {
    const nodes = new Int32Array(content.buffer, offset, length)
    offset += nodes.byteLength
    return { nodes, root4, root6 }
  }
  const { info, digest, locations } = contents
  const tree = treeOf(contents.tree)
  return { info, digest, locations, tree, asns: contents.asns === null ? null : treeOf(contents.asns) }
}

function readIfThere(path: string): Buffer<ArrayBuffer> | null {
  try {
    const file = readFileSync(path)
    // Small files come in slices of a pool, which is not aligned for 32-bit numbers and cannot be given to another thread.
    return file.byteLength === file.buffer.byteLength ? file : Buffer.from(new Uint8Array(file).buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new GeoDataError(path, `the compiled database cannot be read (${messageOf(error)})`, error)
  }
}

/**
 * Writes beside and renames, so that a reader finds a whole file or none. Older compiled databases are removed.
 * @throws GeoDataError when the directory cannot be written to.
 */
export function writeCache(directory: string, key: string, parts: GeoParts): void {
  const { info, digest, locations, tree, asns } = parts
  const shapeOf = ({ root4, root6, nodes }: PrefixTree): TreeShape => ({ root4, root6, length: nodes.length })
  const contents: Contents = { key, info, digest, locations, tree: shapeOf(tree), asns: asns && shapeOf(asns) }
  const text = Buffer.from(JSON.stringify(contents))
  const json = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')])
  const sections = [json, ...[tree, ...(asns === null ? [] : [asns])].map(({ nodes }) => octetsOf(nodes))]
  const header = Buffer.alloc(HEADER_OCTETS)
  MAGIC.copy(header)
  octetsOf(Uint32Array.of(FORMAT_VERSION, json.length)).copy(header, VERSION_OFFSET)
  sha256(header.subarray(0, HASH_OFFSET), ...sections).copy(header, HASH_OFFSET)
  const path = cachePath(directory, key)
  const beside = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(directory, { recursive: true })
    writeAll(beside, [header, ...sections])
    renameSync(beside, path)
    removeOld(directory)
  } catch (error) {
    rmSync(beside, { force: true })
    throw new GeoDataError(path, `the compiled database cannot be written (${messageOf(error)}); it is not used`, error)
  }
}

/** Each part as it is: to put them together first would need the memory twice. */
function writeAll(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'w')
  try {
    for (const part of parts) {
      for (let done = 0; done < part.length; ) done += writeSync(file, part, done)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function removeOld(directory: string): void {
  const newestFirst = readdirSync(directory)
    .filter((name) => FILE_NAME.test(name))
    .map((name) => ({ path: join(directory, name), mtimeMs: statSync(join(directory, name)).mtimeMs }))
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
  for (const { path } of newestFirst.slice(KEPT_FILES)) rmSync(path)
}

const octetsOf = ({ buffer, byteOffset, byteLength }: Int32Array | Uint32Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
