/**
 * Finds the repetitions of a regular expression that can be read in exponentially many ways (catastrophic backtracking): a
 * repeated group in which two unbounded parts can share a text with nothing between them that tells where one ends, or two
 * alternatives that take the same letter. A look at the form: it misses some, and a probe stops those by time.
 */

interface Item {
  readonly text: string
  /** Null: one character, or something of no width. */
  readonly group: readonly (readonly Item[])[] | null
  /** Indices of the sample characters that it can hold. */
  readonly chars: ReadonlySet<number>
  readonly least: number
  readonly most: number
}

/** The repeated group that is slow, as written; null when none is found. The source must compile. */
export function slowPartOf(source: string): string | null {
  const reader: Reader = { source, at: 0 }
  return slowIn(readAlternatives(reader))
}

const MANY = 10

function slowIn(alternatives: readonly (readonly Item[])[]): string | null {
  for (const item of alternatives.flat()) {
    if (item.group === null) continue
    const isSlow = item.most > MANY && (hasTwins(item.group) || item.group.some(isAmbiguous))
    const found = isSlow ? item.text : slowIn(item.group)
    if (found !== null) return found
  }
  return null
}

/** Two alternatives that are one character each, and can be the same one. */
function hasTwins(alternatives: readonly (readonly Item[])[]): boolean {
  const single = alternatives.flatMap(([first, second]) =>
    first !== undefined && second === undefined && first.least <= 1 && first.most >= 1 ? [first] : [],
  )
  return single.some((one, index) => single.slice(index + 1).some((other) => overlap(one, other)))
}

/** Repeated, the end of a sequence meets its beginning: from each unbounded part to the next, round the circle. */
function isAmbiguous(sequence: readonly Item[]): boolean {
  const unbounded = sequence.flatMap((item, index) => (item.most > MANY ? [index] : []))
  return unbounded.some((from, nth) => {
    const to = unbounded[(nth + 1) % unbounded.length] ?? from
    const [one, other] = [sequence[from], sequence[to]]
    if (one === undefined || other === undefined || !overlap(one, other)) return false
    const between = to > from ? sequence.slice(from + 1, to) : [...sequence.slice(from + 1), ...sequence.slice(0, to)]
    return !between.some(
      (item) => item.least > 0 && item.chars.size > 0 && !(overlap(item, one) && overlap(item, other)),
    )
  })
}

const overlap = (a: Item, b: Item): boolean => !a.chars.isDisjointFrom(b.chars)

interface Reader {
  readonly source: string
  at: number
}

function readAlternatives(reader: Reader): readonly (readonly Item[])[] {
  const alternatives: Item[][] = [[]]
  while (reader.at < reader.source.length && reader.source[reader.at] !== ')') {
    if (reader.source[reader.at] === '|') {
      reader.at++
      alternatives.push([])
    } else {
      alternatives.at(-1)?.push(readItem(reader))
    }
  }
  return alternatives
}

const GROUP = /\((?:\?(?:[a-z-]*:|<?[=!]|<[^>]*>))?/suy
const ATOM =
  /\[(?:\\.|[^\]])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|k<[^>]*>|\d+|.)|./suy
const REPEAT = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/suy

function take({ source, at }: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(source)
}

function readItem(reader: Reader): Item {
  const from = reader.at
  const open = take(reader, GROUP)
  reader.at += (open ?? take(reader, ATOM))?.[0].length ?? 1
  const group = open === null ? null : readAlternatives(reader)
  if (group !== null) reader.at++
  const atom = reader.source.slice(from, reader.at)
  const repeat = take(reader, REPEAT)
  reader.at += repeat?.[0].length ?? 0
  const [least, most] = repeat === null ? [1, 1] : boundsOf(repeat)
  const isLook = open !== null && /[=!]$/.test(open[0])
  const chars = isLook ? new Set<number>() : group === null ? charsOf(atom) : unionOf(group.flat())
  const canBeEmpty = isLook || (group ?? []).some((sequence) => sequence.every((item) => item.least === 0))
  return { text: reader.source.slice(from, reader.at), group, chars, least: canBeEmpty ? 0 : least, most }
}

function boundsOf([text, least, comma, most]: RegExpExecArray): readonly [number, number] {
  if (least !== undefined) {
    if (comma === undefined) return [Number(least), Number(least)]
    return [Number(least), most === '' ? Number.POSITIVE_INFINITY : Number(most)]
  }
  if (text.startsWith('?')) return [0, 1]
  return [text.startsWith('+') ? 1 : 0, Number.POSITIVE_INFINITY]
}

/** All of ASCII, and letters beyond it. */
const SAMPLES = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)), 'é', 'Ω', '中', '😀']

/** None for what has no width, such as `^` and `\b`, and for references back. */
function charsOf(atom: string): ReadonlySet<number> {
  if (/^\\(?:[1-9]|k<)/.test(atom)) return new Set()
  const one = new RegExp(`^(?:${atom})$`, 'su')
  return new Set(SAMPLES.flatMap((sample, index) => (one.test(sample) ? [index] : [])))
}

const unionOf = (items: readonly Item[]): ReadonlySet<number> =>
  items.reduce((all, { chars }) => all.union(chars), new Set<number>())
