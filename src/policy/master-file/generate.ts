import { MAX_GENERATED } from '../limits.ts'
import { BadText, shown, type Token } from '../rdata/token.ts'
import { isClass } from './classes.ts'
import { type Entry, entriesOf } from './lexer.ts'
import { looksLikeTtl } from './ttl-text.ts'

const LAST = 2_147_483_647

/**
 * BIND's `$GENERATE range lhs [ttl] [class] type rhs`: one entry for each number of the range, `$` being the number.
 * @throws BadText
 */
export function* generatedEntries([directive, range, ...template]: readonly Token[]): Generator<Entry> {
  if (directive === undefined) return
  if (range === undefined || template.length < 3)
    throw new BadText(
      directive,
      'bad-directive',
      '`$GENERATE` is incomplete',
      'expected `$GENERATE 1-10 host-$ A 192.0.2.$`',
    )
  const [, from, to, step = '1'] = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(range.text) ?? []
  const [start, stop, by] = [Number(from), Number(to), Number(step)]
  if (!(start <= stop && stop <= LAST && by >= 1))
    throw new BadText(
      range,
      'bad-directive',
      `the range is ${shown(range)}`,
      'expected `start-stop` or `start-stop/step`',
    )
  const count = Math.floor((stop - start) / by) + 1
  if (count > MAX_GENERATED)
    throw new BadText(range, 'bad-directive', `the range has ${count} numbers`, `expected at most ${MAX_GENERATED}`)
  const spread = unquoted(template)
  for (let number = start; number <= stop; number += by)
    yield { tokens: spread.map((token) => ({ ...token, text: substituted(token, number) })), isIndented: false }
}

/** BIND takes one token as right-hand side: what has several fields, `"10 mail$"`, stands in quotes that are not part of it. */
function unquoted(template: readonly Token[]): readonly Token[] {
  const last = template.at(-1)
  const type = template.findIndex(({ text }, index) => index > 0 && !looksLikeTtl(text) && !isClass(text))
  if (last?.form !== 'quoted' || type !== template.length - 2) return template
  const text = last.text.replace(/\\(.)/gs, (escaped, character) => (character === '"' ? '"' : escaped))
  const fields = [...entriesOf(text, () => {})].flatMap(({ tokens }) => tokens)
  return [...template.slice(0, -1), ...fields.map((token) => ({ ...token, line: last.line, column: last.column }))]
}

/** `$` and `${offset,width,base}`; `\$` and `$$` are a dollar sign. */
const substituted = (token: Token, number: number): string =>
  token.text.replace(/\\.|\$\$|\$\{([^}]*)\}|\$/g, (found, modifiers: string | undefined) => {
    if (found.startsWith('\\')) return found
    if (found === '$$') return '$'
    return modifiers === undefined ? `${number}` : modified(number, modifiers, token)
  })

const WIDEST = 63

function modified(number: number, modifiers: string, token: Token): string {
  const [, offset, width = '0', base = 'd'] = /^(-?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?$/.exec(modifiers) ?? []
  const value = number + Number(offset)
  if (offset === undefined || value < 0 || Number(width) > WIDEST)
    throw new BadText(
      token,
      'bad-directive',
      `\`\${${modifiers}}\` is no offset, width and base`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how it is written
      'expected such as `${0,3,d}`, with a base of d, o, x, X, n or N',
    )
  if (base === 'n' || base === 'N') return nibbles(value, Number(width), base)
  const digits = value.toString(base === 'd' ? 10 : base === 'o' ? 8 : 16).padStart(Number(width), '0')
  return base === 'X' ? digits.toUpperCase() : digits
}

/** Hexadecimal digits the other way round with dots between them, as names below ip6.arpa have them; digits and dots fill the width. */
function nibbles(number: number, width: number, base: 'n' | 'N'): string {
  let text = ''
  let rest = number
  do {
    text += (rest % 16).toString(16)
    rest = Math.floor(rest / 16)
    if (rest > 0 || text.length < width) text += '.'
  } while (rest > 0 || text.length < width)
  return base === 'N' ? text.toUpperCase() : text
}
