/**
 * IP addresses and prefixes as data. Total functions, no I/O.
 *
 * An address is its octets in network order: 4 for IPv4, 16 for IPv6. Text is parsed strictly (RFC 4291 §2.2,
 * dotted quads without leading zeros) and written canonically (RFC 5952).
 */

export type IpFamily = 4 | 6

export interface IpAddress {
  readonly family: IpFamily
  /** 4 or 16 octets, network order. */
  readonly bytes: Uint8Array
}

export interface IpPrefix {
  readonly family: IpFamily
  /** The network address: octets beyond `length` bits are zero. */
  readonly bytes: Uint8Array
  /** 0–32 or 0–128. */
  readonly length: number
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

export function parseAddress(text: string): IpAddress | null {
  if (IPV4.test(text)) return { family: 4, bytes: Uint8Array.from(text.split('.'), Number) }
  if (!text.includes(':')) return null
  const bytes = parseIpv6(text)
  return bytes === null ? null : { family: 6, bytes }
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const bytes = new Uint8Array(16)
  groups.forEach((group, index) => {
    bytes[index * 2] = group >> 8
    bytes[index * 2 + 1] = group & 0xff
  })
  return bytes
}

function groupsOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && IPV4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return null
    }
  }
  return groups
}

/** Canonical text: dotted quad, or RFC 5952 (lower case, the longest run of two or more zero groups shortened). */
export function formatAddress(address: IpAddress): string {
  if (address.family === 4) return address.bytes.join('.')
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((address.bytes[i] ?? 0) << 8) | (address.bytes[i + 1] ?? 0))
  let bestStart = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && groups[end] === 0) end++
    if (end - start > bestLength) {
      bestStart = start
      bestLength = end - start
    }
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  if (bestStart < 0) return hex(groups)
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`
}

export const bitsOf = (family: IpFamily): 32 | 128 => (family === 4 ? 32 : 128)

/** Clears all bits beyond `length`. */
export function prefixOf(address: IpAddress, length: number): IpPrefix {
  const bytes = address.bytes.slice()
  for (let i = 0; i < bytes.length; i++) {
    const keep = Math.min(8, Math.max(0, length - i * 8))
    bytes[i] = (bytes[i] ?? 0) & (0xff << (8 - keep)) & 0xff
  }
  return { family: address.family, bytes, length }
}

export type PrefixParse =
  | { readonly ok: true; readonly prefix: IpPrefix }
  | { readonly ok: false; readonly problem: 'notAPrefix' | 'lengthOutOfRange' }
  | { readonly ok: false; readonly problem: 'hostBits'; readonly suggestion: string }

/** `192.0.2.0/24`, `2001:db8::/32`, or one address (then its whole length). Host bits set beyond the length are a problem. */
export function parsePrefix(text: string): PrefixParse {
  const [addressText = '', lengthText, ...rest] = text.split('/')
  const address = parseAddress(addressText)
  if (address === null || rest.length > 0) return { ok: false, problem: 'notAPrefix' }
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return { ok: false, problem: 'notAPrefix' }
  const length = lengthText === undefined ? bitsOf(address.family) : Number(lengthText)
  if (length > bitsOf(address.family)) return { ok: false, problem: 'lengthOutOfRange' }
  const prefix = prefixOf(address, length)
  if (prefix.bytes.some((octet, i) => octet !== address.bytes[i])) {
    return { ok: false, problem: 'hostBits', suggestion: formatPrefix(prefix) }
  }
  return { ok: true, prefix }
}

export const formatPrefix = (prefix: IpPrefix): string => `${formatAddress(prefix)}/${prefix.length}`

/** Whether the first `prefix.length` bits of `bytes` are those of the prefix; other families never match. */
export function prefixCovers(prefix: IpPrefix, address: IpAddress | IpPrefix): boolean {
  if (prefix.family !== address.family) return false
  if ('length' in address && address.length < prefix.length) return false
  const whole = prefix.length >> 3
  for (let i = 0; i < whole; i++) if (prefix.bytes[i] !== address.bytes[i]) return false
  const rest = prefix.length & 7
  return rest === 0 || ((prefix.bytes[whole] ?? 0) ^ (address.bytes[whole] ?? 0)) >> (8 - rest) === 0
}

/** Bit `index` counted from the most significant, 0 or 1. */
export const bitAt = (bytes: Uint8Array, index: number): 0 | 1 =>
  (((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) as 0 | 1

const embedded = (bytes: Uint8Array, from: number): IpAddress => ({ family: 4, bytes: bytes.slice(from, from + 4) })

const V4_MAPPED = prefixOrThrow('::ffff:0:0/96')
const NAT64 = prefixOrThrow('64:ff9b::/96')
const SIX_TO_FOUR = prefixOrThrow('2002::/16')

/**
 * The IPv4 address inside a v4-mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052 §2.1) or 6to4 (RFC 3056 §2) address;
 * any other address as it is. Geo databases know none of these forms (latency.md A3, trap 2).
 */
export function normaliseAddress(address: IpAddress): IpAddress {
  if (address.family === 4) return address
  if (prefixCovers(V4_MAPPED, address) || prefixCovers(NAT64, address)) return embedded(address.bytes, 12)
  if (prefixCovers(SIX_TO_FOUR, address)) return embedded(address.bytes, 2)
  return address
}

/**
 * `::ffff:192.0.2.1`, as a dual-stack socket calls an IPv4 peer, as that IPv4 address; any other as it is. For questions of
 * trust: NAT64 and 6to4 addresses stay, because anybody can own one with `127.0.0.1` inside.
 */
export const unmapped = (address: IpAddress): IpAddress =>
  address.family === 6 && prefixCovers(V4_MAPPED, address) ? embedded(address.bytes, 12) : address

function prefixOrThrow(text: string): IpPrefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`not a prefix: ${text}`)
  return parsed.prefix
}

/** IANA special-purpose registries (RFC 6890 and updates): nobody there has a place. Sorted by family, then address. */
export const SPECIAL_PURPOSE: readonly { readonly prefix: IpPrefix; readonly name: string }[] = (
  [
    ['0.0.0.0/8', 'this network (RFC 791)'],
    ['10.0.0.0/8', 'private use (RFC 1918)'],
    ['100.64.0.0/10', 'shared address space (RFC 6598)'],
    ['127.0.0.0/8', 'loopback (RFC 1122)'],
    ['169.254.0.0/16', 'link local (RFC 3927)'],
    ['172.16.0.0/12', 'private use (RFC 1918)'],
    ['192.0.0.0/24', 'IETF protocol assignments (RFC 6890)'],
    ['192.0.2.0/24', 'documentation (RFC 5737)'],
    ['192.168.0.0/16', 'private use (RFC 1918)'],
    ['198.18.0.0/15', 'benchmarking (RFC 2544)'],
    ['198.51.100.0/24', 'documentation (RFC 5737)'],
    ['203.0.113.0/24', 'documentation (RFC 5737)'],
    ['224.0.0.0/4', 'multicast (RFC 5771)'],
    ['240.0.0.0/4', 'reserved (RFC 1112)'],
    ['::/128', 'unspecified (RFC 4291)'],
    ['::1/128', 'loopback (RFC 4291)'],
    ['64:ff9b:1::/48', 'local-use translation (RFC 8215)'],
    ['100::/64', 'discard only (RFC 6666)'],
    ['2001::/23', 'IETF protocol assignments (RFC 2928)'],
    ['2001:db8::/32', 'documentation (RFC 3849)'],
    ['3fff::/20', 'documentation (RFC 9637)'],
    ['5f00::/16', 'segment routing (RFC 9602)'],
    ['fc00::/7', 'unique local (RFC 4193)'],
    ['fe80::/10', 'link local (RFC 4291)'],
    ['ff00::/8', 'multicast (RFC 4291)'],
  ] as const
).map(([text, name]) => ({ prefix: prefixOrThrow(text), name }))

/** The special-purpose network that covers the address, or null: then it may have a place. */
export function specialPurposeOf(address: IpAddress): { readonly prefix: IpPrefix; readonly name: string } | null {
  return SPECIAL_PURPOSE.find((entry) => prefixCovers(entry.prefix, address)) ?? null
}
