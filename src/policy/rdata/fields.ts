import { type IpAddress, type IpFamily, parseAddress } from '../../domain/address.ts'
import { characterString } from './escapes.ts'
import { nameOctets } from './name-text.ts'
import { BadText, shown, type Token } from './token.ts'

/** The fields of one record's data, read from left to right. Each reader throws {@link BadText}. */
export interface Fields {
  /** As messages call it. */
  readonly type: string
  readonly tokens: readonly Token[]
  /** What a missing field is missed behind. */
  readonly before: Token
  /** How names are completed. */
  readonly nameOf: ReadName
  at: number
}

/** `noRoot`: a name of "." would mean nothing there. */
export type ReadName = (token: Token, root: 'root' | 'noRoot') => string

export const isDone = (fields: Fields): boolean => fields.at >= fields.tokens.length

export function nextField(fields: Fields, what: string): Token {
  const token = fields.tokens[fields.at]
  if (token === undefined)
    throw new BadText(
      fields.tokens.at(-1) ?? fields.before,
      'bad-record',
      `the ${fields.type} record ends before its ${what}`,
    )
  fields.at++
  return token
}

/** @throws BadText when more follows than the type has */
export function endOf(fields: Fields): void {
  const token = fields.tokens[fields.at]
  if (token !== undefined)
    throw new BadText(token, 'bad-record', `${shown(token)} is more than the ${fields.type} record has`)
}

const badField = (token: Token, what: string, expected: string): BadText =>
  new BadText(token, 'bad-record', `the ${what} is ${shown(token)}`, `expected ${expected}`)

/** A whole number, or one of the names for it. */
export function wholeField(
  fields: Fields,
  what: string,
  most: number,
  mnemonics: Readonly<Record<string, number>> = {},
): number {
  const token = nextField(fields, what)
  const named = Object.hasOwn(mnemonics, token.text.toUpperCase()) ? mnemonics[token.text.toUpperCase()] : undefined
  if (named !== undefined) return named
  const value = /^\d{1,10}$/.test(token.text) ? Number(token.text) : Number.NaN
  if (value <= most) return value
  throw badField(token, what, `a whole number from 0 to ${most}`)
}

export const nameField = (fields: Fields, what: string, root: 'root' | 'noRoot'): string =>
  fields.nameOf(nextField(fields, what), root)

export function addressField(fields: Fields, family: IpFamily): IpAddress {
  const what = `IPv${family} address`
  const token = nextField(fields, what)
  const address = parseAddress(token.text)
  if (address?.family === family) return address
  const hint =
    address === null
      ? `expected one such as \`${family === 4 ? '192.0.2.10' : '2001:db8::10'}\``
      : `write it in a record of type ${family === 4 ? 'AAAA' : 'A'}`
  throw new BadText(token, 'bad-address', `${shown(token)} is no ${what}`, hint)
}

export const stringField = (fields: Fields, what: string): Uint8Array => characterString(nextField(fields, what))

/** All that is left, one string each; at least one. */
export function stringsField(fields: Fields, what: string): readonly Uint8Array[] {
  const strings = [stringField(fields, what)]
  while (!isDone(fields)) strings.push(stringField(fields, what))
  return strings
}

/** All that is left, in hexadecimal, white space between digits allowed (RFC 4034 §5.3, RFC 6698 §2.2). */
export function hexField(fields: Fields, what: string, least = 1): Uint8Array {
  const [first, text] = restOf(fields, what, least)
  const digits = text === '-' ? '' : text
  if (/^(?:[0-9a-f]{2})*$/i.test(digits) && digits.length >= 2 * least)
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  throw badField(first, what, 'an even number of hexadecimal digits')
}

/** The same, of the length that its kind has. */
export function digestField(fields: Fields, what: string, length: number | undefined): Uint8Array {
  const token = fields.tokens[fields.at] ?? fields.before
  const digest = hexField(fields, what)
  if (length === undefined || digest.length === length) return digest
  throw new BadText(token, 'bad-record', `the ${what} has ${digest.length} octets`, `its kind has ${length}`)
}

/** All that is left, in base64 (RFC 4648 §4). */
export function base64Field(fields: Fields, what: string): Uint8Array {
  const [first, text] = restOf(fields, what, 1)
  return base64Octets(text) ?? fail(badField(first, what, 'base64 (RFC 4648 §4)'))
}

function fail(error: BadText): never {
  throw error
}

/** Null when it is none. */
export function base64Octets(text: string): Uint8Array | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) || text === '') return null
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function restOf(fields: Fields, what: string, least: number): readonly [Token, string] {
  if (least === 0 && isDone(fields)) return [fields.before, '']
  const from = fields.at
  const first = nextField(fields, what)
  fields.at = fields.tokens.length
  return [
    first,
    fields.tokens
      .slice(from)
      .map(({ text }) => text)
      .join(''),
  ]
}

/** Octets one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export const octet = (value: number): Uint8Array => Uint8Array.of(value)
export const octets16 = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))
export const octets32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
export const lengthFirst = (octets: Uint8Array): Uint8Array => joined(octet(octets.length), octets)

export const nameFieldOctets = (fields: Fields, what: string): Uint8Array => nameOctets(nameField(fields, what, 'root'))
