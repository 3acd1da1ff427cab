import { formatAddress } from '../../domain/address.ts'
import { TYPE } from './codes.ts'
import { nameToText, parseName } from './name.ts'
import { OTHER_TYPE } from './type-names.ts'

/** RDATA as a zone file has it (RFC 1035 §5.1, RFC 9460 §2.1); what cannot be read, or is not known, as RFC 3597 §5 has it. */
export const dataToText = (type: number, data: Uint8Array): string => readableText(type, data) ?? octetsText(data)

const octetsText = (data: Uint8Array): string => `\\# ${data.length} ${Buffer.from(data).toString('hex')}`.trimEnd()

function readableText(type: number, data: Uint8Array): string | null {
  switch (type) {
    case TYPE.A:
      return data.length === 4 ? formatAddress({ family: 4, bytes: data }) : null
    case TYPE.AAAA:
      return data.length === 16 ? formatAddress({ family: 6, bytes: data }) : null
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.PTR:
      return fieldsText(data, 0, 1, 0)
    case TYPE.SOA:
      return fieldsText(data, 0, 2, 5)
    case TYPE.MX:
      return fieldsText(data, 1, 1, 0)
    case TYPE.SRV:
      return fieldsText(data, 3, 1, 0)
    case TYPE.TXT:
    case TYPE.HINFO:
      return stringsText(data)
    case TYPE.CAA:
      return caaText(data)
    case TYPE.SVCB:
    case TYPE.HTTPS:
      return svcbText(data)
    case TYPE.DS:
      return data.length > 4 ? `${word(data, 0)} ${octetsThenHex(data.subarray(2), 2)}` : null
    case OTHER_TYPE.TLSA:
      return octetsThenHex(data, 3)
    case OTHER_TYPE.SSHFP:
      return octetsThenHex(data, 2)
    case OTHER_TYPE.NAPTR:
      return naptrText(data)
    default:
      return null
  }
}

const word = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0)

/** So many 16-bit numbers, then names, then 32-bit numbers, and nothing else. */
function fieldsText(data: Uint8Array, words: number, names: number, longs: number): string | null {
  const parts: string[] = Array.from({ length: words }, (_, index) => String(word(data, index * 2)))
  let at = words * 2
  for (let count = 0; count < names; count++) {
    const name = parseName(data, at, data.length)
    if (name === null) return null
    parts.push(`${nameToText(name.name)}.`)
    at = name.next
  }
  if (data.length !== at + longs * 4) return null
  for (; at < data.length; at += 4) parts.push(String(word(data, at) * 0x10000 + word(data, at + 2)))
  return parts.join(' ')
}

/** Quoted, with `\"`, `\\` and `\DDD` (RFC 1035 §5.1). */
const quoted = (octets: Uint8Array): string =>
  `"${[...octets].map((octet) => (octet === 0x22 || octet === 0x5c ? `\\${String.fromCharCode(octet)}` : printable(octet))).join('')}"`

const printable = (octet: number): string =>
  octet >= 0x20 && octet <= 0x7e ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`

/** An item of a comma-separated list (RFC 9460 appendix A.1), as `alpn` has them. */
const listItem = (octets: Uint8Array): string =>
  [...octets]
    .map((octet) => (octet === 0x2c || octet === 0x5c ? `\\${String.fromCharCode(octet)}` : printable(octet)))
    .join('')

function stringsText(data: Uint8Array): string | null {
  const strings = countedParts(data)
  return strings === null || strings.length === 0 ? null : strings.map(quoted).join(' ')
}

/** Parts behind their lengths of one octet; null when they do not fill the data exactly. */
function countedParts(data: Uint8Array): readonly Uint8Array[] | null {
  const parts: Uint8Array[] = []
  let at = 0
  while (at < data.length) {
    const end = at + 1 + (data[at] ?? 0)
    if (end > data.length) return null
    parts.push(data.subarray(at + 1, end))
    at = end
  }
  return parts
}

/** So many numbers of one octet, then hexadecimal. */
function octetsThenHex(data: Uint8Array, octets: number): string | null {
  if (data.length <= octets) return null
  return [...data.subarray(0, octets), Buffer.from(data.subarray(octets)).toString('hex')].join(' ')
}

/** RFC 3403 §4.1: order, preference, three strings, a name. */
function naptrText(data: Uint8Array): string | null {
  const strings: string[] = []
  let at = 4
  for (; strings.length < 3; at += 1 + (data[at] ?? 0)) {
    const end = at + 1 + (data[at] ?? 0)
    if (end > data.length) return null
    strings.push(quoted(data.subarray(at + 1, end)))
  }
  const name = parseName(data, at, data.length)
  if (name === null || name.next !== data.length) return null
  return `${word(data, 0)} ${word(data, 2)} ${strings.join(' ')} ${nameToText(name.name)}.`
}

function caaText(data: Uint8Array): string | null {
  const tagEnd = 2 + (data[1] ?? 0)
  if (data.length < 2 || tagEnd > data.length) return null
  const tag = Buffer.from(data.subarray(2, tagEnd)).toString('latin1')
  return /^[a-zA-Z0-9]+$/.test(tag) ? `${data[0]} ${tag} ${quoted(data.subarray(tagEnd))}` : null
}

/** RFC 9460 §14.3.2 and RFC 9461 §5. */
const PARAM_NAMES = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath']

function svcbText(data: Uint8Array): string | null {
  const target = data.length < 3 ? null : parseName(data, 2, data.length)
  if (target === null) return null
  const parts = [String(word(data, 0)), `${nameToText(target.name)}.`]
  for (let at = target.next; at < data.length; ) {
    const end = at + 4 + word(data, at + 2)
    if (at + 4 > data.length || end > data.length) return null
    const text = paramText(word(data, at), data.subarray(at + 4, end))
    if (text === null) return null
    parts.push(text)
    at = end
  }
  return parts.join(' ')
}

const paramName = (key: number): string => PARAM_NAMES[key] ?? `key${key}`

function paramText(key: number, value: Uint8Array): string | null {
  const name = paramName(key)
  const shown = paramValue(name, value)
  if (shown === null) return null
  return shown === '' ? name : `${name}=${shown}`
}

function paramValue(name: string, value: Uint8Array): string | null {
  switch (name) {
    case 'mandatory':
      return (
        chunks(value, 2)
          ?.map((chunk) => paramName(word(chunk, 0)))
          .join(',') ?? null
      )
    case 'alpn':
      return countedParts(value)?.map(listItem).join(',') ?? null
    case 'port':
      return value.length === 2 ? String(word(value, 0)) : null
    case 'ipv4hint':
      return (
        chunks(value, 4)
          ?.map((bytes) => formatAddress({ family: 4, bytes }))
          .join(',') ?? null
      )
    case 'ipv6hint':
      return (
        chunks(value, 16)
          ?.map((bytes) => formatAddress({ family: 6, bytes }))
          .join(',') ?? null
      )
    case 'ech':
      return Buffer.from(value).toString('base64')
    default:
      return value.length === 0 ? '' : quoted(value)
  }
}

function chunks(value: Uint8Array, size: number): readonly Uint8Array[] | null {
  if (value.length === 0 || value.length % size !== 0) return null
  return Array.from({ length: value.length / size }, (_, index) => value.subarray(index * size, (index + 1) * size))
}
