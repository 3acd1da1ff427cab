import { parseAddress } from '../../domain/address.ts'
import type { SvcParam } from '../../domain/zone.ts'
import { octetsOf } from './escapes.ts'
import { base64Octets, joined, lengthFirst, octets16 } from './fields.ts'
import { BadText, shown, type Token } from './token.ts'

/** Service parameters (RFC 9460 §2.1 and §7, RFC 9461 §5, RFC 9540 §4): presentation text → octets of the wire. */
interface ParamKind {
  readonly number: number
  /** Of the value behind `=`; undefined when there is none. */
  readonly read: (value: ParamText | undefined, key: Token) => Uint8Array | 'auto'
  /** What is wrong with a value that was written as octets; null when nothing is. */
  readonly fault: (value: Uint8Array) => string | null
}

interface ParamText {
  readonly token: Token
  /** The octets behind `=`, escapes undone. */
  readonly octets: Uint8Array
}

const MANDATORY = 0
const ALPN = 1
const NO_DEFAULT_ALPN = 2
/** RFC 9460 §14.3.2: "65535 … Reserved ("Invalid key")". */
const LAST_KEY = 65_534

const decoder = new TextDecoder()

const badParam = (token: Token, message: string, hint: string | null = null): BadText =>
  new BadText(token, 'bad-svc-param', message, hint)

function needed(value: ParamText | undefined, key: Token, example: string): ParamText {
  if (value === undefined || value.octets.length === 0)
    throw badParam(key, `\`${keyOf(key)}\` has no value`, `write it as \`${example}\``)
  return value
}

/** Appendix A.1: items between commas; `\,` and `\\` stand for a comma and a backslash inside of one. */
function listOf({ token, octets }: ParamText): readonly Uint8Array[] {
  const items: Uint8Array[] = []
  let item: number[] = []
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0
    const next = octets[at + 1]
    if (octet === 0x2c) {
      items.push(Uint8Array.from(item))
      item = []
    } else if (octet === 0x5c) {
      if (next !== 0x2c && next !== 0x5c)
        throw badParam(
          token,
          `${shown(token)} has a lone backslash in its list`,
          'in a list write `\\\\,` for a comma and `\\\\\\\\` for a backslash (RFC 9460 Appendix A.1)',
        )
      item.push(next)
      at++
    } else item.push(octet)
  }
  items.push(Uint8Array.from(item))
  if (items.some(({ length }) => length === 0)) throw badParam(token, `the list ${shown(token)} has an empty item`)
  return items
}

/** For values that, "to enable simpler parsing", "MUST NOT contain escape sequences". */
function plainText({ token, octets }: ParamText): string {
  if (token.form !== 'literal' && token.text.includes('\\'))
    throw badParam(token, `${shown(token)} has an escape`, 'none may stand here (RFC 9460 §7)')
  return decoder.decode(octets)
}

const hint = (family: 4 | 6, name: string): Omit<ParamKind, 'number'> => ({
  read(value, key) {
    const some = needed(value, key, `${name}=${family === 4 ? '192.0.2.10' : '2001:db8::10'}`)
    const text = plainText(some)
    if (text === 'auto') return 'auto'
    return joined(
      ...text.split(',').map((item) => {
        const address = parseAddress(item)
        if (address?.family === family) return address.bytes
        throw badParam(
          some.token,
          `\`${item}\` is no IPv${family} address`,
          `expected addresses with commas between them, or \`auto\``,
        )
      }),
    )
  },
  fault: (value) =>
    value.length > 0 && value.length % (family === 4 ? 4 : 16) === 0
      ? null
      : `has ${value.length} octets, no whole number of IPv${family} addresses`,
})

/** RFC 9460 §7.1.1: no-default-alpn "MUST be empty"; RFC 9540 §4 says the same of ohttp. */
const flag: Omit<ParamKind, 'number'> = {
  read(value, key) {
    if (value !== undefined && value.octets.length > 0)
      throw badParam(key, `\`${keyOf(key)}\` has a value`, `write \`${keyOf(key)}\` alone`)
    return new Uint8Array(0)
  },
  fault: (value) => (value.length === 0 ? null : 'has a value; it is written without one'),
}

const KINDS: Readonly<Record<string, ParamKind>> = {
  mandatory: {
    number: MANDATORY,
    read(value, key) {
      const some = needed(value, key, 'mandatory=alpn')
      const numbers = plainText(some)
        .split(',')
        .map((name) => keyNumber(name, some.token))
      const sorted = numbers.toSorted((a, b) => a - b)
      return octets16(...sorted)
    },
    // §8: "in the wire format … in strictly increasing numeric order"; "key name 'mandatory'" is not among them.
    fault(value) {
      const numbers = keysIn(value)
      if (value.length === 0 || value.length % 2 !== 0) return `has ${value.length} octets, expected two for each key`
      if (numbers.includes(MANDATORY)) return 'names itself'
      return numbers.some((number, index) => index > 0 && number === numbers[index - 1])
        ? 'names a key twice'
        : numbers.some((number, index) => index > 0 && number < (numbers[index - 1] ?? 0))
          ? 'does not name its keys in increasing order'
          : null
    },
  },
  alpn: {
    number: ALPN,
    read: (value, key) => {
      const some = needed(value, key, 'alpn=h2,h3')
      const items = listOf(some)
      const long = items.find(({ length }) => length > 255)
      if (long !== undefined)
        throw badParam(some.token, `a protocol id has ${long.length} octets`, 'expected 1 to 255 (RFC 7301 §3.1)')
      return joined(...items.map(lengthFirst))
    },
    fault(value) {
      let at = 0
      while (at < value.length && value[at] !== 0) at += 1 + (value[at] ?? 0)
      return at === value.length && at > 0 ? null : 'is no list of protocol ids, each behind its length'
    },
  },
  'no-default-alpn': { number: NO_DEFAULT_ALPN, ...flag },
  port: {
    number: 3,
    read(value, key) {
      const some = needed(value, key, 'port=443')
      const text = plainText(some)
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
        throw badParam(some.token, `the port is ${shown(some.token)}`, 'expected a whole number from 0 to 65535')
      return octets16(Number(text))
    },
    fault: (value) => (value.length === 2 ? null : `has ${value.length} octets, expected 2`),
  },
  ipv4hint: { number: 4, ...hint(4, 'ipv4hint') },
  ech: {
    number: 5,
    read(value, key) {
      const some = needed(value, key, 'ech=AEj+DQBE…')
      const octets = base64Octets(plainText(some))
      if (octets === null)
        throw badParam(some.token, `\`ech\` is no base64`, 'expected an ECHConfigList in base64 (RFC 9848)')
      return octets
    },
    fault: (value) => (value.length > 0 ? null : 'is empty'),
  },
  ipv6hint: { number: 6, ...hint(6, 'ipv6hint') },
  dohpath: {
    number: 7,
    read(value, key) {
      const some = needed(value, key, 'dohpath=/dns-query{?dns}')
      const wrong = pathFault(some.octets)
      if (wrong !== null)
        throw badParam(
          some.token,
          `\`dohpath\` ${wrong}`,
          'expected a template such as `/dns-query{?dns}` (RFC 9461 §5)',
        )
      return some.octets
    },
    fault: (value) => pathFault(value),
  },
  ohttp: { number: 8, ...flag },
}

/** RFC 9461 §5: "The URI Template MUST contain a "dns" variable", and is a relative reference in UTF-8. */
const pathFault = (octets: Uint8Array): string | null =>
  /^\/.*\{[^}]*\bdns\b[^}]*\}/.test(decoder.decode(octets)) ? null : 'is no path with a `dns` variable'

const KIND_OF = new Map(Object.values(KINDS).map((kind) => [kind.number, kind]))
const NAME_OF = new Map(Object.entries(KINDS).map(([name, { number }]) => [number, name]))

/** Presentation name of a key. */
export const svcKeyName = (key: number): string => NAME_OF.get(key) ?? `key${key}`

export const SVC_KEY_NAMES: readonly string[] = Object.keys(KINDS)

const keyOf = ({ text }: Token): string => text.split('=', 1)[0] ?? ''

/** §2.1: "keyNNNNN where NNNNN is the numeric value of the key type without leading zeros". */
function keyNumber(name: string, token: Token): number {
  if (Object.hasOwn(KINDS, name)) return (KINDS[name] as ParamKind).number
  const number = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1]
  if (number !== undefined && Number(number) <= LAST_KEY) return Number(number)
  const known = `${SVC_KEY_NAMES.join(', ')}, or \`key\` and its number (RFC 9460 §2.1)`
  throw new BadText(
    token,
    'unknown-svc-param',
    `\`${name.slice(0, 40)}\` is no service parameter`,
    `expected one of ${known}`,
  )
}

/** The parameters that tokens say, in order of their keys; all the rules of one record are checked. */
export function readSvcParams(tokens: readonly Token[], before: Token): readonly SvcParam[] {
  const params = new Map<number, { readonly param: SvcParam; readonly token: Token }>()
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token
    const name = keyOf(token)
    const key = keyNumber(name, token)
    const behind = tokens[at + 1]
    const isSplit = behind?.glued === true && token.text.endsWith('=') && token.text.length === name.length + 1
    if (isSplit) at++
    const value = paramText(token, name, isSplit ? behind : null)
    if (params.has(key))
      throw badParam(token, `\`${svcKeyName(key)}\` is there twice`, 'each key stands once (RFC 9460 §2.1)')
    params.set(key, { param: { key, value: read(key, name, value, token) }, token })
  }
  const sorted = [...params.values()].map(({ param }) => param).sort((a, b) => a.key - b.key)
  checkParams(sorted, (key) => params.get(key)?.token ?? before)
  return sorted
}

function paramText(token: Token, name: string, behind: Token | null): ParamText | undefined {
  if (behind !== null) return { token: behind, octets: octetsOf(behind) }
  if (token.text.length === name.length) return undefined
  const own = { ...token, text: token.text.slice(name.length + 1), column: token.column + name.length + 1 }
  return { token: own, octets: octetsOf(own) }
}

function read(key: number, name: string, value: ParamText | undefined, token: Token): Uint8Array | 'auto' {
  const kind = KIND_OF.get(key)
  if (kind !== undefined && Object.hasOwn(KINDS, name)) return kind.read(value, token)
  // A known key by its number has the octets of the wire as its value.
  return value?.octets ?? new Uint8Array(0)
}

/**
 * Rules between the parameters of a record, and for values that came as octets.
 * @throws BadText at the token of the key that breaks one
 */
export function checkParams(params: readonly SvcParam[], tokenOf: (key: number) => Token): void {
  for (const { key, value } of params) {
    const wrong = value === 'auto' ? null : (KIND_OF.get(key)?.fault(value) ?? null)
    if (wrong !== null) throw badParam(tokenOf(key), `\`${svcKeyName(key)}\` ${wrong}`)
  }
  const has = (key: number) => params.some((param) => param.key === key)
  const mandatory = params.find(({ key }) => key === MANDATORY)?.value ?? 'auto'
  // §8: "all keys listed … MUST also appear in the record".
  const absent = mandatory === 'auto' ? undefined : keysIn(mandatory).find((key) => !has(key))
  if (absent !== undefined)
    throw badParam(
      tokenOf(MANDATORY),
      `\`mandatory\` names \`${svcKeyName(absent)}\`, which is not there`,
      `add \`${svcKeyName(absent)}\`, or take it out of the list (RFC 9460 §8)`,
    )
  // §7.1.1: "When "no-default-alpn" is specified in an RR, "alpn" must also be specified in order for the RR to be "self-consistent"".
  if (has(NO_DEFAULT_ALPN) && !has(ALPN))
    throw badParam(
      tokenOf(NO_DEFAULT_ALPN),
      '`no-default-alpn` stands without `alpn`',
      'add `alpn`: no protocol would be left (RFC 9460 §7.1.1)',
    )
}

const keysIn = (value: Uint8Array): readonly number[] =>
  Array.from({ length: value.length >> 1 }, (_, index) => ((value[2 * index] ?? 0) << 8) | (value[2 * index + 1] ?? 0))
