import type { Token } from '../rdata/token.ts'

/** One logical line of a master file: parentheses let it go over several lines (RFC 1035 §5.1). */
export interface Entry {
  /** At least one. */
  readonly tokens: readonly Token[]
  /** "If an entry for an RR begins with a blank, then the RR is assumed to be owned by the last stated owner." */
  readonly isIndented: boolean
}

export interface Place {
  readonly line: number
  readonly column: number
}

export type ReportText = (at: Place, rule: string, message: string, hint: string | null) => void

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
const DELETE = 0x7f
const BYTE_ORDER_MARK = 0xfeff

/** What ends a word besides white space. */
const isSpecial = (code: number): boolean => code === QUOTE || code === OPEN || code === CLOSE || code === SEMICOLON

/**
 * The entries of a master file, in time linear in its length. An entry in which something cannot be read is told and left
 * out. Total: it never throws.
 */
export function* entriesOf(text: string, report: ReportText): Generator<Entry> {
  const first = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0
  let at = first
  let line = 1
  let lineStart = first
  let depth = 0
  let opened: Place | null = null
  let tokens: Token[] = []
  let isIndented = false
  let isFaulty = false

  const here = (): Place => ({ line, column: at - lineStart + 1 })
  const fault = (place: Place, rule: string, message: string, hint: string | null): void => {
    isFaulty = true
    report(place, rule, message, hint)
  }
  /** From `at` up to what ends the word or the string; escaped characters are passed over. */
  const take = (form: 'word' | 'quoted', glued: boolean): void => {
    const place = here()
    const start = form === 'quoted' ? at + 1 : at
    at = start
    let closed = form === 'word'
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === LF || (form === 'word' && (code === SPACE || code === TAB || code === CR || isSpecial(code)))) break
      if (form === 'quoted' && code === QUOTE) {
        closed = true
        break
      }
      if (code === BACKSLASH && at + 1 < text.length && text.charCodeAt(at + 1) !== LF) at++
      else if ((code < SPACE && code !== TAB && code !== CR) || code === DELETE) {
        const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
        fault(here(), 'bad-character', `the file contains the control character ${name}`, 'write it as `\\DDD`')
      }
    }
    if (!closed)
      fault(
        place,
        'open-quote',
        'a quoted string is not closed on its line',
        'close it, or write `\\"` for a quote that is meant',
      )
    tokens.push({ text: text.slice(start, at), form, glued, ...place })
    if (form === 'quoted' && closed) at++
  }

  while (at <= text.length) {
    const code = at < text.length ? text.charCodeAt(at) : LF
    if (code === LF) {
      if (at === text.length && opened !== null)
        fault(opened, 'open-parenthesis', 'a parenthesis is not closed', 'expected `)` at the end of the record')
      if (depth === 0 || at === text.length) {
        if (tokens.length > 0 && !isFaulty) yield { tokens, isIndented }
        tokens = []
        isFaulty = false
        const next = text.charCodeAt(at + 1)
        isIndented = next === SPACE || next === TAB
      }
      at++
      line++
      lineStart = at
    } else if (code === SPACE || code === TAB || code === CR) {
      if (at === first) isIndented = code !== CR
      at++
    } else if (code === SEMICOLON) {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (code === OPEN) {
      if (depth === 0) opened = here()
      depth++
      at++
    } else if (code === CLOSE) {
      if (depth === 0) fault(here(), 'open-parenthesis', 'a `)` stands without its `(`', null)
      else if (--depth === 0) opened = null
      at++
    } else {
      const before = at > 0 ? text.charCodeAt(at - 1) : SPACE
      const glued =
        tokens.length > 0 && before !== SPACE && before !== TAB && before !== LF && before !== OPEN && before !== CLOSE
      take(code === QUOTE ? 'quoted' : 'word', glued)
    }
  }
}
