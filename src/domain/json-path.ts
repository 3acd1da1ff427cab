/**
 * JSON paths (RFC 9535) without filters: `$.checks[0].status`, `$['a b'][-1]`, `$..load`, `$.pools[*].free`, `$[0,2]`, `$[1:3]`.
 * Parsing and reading are total, and bounded by {@link MOST_NODES}.
 */

type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly from: number | null; readonly to: number | null; readonly step: number }
  | { readonly kind: 'wildcard' }

interface Segment {
  /** `descendants`: of the node and of all below it (`..`). */
  readonly of: 'children' | 'descendants'
  readonly selectors: readonly Selector[]
}

export interface JsonPath {
  readonly segments: readonly Segment[]
}

const MOST_PATH_LENGTH = 500

/** §2.3.1.1: what may stand behind a dot without quotes. */
const SHORTHAND = /[A-Za-z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*/uy
const INTEGER = '(?:0|-?[1-9]\\d{0,14})'
const SLICE = new RegExp(`(${INTEGER})?\\s*:\\s*(${INTEGER})?(?:\\s*:\\s*(${INTEGER})?)?`, 'y')
const INDEX = new RegExp(INTEGER, 'y')
const STRING = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/suy
const SPACE = /[ \t\n\r]*/y

/** Reads a path; null when it is none. */
export function parseJsonPath(text: string): JsonPath | null {
  if (text.length > MOST_PATH_LENGTH || !text.startsWith('$')) return null
  const cursor: Cursor = { text, at: 1 }
  const segments: Segment[] = []
  while (cursor.at < text.length) {
    const segment = readSegment(cursor)
    if (segment === null) return null
    segments.push(segment)
  }
  return { segments }
}

interface Cursor {
  readonly text: string
  at: number
}

/** What the sticky pattern finds at the cursor, which goes behind it; null leaves it. */
function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at
  const match = pattern.exec(cursor.text)
  if (match !== null) cursor.at += match[0].length
  return match
}

function takeText(cursor: Cursor, text: string): boolean {
  if (!cursor.text.startsWith(text, cursor.at)) return false
  cursor.at += text.length
  return true
}

function readSegment(cursor: Cursor): Segment | null {
  const of = takeText(cursor, '..') ? 'descendants' : 'children'
  if (takeText(cursor, '[')) return bracketed(cursor, of)
  if (of === 'children' && !takeText(cursor, '.')) return null
  if (takeText(cursor, '*')) return { of, selectors: [{ kind: 'wildcard' }] }
  const name = take(cursor, SHORTHAND)?.[0]
  return name === undefined ? null : { of, selectors: [{ kind: 'name', name }] }
}

function bracketed(cursor: Cursor, of: Segment['of']): Segment | null {
  const selectors: Selector[] = []
  do {
    take(cursor, SPACE)
    const selector = readSelector(cursor)
    if (selector === null) return null
    selectors.push(selector)
    take(cursor, SPACE)
  } while (takeText(cursor, ','))
  return takeText(cursor, ']') ? { of, selectors } : null
}

function readSelector(cursor: Cursor): Selector | null {
  if (takeText(cursor, '*')) return { kind: 'wildcard' }
  const string = take(cursor, STRING)?.[0]
  if (string !== undefined) {
    const name = unquoted(string)
    return name === null ? null : { kind: 'name', name }
  }
  const slice = take(cursor, SLICE)
  if (slice !== null) {
    const bound = (group: string | undefined): number | null => (group === undefined ? null : Number(group))
    return { kind: 'slice', from: bound(slice[1]), to: bound(slice[2]), step: bound(slice[3]) ?? 1 }
  }
  const index = take(cursor, INDEX)?.[0]
  return index === undefined ? null : { kind: 'index', index: Number(index) }
}

/** §2.3.1.1: the escapes are those of JSON, and that of the quote in use. */
function unquoted(string: string): string | null {
  const inner = string.slice(1, -1)
  const asJson = string.startsWith('"')
    ? inner
    : inner.replace(/\\(.)|"/gsu, (all, after) => (after === "'" ? after : after === undefined ? '\\"' : all))
  try {
    return JSON.parse(`"${asJson}"`) as string
  } catch {
    return null
  }
}

/** Nodes of one step of the way; more are left out. */
const MOST_NODES = 100_000

/** What stands at the path, in the order of the document; nothing when there is nothing. */
export function selectJson({ segments }: JsonPath, value: unknown): readonly unknown[] {
  let nodes: unknown[] = [value]
  for (const { of, selectors } of segments) {
    const next: unknown[] = []
    for (const node of of === 'children' ? nodes : withDescendants(nodes)) {
      for (const selector of selectors) {
        for (const found of chosen(node, selector)) {
          if (next.length >= MOST_NODES) break
          next.push(found)
        }
      }
    }
    nodes = next
  }
  return nodes
}

/** Parents before children, without recursion: a document may be nested as deep as it is long. */
function withDescendants(nodes: readonly unknown[]): readonly unknown[] {
  const all: unknown[] = []
  const waiting = nodes.toReversed()
  while (waiting.length > 0 && all.length < MOST_NODES) {
    const node = waiting.pop()
    all.push(node)
    waiting.push(...childrenOf(node).toReversed())
  }
  return all
}

function childrenOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node
  return typeof node === 'object' && node !== null ? Object.values(node) : []
}

function chosen(node: unknown, selector: Selector): readonly unknown[] {
  switch (selector.kind) {
    case 'wildcard':
      return childrenOf(node)
    case 'name': {
      const hasIt =
        typeof node === 'object' && node !== null && !Array.isArray(node) && Object.hasOwn(node, selector.name)
      return hasIt ? [(node as Record<string, unknown>)[selector.name]] : []
    }
    case 'index': {
      if (!Array.isArray(node)) return []
      const at = selector.index < 0 ? node.length + selector.index : selector.index
      return at >= 0 && at < node.length ? [node[at]] : []
    }
    case 'slice':
      return Array.isArray(node) ? sliced(node, selector) : []
  }
}

/** §2.3.4.2.2. */
function sliced(
  items: readonly unknown[],
  { from, to, step }: Extract<Selector, { kind: 'slice' }>,
): readonly unknown[] {
  if (step === 0) return []
  const { length } = items
  const place = (index: number): number => (index < 0 ? length + index : index)
  const clamp = (index: number, low: number, high: number): number => Math.min(Math.max(index, low), high)
  const found: unknown[] = []
  if (step > 0) {
    const end = clamp(place(to ?? length), 0, length)
    for (let i = clamp(place(from ?? 0), 0, length); i < end; i += step) found.push(items[i])
  } else {
    const end = to === null ? -1 : clamp(place(to), -1, length - 1)
    for (let i = clamp(place(from ?? length - 1), -1, length - 1); i > end; i += step) found.push(items[i])
  }
  return found
}
