import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../limits.ts'
import { octetsOf } from './escapes.ts'
import { BadText, shown, type Token } from './token.ts'

/**
 * Names as a checked set holds them: lower case, no trailing dot, `''` is the root. Octets other than letters, digits and
 * most punctuation are written `\DDD`, a dot or a backslash inside a label too: so each dot stands between two labels.
 */

/** Every octet escaped, as `\DDD`. */
const LONGEST_WRITTEN = 4 * MAX_NAME_OCTETS

const PLAIN = /^[\w*/+-]+(?:\.[\w*/+-]+)*\.?$/

/** RFC 1035 §5.1: "Domain names that end in a dot are called absolute", others "are relative" to the origin; `@` is the origin itself. */
export function readName(token: Token, origin: string | null): string {
  const { text } = token
  if (text === '@' && token.form !== 'quoted') return origin ?? fail(token, 'no-origin', ...NO_ORIGIN)
  if (text === '.') return ''
  if (text === '' || text.length > LONGEST_WRITTEN)
    fail(
      token,
      'bad-name',
      text === '' ? 'is empty' : 'is longer than any name',
      'expected a name such as `www.example.com.`',
    )
  const isPlain = PLAIN.test(text)
  const isAbsolute = isPlain ? text.endsWith('.') : ENDS_IN_DOT.test(text)
  if (!isAbsolute && origin === null) return fail(token, 'no-origin', ...NO_ORIGIN)
  const name = isPlain ? text.toLowerCase().slice(0, isAbsolute ? -1 : undefined) : canonical(token)
  const whole = isAbsolute || origin === '' || origin === null ? name : `${name}.${origin}`
  // Short names need no counting: no label of theirs can be too long.
  if (whole.length > MAX_LABEL_OCTETS) checkLengths(token, whole)
  return whole
}

/** Not in an escaped one. */
const ENDS_IN_DOT = /(?<!\\)(?:\\\\)*\.$/

const NO_ORIGIN = [
  'is relative, and nothing says to what',
  'write `$ORIGIN` before it, or `--zone geo.example=FILE`',
] as const

function fail(token: Token, rule: string, what: string, hint: string): never {
  throw new BadText(token, rule, `the name ${shown(token)} ${what}`, hint)
}

/** Label by label: what an escape stands for is found, and written in one way only. */
function canonical(token: Token): string {
  const labels = token.text.split(/(?<=(?<!\\)(?:\\\\)*)\./)
  if (labels.at(-1) === '') labels.pop()
  return labels
    .map((label) => {
      if (label === '') fail(token, 'bad-name', 'has an empty label', 'expected labels with single dots between them')
      if (/[^\0-\x7f]/.test(label))
        fail(token, 'bad-name', 'is not ASCII', 'write it in its ASCII form (`xn--…`), or its octets as `\\DDD`')
      return [...octetsOf({ ...token, text: label })].map(characterOf).join('')
    })
    .join('.')
}

function characterOf(octet: number): string {
  const character = String.fromCharCode(octet)
  return /[!-~]/.test(character) && character !== '.' && character !== '\\'
    ? character.toLowerCase()
    : `\\${String(octet).padStart(3, '0')}`
}

/** RFC 1035 §2.3.4: "labels 63 octets or less", "names 255 octets or less". */
function checkLengths(token: Token, name: string): void {
  const lengths = name.split('.').map(labelLength)
  const longest = Math.max(...lengths)
  // Each label behind a length octet, and the root.
  const whole = lengths.reduce((sum, length) => sum + 1 + length, 1)
  if (longest > MAX_LABEL_OCTETS)
    fail(
      token,
      'label-too-long',
      `has a label of ${longest} octets`,
      `expected at most ${MAX_LABEL_OCTETS} (RFC 1035 §2.3.4)`,
    )
  if (whole > MAX_NAME_OCTETS)
    fail(token, 'name-too-long', `has ${whole} octets`, `expected at most ${MAX_NAME_OCTETS} (RFC 1035 §2.3.4)`)
}

/** In canonical form every escape is a backslash and three digits. */
const labelLength = (label: string): number =>
  label.includes('\\') ? label.replace(/\\\d{3}/g, '.').length : label.length

const labelOctets = (label: string): number[] =>
  [...label.matchAll(/\\(\d{3})|[^\\]/g)].map(([character, decimal]) =>
    decimal === undefined ? character.charCodeAt(0) : Number(decimal),
  )

/** A name of a checked set in wire form, uncompressed (RFC 1035 §3.1). */
export function nameOctets(name: string): Uint8Array {
  if (name === '') return Uint8Array.of(0)
  return Uint8Array.from([
    ...name.split('.').flatMap((label) => {
      const octets = labelOctets(label)
      return [octets.length, ...octets]
    }),
    0,
  ])
}

/** The name at an offset of uncompressed octets, and where it ends; null when it is malformed. */
export function nameAt(octets: Uint8Array, offset: number): { readonly name: string; readonly end: number } | null {
  const labels: string[] = []
  let at = offset
  for (;;) {
    const length = octets[at]
    if (length === undefined || length > MAX_LABEL_OCTETS || at + 1 + length > octets.length) return null
    at += 1 + length
    if (at - offset > MAX_NAME_OCTETS) return null
    if (length === 0) return { name: labels.join('.'), end: at }
    labels.push([...octets.subarray(at - length, at)].map(characterOf).join(''))
  }
}

/** Whether a name is the apex or below it. The root is above all. */
export const isBelow = (name: string, apex: string): boolean =>
  apex === '' || name === apex || name.endsWith(`.${apex}`)
