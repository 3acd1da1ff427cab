/**
 * Domain names. A {@link WireName} is the uncompressed wire form, ASCII letters lowered, one character per octet, with
 * the root's zero at its end: equal strings are equal names, whatever octets their labels hold.
 */

export type WireName = string

export const ROOT: WireName = '\0'

/** RFC 1035 §2.3.4: labels have 63 octets or less, names 255 or less. */
const MAX_LABEL = 63
const MAX_NAME = 255
const HEADER_LENGTH = 12
/** A name has no more labels than these. Without a bound, thousands of names in one packet that go over thousands of pointers each cost 0.1 s. */
const MAX_POINTERS = 127

/** The name without its first label. The root has no parent: it is its own. */
export const parentOf = (name: WireName): WireName => (name === ROOT ? ROOT : name.slice(1 + name.charCodeAt(0)))

export const isWildcard = (name: WireName): boolean => name.startsWith('\x01*')

/** The source of synthesis below a closest encloser (RFC 4592 §3.3.1). */
export const wildcardBelow = (name: WireName): WireName => `\x01*${name}`

export interface ParsedName {
  readonly name: WireName
  /** Offset of the octet after the name. */
  readonly next: number
}

/**
 * Reads a name; null when it is malformed. Compression pointers must go backwards, behind the header, each behind the
 * one before it, and there are few: so that every name ends, and soon.
 */
export function parseName(message: Uint8Array, at: number, end: number): ParsedName | null {
  let name = ''
  let cursor = at
  let segmentStart = at
  let next = -1
  let pointers = 0
  for (;;) {
    if (cursor >= end) return null
    const length = message[cursor] ?? 0
    if (length >= 0xc0) {
      if (cursor + 1 >= end) return null
      const target = ((length & 0x3f) << 8) | (message[cursor + 1] ?? 0)
      // RFC 1035 §4.1.4: "a pointer to a prior occurance of the same name".
      if (target >= segmentStart || target < HEADER_LENGTH || ++pointers > MAX_POINTERS) return null
      if (next < 0) next = cursor + 2
      cursor = target
      segmentStart = target
    } else if (length > MAX_LABEL) {
      return null
    } else if (length === 0) {
      return { name: `${name}${ROOT}`, next: next < 0 ? cursor + 1 : next }
    } else {
      const labelEnd = cursor + 1 + length
      if (labelEnd > end || name.length + length + 2 > MAX_NAME) return null
      name += String.fromCharCode(length)
      for (let i = cursor + 1; i < labelEnd; i++) name += String.fromCharCode(lowered(message[i] ?? 0))
      cursor = labelEnd
    }
  }
}

/** RFC 4343 §3: only ASCII letters have case. */
const lowered = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)

/** From presentation form, with or without the trailing dot; `\.` and `\DDD` are escapes (RFC 1035 §5.1). Null when it is no name. */
export function nameFromText(text: string): WireName | null {
  if (text === '' || text === '.') return ROOT
  let name = ''
  let label = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x2e) {
      if (label === '' || label.length > MAX_LABEL) return null
      name += String.fromCharCode(label.length) + label
      label = ''
    } else if (code === 0x5c) {
      const decimal = /^\d{3}/.exec(text.slice(i + 1))?.[0]
      const octet = decimal === undefined ? text.charCodeAt(i + 1) : Number(decimal)
      if (!(octet <= 0xff)) return null
      label += String.fromCharCode(lowered(octet))
      i += decimal === undefined ? 1 : 3
    } else {
      if (code > 0x7e || code <= 0x20) return null
      label += String.fromCharCode(lowered(code))
    }
  }
  if (label.length > MAX_LABEL) return null
  if (label !== '') name += String.fromCharCode(label.length) + label
  return name.length + 1 > MAX_NAME ? null : `${name}${ROOT}`
}

/** Presentation form without the trailing dot; the root is `''`. */
export function nameToText(name: WireName): string {
  const labels: string[] = []
  for (let rest = name; rest !== ROOT; rest = parentOf(rest)) {
    labels.push(rest.slice(1, 1 + rest.charCodeAt(0)).replace(/[^!-~]|[.\\]/g, escaped))
  }
  return labels.join('.')
}

const escaped = (character: string): string =>
  character === '.' || character === '\\' ? `\\${character}` : `\\${String(character.charCodeAt(0)).padStart(3, '0')}`

/** Whether `name` is `ancestor` or below it. */
export function isWithin(name: WireName, ancestor: WireName): boolean {
  let rest = name
  while (rest.length > ancestor.length) rest = parentOf(rest)
  return rest === ancestor
}
