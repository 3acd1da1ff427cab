import { formatAddress } from '../../src/domain/address.ts'
import { type Cursor, readName, take, take8, take16, take32 } from './dns-cursor.ts'
import { nameOf, TYPES } from './dns-numbers.ts'

/** RDATA as in a zone file. */
export function readData(message: Buffer, cursor: Cursor, type: number, end: number): string {
  const octets = (count: number): Buffer => take(message, cursor, count)
  const string = (): string => JSON.stringify(octets(take8(message, cursor)).toString('latin1'))
  switch (nameOf(TYPES, type, 'TYPE')) {
    case 'A':
      return formatAddress({ family: 4, bytes: octets(4) })
    case 'AAAA':
      return formatAddress({ family: 6, bytes: octets(16) })
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return readName(message, cursor)
    case 'MX':
      return `${take16(message, cursor)} ${readName(message, cursor)}`
    case 'SRV':
      return `${take16(message, cursor)} ${take16(message, cursor)} ${take16(message, cursor)} ${readName(message, cursor)}`
    case 'SOA': {
      const names = `${readName(message, cursor)} ${readName(message, cursor)}`
      return `${names} ${Array.from({ length: 5 }, () => take32(message, cursor)).join(' ')}`
    }
    case 'TXT':
    case 'HINFO': {
      const strings: string[] = []
      while (cursor.at < end) strings.push(string())
      return strings.join(' ')
    }
    case 'SVCB':
    case 'HTTPS':
      return `${take16(message, cursor)} ${[readPlainName(message, cursor), ...readSvcParams(message, cursor, end)].join(' ')}`
    case 'TSIG': {
      const algorithm = readName(message, cursor)
      const signed = `${octets(6).readUIntBE(0, 6)} ${take16(message, cursor)} ${octets(take16(message, cursor)).length}`
      return `${algorithm} ${signed} ${take16(message, cursor).toString(16)} ${take16(message, cursor)} ${take16(message, cursor)}`
    }
    case 'CAA':
      return `${take8(message, cursor)} ${octets(take8(message, cursor)).toString()} ${JSON.stringify(octets(end - cursor.at).toString())}`
    default:
      return `\\# ${end - cursor.at} ${octets(end - cursor.at).toString('hex')}`
  }
}

/** A name that may not be compressed. */
function readPlainName(message: Buffer, cursor: Cursor): string {
  const start = cursor.at
  const name = readName(message, cursor)
  if (cursor.at - start !== (name === '.' ? 1 : name.length + 1)) throw new Error(`${name} is compressed`)
  return name
}

const PARAM_NAMES = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint']

/** RFC 9460 §2.2: strictly increasing keys; §8: what is mandatory is there. */
function readSvcParams(message: Buffer, cursor: Cursor, end: number): readonly string[] {
  const found = new Map<number, string>()
  let mandatory: readonly number[] = []
  let last = -1
  while (cursor.at < end) {
    const key = take16(message, cursor)
    const value = take(message, cursor, take16(message, cursor))
    if (key <= last) throw new Error(`key ${key} behind key ${last}`)
    last = key
    if (key === 0) mandatory = Array.from({ length: value.length / 2 }, (_, i) => value.readUInt16BE(i * 2))
    found.set(key, describeParam(key, value))
  }
  for (const key of mandatory) if (!found.has(key)) throw new Error(`key ${key} is mandatory, and not there`)
  return [...found].map(([key, text]) => `${PARAM_NAMES[key] ?? `key${key}`}${text}`)
}

function describeParam(key: number, value: Buffer): string {
  const addresses = (family: 4 | 6, width: number): string => {
    if (value.length === 0 || value.length % width !== 0) throw new Error(`hints of ${value.length} octets`)
    const all = Array.from({ length: value.length / width }, (_, i) => value.subarray(i * width, (i + 1) * width))
    return `=${all.map((bytes) => formatAddress({ family, bytes })).join()}`
  }
  switch (key) {
    case 0: {
      const keys = Array.from({ length: value.length / 2 }, (_, i) => value.readUInt16BE(i * 2))
      return `=${keys.map((it) => PARAM_NAMES[it] ?? `key${it}`).join()}`
    }
    case 1: {
      const ids: string[] = []
      const at: Cursor = { at: 0 }
      while (at.at < value.length) ids.push(take(value, at, take8(value, at)).toString('latin1'))
      return `=${ids.join()}`
    }
    case 3:
      return `=${value.readUInt16BE()}`
    case 4:
      return addresses(4, 4)
    case 6:
      return addresses(6, 16)
    default:
      return value.length === 0 ? '' : `=${value.toString('hex')}`
  }
}
