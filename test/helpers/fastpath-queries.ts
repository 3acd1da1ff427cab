import { COOKIE_LENGTH, type CookieJar, createCookieJar, writeCookie } from '../../src/dns/cookies.ts'
import type { IpAddress } from '../../src/domain/address.ts'
import { addressOf } from './dns-fixture.ts'
import { wireName, word } from './dns-message.ts'

/** Queries as resolvers, scanners and broken clients send them to the names of a snapshot. The same draws make the same queries. */

export const CLIENTS = [
  '5.5.1.1',
  '6.6.1.1',
  '6.6.7.9',
  '192.0.2.1',
  '10.99.3.4',
  '::ffff:6.6.7.1',
  '2400::1',
  '2a00::1',
].map(addressOf)

const TYPES = [1, 1, 1, 1, 28, 28, 28, 2, 5, 6, 12, 15, 16, 33, 43, 48, 64, 65, 65, 251, 255, 257, 65_280]
const CHAOS_NAMES = ['version.bind', 'VERSION.bind', 'hostname.bind', 'id.server', 'version.server', 'x.version.bind']
const SUBNETS = ['5.5.0.0', '6.6.0.0', '6.6.7.0', '8.8.0.0', '10.99.0.0', '10.0.0.0', '192.0.2.0', '198.19.255.255']
const SUBNETS6 = ['2400::', '2a00:1::', '2001:db8::', 'fd00::', '2002:505:101::', '64:ff9b::505:101', '::ffff:5.5.1.1']

/** Secrets that stay the same, the second being a former one. */
const SECRETS = [1, 2].map((n) => new Uint8Array(16).fill(n))
export const testJar = (): CookieJar => createCookieJar(SECRETS)
const FORMER = createCookieJar(SECRETS.slice(1))
const FOREIGN = createCookieJar([new Uint8Array(16).fill(3)])

export interface AskedBy {
  readonly client: IpAddress
  readonly nowMs: number
}

const oneOf = <T>(list: readonly T[], die: () => number): T => list[die() % list.length] as T

/** Names that are there, names near them, and names that are nowhere, in mixed case. */
function someName(names: readonly string[], die: () => number): string {
  const name = oneOf(names, die)
  const changed = oneOf(
    [name, name, name, `x${die() % 999}.${name}`, `a.b.${name}`, name.slice(name.indexOf('.') + 1), 'net'],
    die,
  )
  if (die() % 3 > 0) return changed
  return changed.replace(/[a-z]/g, (letter) => (die() % 2 === 0 ? letter.toUpperCase() : letter))
}

const option = (code: number, value: Uint8Array): Buffer => Buffer.concat([word(code), word(value.length), value])

function someSubnet(die: () => number): Buffer {
  const isV4 = die() % 3 > 0
  const { bytes } = addressOf(oneOf(isV4 ? SUBNETS : SUBNETS6, die))
  const sources = [0, 7, 8, 15, 20, 22, 23, 24, 24, 24, 25, 32, 48, 56, 64, 128]
  const source = oneOf(isV4 ? sources.slice(0, 12) : sources, die)
  const octets = Buffer.from(bytes.subarray(0, Math.ceil(source / 8)))
  const last = octets.length - 1
  // Some keep bits behind their source prefix, which is FORMERR.
  if (last >= 0 && die() % 8 > 0) octets[last] = (octets[last] as number) & (0xff << ((last + 1) * 8 - source)) & 0xff
  const scope = die() % 30 === 0 ? 24 : 0
  return option(8, Buffer.concat([word(isV4 ? 1 : 2), Buffer.from([source, scope]), octets]))
}

/** Good ones of every age, those of others, and those that are none. */
function someCookie({ client, nowMs }: AskedBy, die: () => number): Buffer {
  const value = Buffer.alloc(COOKIE_LENGTH)
  for (let i = 0; i < 8; i++) value[i] = die() & 0xff
  const ageSeconds = oneOf([0, 0, 1, 1799, 1801, 3599, 3601, -299, -301, 1_000_000], die)
  const jar = oneOf([testJar(), testJar(), testJar(), FORMER, FOREIGN], die)
  const address = die() % 12 === 0 ? addressOf('203.0.113.99') : client
  const nowSeconds = Math.floor(nowMs / 1000) - ageSeconds
  const { bytes } = address
  writeCookie(jar, value, 0, bytes, 0, bytes.length, nowSeconds, value, 0)
  if (die() % 12 === 0) value[die() % COOKIE_LENGTH]! ^= 1 << (die() % 8)
  const length = oneOf([24, 24, 24, 24, 24, 8, 8, 8, 16, 40, 0, 7, 9, 15, 41], die)
  return option(10, Buffer.concat([value, Buffer.alloc(20, 7)]).subarray(0, length))
}

function someOptions(by: AskedBy, die: () => number): Buffer {
  const parts: Buffer[] = []
  if (die() % 3 > 0) parts.push(someSubnet(die))
  if (die() % 3 === 0) parts.push(someCookie(by, die))
  if (die() % 8 === 0) parts.push(option(12, Buffer.alloc(die() % 40)))
  if (die() % 16 === 0) parts.push(option(11, Buffer.alloc(die() % 3)))
  if (die() % 8 === 0) parts.push(option(oneOf([0, 1, 5, 9, 14, 15, 100, 65_001], die), Buffer.alloc(die() % 12, 9)))
  if (die() % 40 === 0) parts.push(option(3, Buffer.alloc(0)))
  if (die() % 40 === 0) parts.push(someSubnet(die))
  if (die() % 40 === 0) parts.push(someCookie(by, die))
  if (die() % 60 === 0) parts.push(Buffer.from([0, 12, 0, 9, 1]).subarray(0, 1 + (die() % 5)))
  for (let i = parts.length - 1; i > 0; i--) {
    const j = die() % (i + 1)
    ;[parts[i], parts[j]] = [parts[j] as Buffer, parts[i] as Buffer]
  }
  return Buffer.concat(parts)
}

/** One query; a few are broken. */
export function someQuery(names: readonly string[], by: AskedBy, die: () => number): Buffer {
  const options = someOptions(by, die)
  const withOpt = die() % 3 > 0
  const size = oneOf([0, 512, 700, 1232, 4096, 65_535], die)
  const version = die() % 40 === 0 ? 1 : 0
  const opt = Buffer.concat([
    Buffer.from([0, 0, 41]),
    word(size),
    Buffer.from([0, version, die() % 2 === 0 ? 0x80 : 0, 0]),
    word(options.length),
    options,
  ])
  const qclass = die() % 12 > 0 ? 1 : oneOf([3, 3, 3, 3, 4, 254, 255, 0, 259], die)
  const name = qclass === 3 && die() % 3 > 0 ? oneOf(CHAOS_NAMES, die) : someName(names, die)
  const type = qclass === 3 && die() % 3 > 0 ? 16 : oneOf(TYPES, die)
  const query = Buffer.concat([
    word(die() & 0xffff),
    Buffer.from([die() % 50 === 0 ? die() & 0xff : die() & 0x01, die() & 0x30]),
    word(1),
    word(0),
    word(0),
    word(withOpt ? 1 : 0),
    wireName(name),
    word(type),
    word(qclass),
    ...(withOpt ? [opt] : []),
  ])
  if (die() % 25 > 0) return query
  // An octet changed, or the end cut off.
  query[die() % query.length] = die() & 0xff
  return query.subarray(0, query.length - (die() % 4))
}
