import { bitAt, parsePrefix } from '../../src/domain/address.ts'

/** Values as MaxMind DB files hold them. Plain numbers become uint32 when they are whole and positive, else doubles. */
export type MmdbValue =
  | string
  | number
  | boolean
  | bigint
  | MmdbTyped
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue }

/** A number of a type of its own. */
export interface MmdbTyped {
  readonly mmdbType: 'float' | 'double' | 'uint16' | 'uint32' | 'int32'
  readonly value: number
}

export const float = (value: number): MmdbTyped => ({ mmdbType: 'float', value })
export const double = (value: number): MmdbTyped => ({ mmdbType: 'double', value })

export interface MmdbOptions {
  readonly databaseType: string
  readonly ipVersion: 4 | 6
  readonly recordSize?: 24 | 28 | 32
  readonly buildEpoch?: number
  /** `null` holds a place free without data. Rows of equal value share one record. IPv4 in an IPv6 file goes under ::/96. */
  readonly rows: readonly (readonly [cidr: string, record: MmdbValue | null])[]
  /** Networks that repeat the IPv4 subtree, as MaxMind's files do: `2002::/16`. */
  readonly aliases?: readonly string[]
  /** Metadata fields written in place of the true ones. */
  readonly metadata?: Readonly<Record<string, MmdbValue>>
}

interface Node {
  left: Child
  right: Child
}
type Child = Node | { readonly data: number } | null

/** A whole MaxMind DB file, format 2.0: https://maxmind.github.io/MaxMind-DB/ */
export function writeMmdb(options: MmdbOptions): Buffer {
  const { ipVersion, recordSize = 28, rows } = options
  const data: Buffer[] = []
  const offsets = new Map<string, number>()
  let dataLength = 0
  const offsetOf = (record: MmdbValue): number => {
    const bytes = encode(record)
    const key = bytes.toString('latin1')
    const known = offsets.get(key)
    if (known !== undefined) return known
    offsets.set(key, dataLength)
    data.push(bytes)
    dataLength += bytes.length
    return dataLength - bytes.length
  }

  const root: Node = { left: null, right: null }
  const shortestFirst = rows
    .map(([cidr, record]) => ({ path: pathOf(cidr, ipVersion), record }))
    .sort((a, b) => a.path.length - b.path.length)
  for (const { path, record } of shortestFirst) insert(root, path, record === null ? null : { data: offsetOf(record) })
  const ipv4 = childAt(root, new Array<0 | 1>(96).fill(0))
  for (const alias of options.aliases ?? []) insert(root, pathOf(alias, 6), ipv4)

  const nodes: Node[] = []
  const numbers = new Map<Node, number>()
  const number = (child: Child): void => {
    if (child === null || 'data' in child || numbers.has(child)) return
    numbers.set(child, nodes.push(child) - 1)
    number(child.left)
    number(child.right)
  }
  number(root)
  const recordOf = (child: Child): number => {
    if (child === null) return nodes.length
    return 'data' in child ? nodes.length + 16 + child.data : (numbers.get(child) ?? 0)
  }
  const tree = nodes.map(({ left, right }) => nodeBytes(recordOf(left), recordOf(right), recordSize))
  const metadata: Record<string, MmdbValue> = {
    node_count: nodes.length,
    record_size: { mmdbType: 'uint16', value: recordSize },
    ip_version: { mmdbType: 'uint16', value: ipVersion },
    database_type: options.databaseType,
    languages: ['en'],
    binary_format_major_version: { mmdbType: 'uint16', value: 2 },
    binary_format_minor_version: { mmdbType: 'uint16', value: 0 },
    build_epoch: BigInt(options.buildEpoch ?? 1_780_000_000),
    description: { en: 'made for a test' },
    ...options.metadata,
  }
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, marker, encode(metadata)])
}

function pathOf(cidr: string, ipVersion: 4 | 6): readonly (0 | 1)[] {
  const parsed = parsePrefix(cidr)
  if (!parsed.ok) throw new Error(`mmdb-writer: ${cidr} is no prefix`)
  const { bytes, length, family } = parsed.prefix
  if (family === 6 && ipVersion === 4) throw new Error(`mmdb-writer: ${cidr} in an IPv4 file`)
  const bits = Array.from({ length }, (_, i) => bitAt(bytes, i))
  return family === 4 && ipVersion === 6 ? [...new Array<0>(96).fill(0), ...bits] : bits
}

function insert(root: Node, path: readonly (0 | 1)[], leaf: Child): void {
  let node = root
  for (const [i, bit] of path.entries()) {
    const side = bit === 0 ? 'left' : 'right'
    if (i === path.length - 1) {
      node[side] = leaf
      return
    }
    const child: Child = node[side]
    const next: Node = child !== null && !('data' in child) ? child : { left: child, right: child }
    node[side] = next
    node = next
  }
}

function childAt(root: Node, path: readonly (0 | 1)[]): Child {
  let child: Child = root
  for (const bit of path) {
    if (child === null || 'data' in child) return child
    child = bit === 0 ? child.left : child.right
  }
  return child
}

function nodeBytes(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const bytes = Buffer.alloc(recordSize / 4)
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, 0)
    bytes.writeUInt32BE(right, 4)
    return bytes
  }
  bytes.writeUIntBE(left & 0xffffff, 0, 3)
  if (recordSize === 28) bytes.writeUInt8(((left >>> 24) << 4) | (right >>> 24), 3)
  bytes.writeUIntBE(right & 0xffffff, recordSize === 24 ? 3 : 4, 3)
  return bytes
}

const TYPES = {
  string: 2,
  double: 3,
  uint16: 5,
  uint32: 6,
  map: 7,
  int32: 8,
  uint64: 9,
  array: 11,
  boolean: 14,
  float: 15,
}

/** "Data Field Format": type and size in the control byte, types from 8 on in the octet after it, long sizes after that. */
function field(type: keyof typeof TYPES, size: number, payload: readonly Buffer[]): Buffer {
  const number = TYPES[type]
  const [small, long] =
    size < 29
      ? [size, []]
      : size < 285
        ? [29, [size - 29]]
        : size < 65_821
          ? [30, [(size - 285) >> 8, (size - 285) & 0xff]]
          : [0, []]
  if (size >= 65_821) throw new Error(`mmdb-writer: ${type} of size ${size} is too long for a test`)
  const head = number < 8 ? [(number << 5) | small] : [small, number - 7]
  return Buffer.concat([Buffer.from([...head, ...long]), ...payload])
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return field('string', Buffer.byteLength(value), [Buffer.from(value)])
  if (typeof value === 'boolean') return field('boolean', value ? 1 : 0, [])
  if (typeof value === 'bigint') return unsigned('uint64', value)
  if (typeof value === 'number')
    return encode(Number.isInteger(value) && value >= 0 ? { mmdbType: 'uint32', value } : double(value))
  if (isList(value)) return field('array', value.length, value.map(encode))
  if (isTyped(value)) return encodeTyped(value)
  const entries = Object.entries(value)
  return field(
    'map',
    entries.length,
    entries.flatMap(([key, item]) => [encode(key), encode(item)]),
  )
}

const isList = (value: MmdbValue): value is readonly MmdbValue[] => Array.isArray(value)
const isTyped = (value: object): value is MmdbTyped => 'mmdbType' in value

function encodeTyped({ mmdbType, value }: MmdbTyped): Buffer {
  if (mmdbType === 'uint16' || mmdbType === 'uint32') return unsigned(mmdbType, BigInt(value))
  const bytes = Buffer.alloc(mmdbType === 'double' ? 8 : 4)
  if (mmdbType === 'double') bytes.writeDoubleBE(value)
  else if (mmdbType === 'float') bytes.writeFloatBE(value)
  else bytes.writeInt32BE(value)
  return field(mmdbType, bytes.length, [bytes])
}

/** As few octets as the number needs. */
function unsigned(type: 'uint16' | 'uint32' | 'uint64', value: bigint): Buffer {
  const hex = value === 0n ? '' : value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return field(type, bytes.length, [bytes])
}
