import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type ParsedNode,
  Parser,
} from 'yaml'
import type { SourcePosition } from '../domain/policy.ts'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { tooLarge } from './decode-document.ts'
import { MAX_DEPTH, MAX_DOCUMENT_BYTES } from './limits.ts'
import { formatPath, type Path } from './path.ts'
import { limitedTo } from './problem-list.ts'
import { toPlainValue } from './yaml-value.ts'

/** A document read: plain values, and where each of them stands. */
export interface YamlDocument {
  readonly file: string
  readonly value: Readonly<Record<string, unknown>>
  /** Keys of one of its mappings, in the order written. */
  keysOf(mapping: Readonly<Record<string, unknown>>): readonly string[]
  /** Where the value at `path` begins, or the key that leads to it; the nearest one around when there is none. */
  positionOf(path: Path, part: 'key' | 'value'): SourcePosition
}

export type YamlParse =
  | { readonly ok: true; readonly document: YamlDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * YAML 1.2 (core schema: `NO` and `on` are text) or JSON → plain values with positions. Total: whatever the text, it
 * returns, in time linear in its length. Refused: more than one document, tags, keys given twice, and what limits.ts names.
 */
export function parseYaml(source: SourceDocument): YamlParse {
  const octets = Buffer.byteLength(source.text)
  if (octets > MAX_DOCUMENT_BYTES) return { ok: false, problems: [tooLarge(source.path, octets)] }
  const text = source.text.startsWith('\uFEFF') ? source.text.slice(1) : source.text
  const lines = new LineCounter()
  const at = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset)
    return { file: source.path, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems: Problem[] = []
  const add = limitedTo(problems, () => at(0))
  const report = (offset: number, path: Path, rule: string, message: string, hint: string | null) =>
    add(() => ({ severity: 'error', rule, at: at(offset), path: formatPath(path), message, hint }))
  const refused = (): YamlParse => ({ ok: false, problems })

  const unreadable = badCharacter(text)
  if (unreadable !== null) {
    for (const start of text.slice(0, unreadable.offset).matchAll(/(?<=^|\n)/g)) lines.addNewLine(start.index)
    report(unreadable.offset, [], 'bad-character', `the document contains ${unreadable.name}`, 'remove it')
    return refused()
  }

  const composed = compose(text, lines)
  if (composed.deepAt !== null) {
    report(composed.deepAt, [], 'too-deep', `more than ${MAX_DEPTH} mappings and lists inside one another`, null)
    return refused()
  }
  const [first, second] = composed.documents
  // What follows the first error is often its echo.
  const [error] = first?.errors ?? []
  if (error !== undefined) report(error.pos[0], [], ...wordsFor(error.code, error.message))
  if (second !== undefined) {
    report(
      second.range[0],
      [],
      'several-documents',
      'the file holds more than one YAML document',
      'one file, one document',
    )
  }
  if (problems.length > 0) return refused()
  if (first?.directives.yaml.version !== '1.2') {
    report(
      0,
      [],
      'yaml-version',
      `the document asks for YAML ${first?.directives.yaml.version}`,
      'only YAML 1.2 is read: remove the %YAML line',
    )
    return refused()
  }
  const root = first.contents
  if (root === null || (isScalar(root) && root.value === null)) {
    report(0, [], 'empty-document', 'the document is empty', 'begin with `service:`, `zone:`, `sites:` or `tenants:`')
    return refused()
  }
  const plain = toPlainValue(root, report)
  if (problems.length > 0) return refused()
  if (!isMap(root)) {
    report(
      root.range[0],
      [],
      'wrong-type',
      'the document is not a mapping',
      'begin with `service:`, `zone:`, `sites:` or `tenants:`',
    )
    return refused()
  }
  return {
    ok: true,
    document: {
      file: source.path,
      value: plain.value as Record<string, unknown>,
      keysOf: (mapping) => plain.keys.get(mapping) ?? Object.keys(mapping),
      positionOf: (path, part) => at(offsetOf(root, path, part, plain.targets)),
    },
  }
}

interface Composed {
  readonly documents: readonly Document.Parsed[]
  /** Offset at which the nesting went past the limit. */
  readonly deepAt: number | null
}

/** The composer recurses, so the depth is watched in the parser before it, which keeps its own stack. */
function compose(text: string, lines: LineCounter): Composed {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  const tokens: CST.Token[] = []
  // A level takes at most two places on the parser's stack; the exact depth is judged on the values.
  const deepest = 2 * MAX_DEPTH + 4
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    // Nothing after it can be trusted, and a text of nothing else would take long.
    if (tokens.at(-1)?.type === 'error') break
    if (parser.stack.length > deepest) return { documents: [], deepAt: parser.offset }
  }
  for (const token of parser.end()) tokens.push(token)
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
  })
  return { documents: [...composer.compose(tokens, true, text.length).take(2)], deepAt: null }
}

/** YAML 1.2 §5.1 allows no control characters but tab and line ends; half a surrogate pair is no character at all. */
function badCharacter(text: string): { readonly offset: number; readonly name: string } | null {
  let offset = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    if (code === 0) return { offset, name: 'a NUL character (U+0000)' }
    const isBlank = code === 0x09 || code === 0x0a || code === 0x0d
    if ((code < 0x20 && !isBlank) || code === 0x7f) return { offset, name: `the control character ${name}` }
    if (code >= 0xd800 && code <= 0xdfff) return { offset, name: `half a surrogate pair (${name})` }
    offset += character.length
  }
  return null
}

type Words = readonly [rule: string, message: string, hint: string | null]

function wordsFor(code: string, message: string): Words {
  if (code === 'TAB_AS_INDENT') return ['tab-indent', 'a tab is used to indent', 'YAML indents with spaces only']
  if (code === 'MULTIPLE_DOCS')
    return ['several-documents', 'the file holds more than one YAML document', 'one file, one document']
  const hint = code === 'MULTILINE_IMPLICIT_KEY' ? 'a name with more keys below it needs a colon: `- up:`' : null
  return ['yaml-syntax', `this is not valid YAML: ${message}`, hint]
}

function offsetOf(root: ParsedNode, path: Path, part: 'key' | 'value', targets: ReadonlyMap<Node, Node>): number {
  let node: Node = root
  let offset = root.range[0]
  for (const [depth, name] of path.entries()) {
    const next = childOf(node, name)
    if (next === null) return offset
    const wantsKey = part === 'key' && depth === path.length - 1
    offset = (wantsKey ? next.key : next.value)?.range?.[0] ?? next.key?.range?.[0] ?? offset
    if (next.value === null) return offset
    node = targets.get(next.value) ?? next.value
  }
  return offset
}

function childOf(node: Node, name: string | number): { readonly key: Node | null; readonly value: Node | null } | null {
  if (isSeq(node)) {
    const value = (node.items[Number(name)] ?? null) as Node | null
    return value === null ? null : { key: value, value }
  }
  if (!isMap(node)) return null
  for (const pair of node.items) {
    const key = pair.key as Node | null
    if (isScalar(key) && !isAlias(key) && String(key.source ?? key.value) === name)
      return { key, value: pair.value as Node | null }
  }
  return null
}
